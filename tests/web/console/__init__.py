"""Tests of the console, on the real app and real databases."""
