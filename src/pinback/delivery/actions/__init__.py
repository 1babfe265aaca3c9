"""Writes of delivery: shipping, what carriers say, receipt by the buyer or by the timer."""

from pinback.delivery.actions.following import look_due, report, take_notice
from pinback.delivery.actions.receiving import receive, receive_due
from pinback.delivery.actions.shipping import correct_tracking, reissue, ship

__all__ = [
    "correct_tracking",
    "look_due",
    "receive",
    "receive_due",
    "reissue",
    "report",
    "ship",
    "take_notice",
]
