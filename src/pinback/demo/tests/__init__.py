"""Tests of the demo market."""
