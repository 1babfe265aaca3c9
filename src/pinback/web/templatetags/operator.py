"""What the operator's templates need: the menu, relative times, and the words for what they show."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pinback.kit import clock
from pinback.rules.instants import zone
from pinback.web.operator import words
from pinback.web.operator.menu import menu
from pinback.web.seller.campaign_words import PAYOUT_STATES
from pinback.web.seller.words import ROLES
from pinback.web.templatetags.figures import money
from pinback.web.templatetags.pages import exact_words, relative_words, timed

register = template.Library()


@register.simple_tag
def operator_menu() -> Any:
    """The sections of the menu."""
    return menu()


@register.filter
def payout_words(state: str) -> Any:
    """How a payout stands, said to whom it waits for."""
    return _("Waiting for you") if state == "requested" else PAYOUT_STATES[state]


@register.simple_tag(takes_context=True)
def ago(context: Any, moment: datetime | None) -> SafeString | str:
    """An instant as people say it, `3 hours ago`, and exactly, in the page's zone, for who points at it."""
    if moment is None:
        return ""
    return timed(moment, relative_words(moment, clock.now()), exact_words(moment, context["zone"]))


@register.filter
def shop_status(status: str) -> Any:
    """How a shop stands."""
    return words.SHOP_STATUSES.get(status, status)


@register.filter
def shop_tone(status: str) -> str:
    """The colour of it."""
    return words.SHOP_TONES.get(status, "--tone-waiting")


@register.filter
def password_change(code: str) -> Any:
    """What became of somebody's password."""
    return words.PASSWORD_CHANGES.get(code, code)


@register.filter
def role(code: str) -> Any:
    """What somebody does in a shop."""
    return ROLES.get(code, code)


@register.filter
def event_words(code: str) -> Any:
    """What an event was."""
    return words.EVENTS.get(code, code)


@register.filter
def account_words(account: str) -> str:
    """An account of the ledger in words: whose it is, and what is in it."""
    kind, _colon, rest = account.partition(":")
    if kind == "shop":
        name, _sep, which = rest.rpartition(":")
        return str(words.SHOP_ACCOUNTS.get(which, "{shop}")).format(shop=name)
    return str(words.ACCOUNTS.get(kind, "{name}")).format(name=rest)


@register.filter
def anomaly_words(kind: str) -> Any:
    """What does not add up."""
    return words.ANOMALIES.get(kind, kind)


@register.filter
def purpose_words(purpose: str) -> Any:
    """What money was paid, or goes out, for."""
    return words.PURPOSES.get(purpose, purpose)


@register.filter
def out_words(status: str) -> Any:
    """Where money out is."""
    return words.OUT_STATES.get(status, status)


@register.filter
def out_tone(status: str) -> str:
    """The colour of it."""
    return words.OUT_TONES.get(status, "--tone-waiting")


@register.filter
def payment_words(status: str) -> Any:
    """How a payment stands."""
    return words.PAYMENTS.get(status, status)


@register.filter
def audit_words(status: str) -> Any:
    """How an audit stands."""
    return words.AUDITS[status]


@register.filter
def audit_tone(run: Any) -> str:
    """The colour of its result."""
    if run.status == "done":
        return "--tone-bad" if run.differences else "--tone-good"
    return "--tone-bad" if run.status == "failed" else "--tone-ready"


@register.filter
def case_words(state: str) -> Any:
    """How a case stands, for the operator."""
    return words.CASE_STATES.get(state, state)


@register.filter
def rebate_words(order: Any) -> Any:
    """How the rebate of an order came out; of settlement's orders."""
    return words.REBATES.get((order.rebate, order.reason), order.reason or order.rebate)


@register.filter
def short_key(key: str) -> str:
    """The order's own part of `shop/order`."""
    return key.partition("/")[2]


@register.filter
def shop_of(key: str) -> str:
    """The shop's part of `shop/order`."""
    return key.partition("/")[0]


@register.filter
def mark(text: str) -> str:
    """The beginning of a hash: enough to tell one from another."""
    return text if len(text) <= 20 else f"{text[:12]}…"


@register.filter
def named(names: Mapping[str, str], buyer: str) -> str:
    """The name of a buyer; of one without an account the id."""
    return names.get(buyer) or buyer


@register.filter
def local_day(moment: datetime, zone_name: str) -> str:
    """The day of an instant in a zone, as a date's field takes it."""
    return moment.astimezone(zone(zone_name)).strftime("%Y-%m-%d")


@register.filter
def change(amount_minor: int) -> str:
    """An amount with its sign: what came, or went."""
    text = money(amount_minor)
    return f"+{text}" if amount_minor > 0 else text
