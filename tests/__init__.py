"""Tests that reach over several rooms."""
