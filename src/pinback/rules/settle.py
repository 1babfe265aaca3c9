"""One event in, its decisions out: the heart of the rules (sections 10 and 11)."""

from collections.abc import Callable
from typing import Any

from pinback.rules import campaign, order, refund, voucher
from pinback.rules import decisions as out
from pinback.rules import events as e
from pinback.rules.effects import decisions_of
from pinback.rules.instants import format_instant
from pinback.rules.reading import BadEvent, content_of
from pinback.rules.state import Change, Refusal, State

HANDLERS: dict[type[e.Event], Callable[[Change, Any], Refusal | None]] = {
    e.ShopOpened: campaign.open_shop,
    e.CampaignCreated: campaign.create,
    e.CampaignFunded: campaign.fund,
    e.CampaignStopped: campaign.stop,
    e.OrderPlaced: order.place,
    e.OrderPaid: order.pay,
    e.OrderConfirmed: order.confirm,
    e.OrderShipped: order.ship,
    e.OrderReceived: order.receive,
    e.OrderCancelled: order.cancel,
    e.RefundRequested: refund.request,
    e.RefundSucceeded: refund.succeed,
    e.RefundClosed: refund.close,
    e.CompensationPaid: order.compensate,
    e.DebtPaid: voucher.pay_debt,
    e.ClockTicked: voucher.tick,
}
"""What each type of event does: refuse, or write its effects into the change."""


def settle(state: State, event: e.Event | BadEvent, line: int = 1) -> list[out.Decision]:
    """Fold one event into the state and return its decisions, in the order of section 11.

    `line` is the event's number in its input, from 1; a refusal shows it. A refused event changes nothing.
    """
    if isinstance(event, BadEvent):
        at = None if event.at is None else format_instant(event.at)
        return [_refused(at, event.cause, event.shop, line, Refusal("bad_event", event.detail))]
    at = format_instant(event.at)
    content, key = content_of(event), event.key
    known = state.events.get(key)
    if known == content:
        return [out.EventDuplicate(at, event.id, event.shop)]
    if known is not None:
        conflict = Refusal("event_conflict", f"`id`: {event.id} came before with other content")
        return [_refused(at, event.id, event.shop, line, conflict)]
    change = Change(state, event, key)
    refusal = HANDLERS[type(event)](change, event)
    if refusal is not None:
        return [_refused(at, event.id, event.shop, line, refusal)]
    decisions = decisions_of(change, at)
    change.commit()
    state.events[key] = content
    return decisions


def _refused(
    at: str | None, cause: str | None, shop: str | None, line: int, refusal: Refusal
) -> out.EventRefused:
    # A bad line can hold what UTF-8 cannot write; the reason shows it as a question mark.
    detail = refusal.detail.encode("utf-8", "replace").decode("utf-8")
    return out.EventRefused(at=at, cause=cause, code=refusal.code, detail=detail, line=line, shop=shop)
