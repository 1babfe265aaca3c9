"""The sandbox's provider: no money, and whoever tests decides what becomes of it."""
