"""Parcels: shipped, followed by the events of carriers, received by the buyer or by the timer."""
