"""Tests of the commands, most of them through real processes."""
