"""Tests of settlement as it is stored, on both databases."""
