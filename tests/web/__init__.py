"""Tests of the three surfaces."""
