"""Tests of the citizen surface, on the real app and real databases."""
