"""Webhooks out, against real receivers on this machine."""
