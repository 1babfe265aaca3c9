"""Tests of the reading of order history."""
