"""Bugs that other systems shipped, each as a test that carries its id; README.md has the whole table."""
