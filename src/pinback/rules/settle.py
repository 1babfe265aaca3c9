"""One event in, its decisions out: the heart of the rules (sections 10 and 11)."""

from collections.abc import Callable, Iterator
from typing import Any

from pinback.rules import campaign, order, refund, voucher
from pinback.rules import decisions as out
from pinback.rules import events as e
from pinback.rules.instants import format_instant
from pinback.rules.reading import BadEvent, content_of
from pinback.rules.records import Voucher
from pinback.rules.state import Change, Refusal, State


def _nothing_more(change: Change, event: e.Event) -> Refusal | None:
    return None


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
    content = content_of(event)
    known = state.events.get(event.key)
    if known == content:
        return [out.EventDuplicate(at, event.id, event.shop)]
    change = Change(state, event)
    if known is not None:
        refusal: Refusal | None = Refusal("event_conflict", f"`id`: {event.id} came before with other content")
    else:
        refusal = HANDLERS[type(event)](change, event)
    if refusal is not None:
        return [_refused(at, event.id, event.shop, line, refusal)]
    decisions = [out.EventApplied(at, event.id, event.shop), *_effects(change, at)]
    change.commit()
    state.events[event.key] = content
    return decisions


def _refused(at: str | None, cause: str | None, shop: str | None, line: int, refusal: Refusal) -> out.EventRefused:
    # A bad line can hold what UTF-8 cannot write; the reason shows it as a question mark.
    detail = refusal.detail.encode("utf-8", "replace").decode("utf-8")
    return out.EventRefused(at=at, cause=cause, code=refusal.code, detail=detail, line=line, shop=shop)


def _effects(change: Change, at: str) -> Iterator[out.Decision]:
    """What the event did, read off the difference between the state before it and the change."""
    cause, shop = change.event.id, change.event.shop
    for campaign in change.campaigns.values():
        old = change.state.campaigns.get(campaign.key)
        if campaign.starts_at is not None and (old is None or old.starts_at is None):
            starts_at = format_instant(campaign.starts_at)
            yield out.CampaignScheduled(at=at, campaign=campaign.id, cause=cause, shop=shop, starts_at=starts_at)
    if change.settlement is not None:
        yield _refund_settled(change, at)
    yield from _rebates(change, at)
    if change.closed_order is not None:
        yield out.OrderClosed(at=at, cause=cause, order=change.closed_order, shop=shop)
    if change.vouchers:
        yield from _vouchers(change, at)
    for campaign in change.campaigns.values():
        if campaign.ended is not None:
            returned = change.state.campaigns[campaign.key].held if campaign.ended == "stopped" else 0
            yield out.CampaignEnded(
                at=at, campaign=campaign.id, cause=cause, reason=campaign.ended, returned=returned, shop=shop
            )
    for key in sorted(change.debts, key=lambda key: key.split("/")):
        debt, known = change.debts[key], change.state.debts.get(key)
        if debt.amount != (known.amount if known else 0):
            owed_to, buyer = key.split("/")
            yield out.DebtChanged(at=at, buyer=buyer, cause=cause, debt=debt.amount, owed_to=owed_to, shop=shop)


def _refund_settled(change: Change, at: str) -> out.RefundSettled:
    settled = change.settlement
    assert settled is not None
    return out.RefundSettled(
        at=at,
        bought_back=settled.bought_back,
        cash=settled.cash,
        cause=change.event.id,
        debt=settled.debt,
        order=settled.order,
        payout=settled.cash - settled.withheld + settled.bought_back,
        refund=settled.refund,
        shop=change.event.shop,
        taken_back=settled.taken_back,
        withheld=settled.withheld,
    )


def _rebates(change: Change, at: str) -> Iterator[out.RebateDecided]:
    for order in change.orders.values():
        old = change.state.orders.get(order.key)
        if (order.rebate, order.reason) != ((old.rebate, old.reason) if old else ("none", None)):
            yield out.RebateDecided(
                at=at,
                cause=change.event.id,
                order=order.id,
                reason=order.reason,
                rebate=order.rebate,
                shop=change.event.shop,
                voucher=order.earned,
            )


def _vouchers(change: Change, at: str) -> Iterator[out.Decision]:
    cause, shop = change.event.id, change.event.shop
    known = change.state.vouchers
    touched = sorted(change.vouchers.values(), key=_voucher_order)
    for voucher in touched:
        if voucher.code not in known:
            yield out.VoucherIssued(
                amount=voucher.amount,
                at=at,
                buyer=voucher.buyer,
                cause=cause,
                expires_at=format_instant(voucher.expires_at),
                shop=shop,
                voucher=voucher.code,
            )
    for voucher in touched:
        if voucher.code in known and voucher.status != known[voucher.code].status:
            yield out.VoucherChanged(
                at=at,
                cause=cause,
                returned=change.returned.get(voucher.code, 0),
                shop=shop,
                status=voucher.status,
                voucher=voucher.code,
            )


def _voucher_order(voucher: Voucher) -> tuple[str, str, int]:
    """By shop, campaign, then n as a number; '/' sorts among the characters of ids, so the code itself would not do."""
    return voucher.shop, voucher.campaign.removeprefix(f"{voucher.shop}/"), voucher.number
