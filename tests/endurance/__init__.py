"""Long streams, and readers beside them, leave nothing behind: no transaction, no lock, no growing file."""
