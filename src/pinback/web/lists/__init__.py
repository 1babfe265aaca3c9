"""What all work lists have: filters saved by name, density, choice of columns."""
