"""The money of a shop: what it has, where it came from, and what of it can be paid out."""
