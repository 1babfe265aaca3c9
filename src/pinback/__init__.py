"""Pinback settles group-purchase rebates so that they stay right when orders are refunded."""

__version__ = "0.1.0.dev0"
