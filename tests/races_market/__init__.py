"""The market under many hands at one moment: real threads, both databases, and what fails unguarded."""
