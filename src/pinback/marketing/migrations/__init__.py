"""The shapes of the tables, one after the other."""
