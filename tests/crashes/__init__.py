"""Killed at any moment and started again, everything ends as if nothing had happened."""
