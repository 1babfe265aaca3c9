"""Campaigns with their fee, themed activities with their standards, and the money of shops."""
