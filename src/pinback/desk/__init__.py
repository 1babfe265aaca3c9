"""The after-sales desk: refund cases, compensations, reissues, reviews."""
