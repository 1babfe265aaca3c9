"""Payments against providers that speak the real protocols."""
