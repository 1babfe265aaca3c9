"""Groups: the buyers who buy one product together; opened, joined, complete or failed."""
