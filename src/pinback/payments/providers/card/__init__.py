"""Debit cards, through Stripe."""
