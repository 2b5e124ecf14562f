"""Tests of the whole service: real processes, real servers, raw files."""
