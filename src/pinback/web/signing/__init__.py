"""Signing in and out, and registering, for all faces."""
