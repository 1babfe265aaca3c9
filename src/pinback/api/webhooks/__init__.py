"""Webhooks out: a shop's endpoints, and the deliveries of its news to them."""
