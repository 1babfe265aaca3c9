"""Measurements: each figure is a ratio between two things measured in turn in one run."""
