"""Writes of the desk: cases of refunds, their timers, compensations, reviews."""

from pinback.desk.actions.compensating import compensate, set_limits
from pinback.desk.actions.deciding import (
    agree,
    confirm_return,
    decide,
    escalate,
    refuse,
    send_back,
    withdraw,
)
from pinback.desk.actions.opening import Asked, add_photo, open_case, quote, quote_case
from pinback.desk.actions.reviewing import review
from pinback.desk.actions.timers import act_on_deadlines, settle_arrived

__all__ = [
    "Asked",
    "act_on_deadlines",
    "add_photo",
    "agree",
    "compensate",
    "confirm_return",
    "decide",
    "escalate",
    "open_case",
    "quote",
    "quote_case",
    "refuse",
    "review",
    "send_back",
    "set_limits",
    "settle_arrived",
    "withdraw",
]
