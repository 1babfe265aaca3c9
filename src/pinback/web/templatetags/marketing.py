"""The words for states of campaigns, activities, payouts and deliveries in the seller center's templates."""

from typing import Any

from django import template

from pinback.marketing.funds.statement import Line
from pinback.web.seller import campaign_words as words

register = template.Library()


@register.filter
def tone(state: str) -> str:
    """The colour of a state."""
    return words.TONES[state]


@register.filter
def campaign_state(state: str) -> Any:
    """How a campaign stands."""
    return words.STATES[state]


@register.filter
def ended_why(reason: str) -> Any:
    """Why a campaign ended."""
    return words.ENDED_WHY[reason]


@register.filter
def activity_state(state: str) -> Any:
    """How an activity stands."""
    return words.ACTIVITY_STATES[state]


@register.filter
def payout_state(state: str) -> Any:
    """How a payout stands."""
    return words.PAYOUT_STATES[state]


@register.filter
def delivery_state(state: str) -> Any:
    """What became of a delivery."""
    return words.DELIVERY_STATES[state]


@register.filter
def endpoint_state(state: str) -> Any:
    """Whether anything is sent to an endpoint."""
    return words.ENDPOINT_STATES[state]


@register.filter
def shop_account(account: str) -> Any:
    """The words for one of the shop's accounts."""
    return words.ACCOUNTS[account]


@register.filter
def line_words(line: Line) -> Any:
    """What a line of the statement is for; what has no words yet is shown as it is."""
    if line.what == "refund.succeeded":
        return words.REFUND_LINES[line.account, line.amount_minor > 0]
    return words.LINES.get(line.what, line.what)
