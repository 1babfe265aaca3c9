"""Small pieces without business words that every other room may use."""
