"""What an applied event did, as decisions: read off the difference between the state before it and its change
(section 11).
"""

from collections.abc import Iterable

from pinback.rules import decisions as out
from pinback.rules.instants import format_instant
from pinback.rules.records import Order, Voucher
from pinback.rules.state import Change, Settlement


def decisions_of(change: Change, at: str) -> list[out.Decision]:
    """`event.applied` and the decisions that follow it, in the order of section 11's table; `at` as they
    show it.

    To be read before the change is committed.
    """
    effects: list[out.Decision] = [out.EventApplied(at, change.event.id, change.event.shop)]
    if change.campaigns:
        effects += _scheduled(change, at)
    if change.settlement is not None:
        effects.append(_settled(change, change.settlement, at))
    effects += [_rebate(change, order, at) for order in change.orders.values() if _is_decided(change, order)]
    if change.closed_order is not None:
        cause, shop = change.event.id, change.event.shop
        effects.append(out.OrderClosed(at=at, cause=cause, order=change.closed_order, shop=shop))
    if change.vouchers:
        effects += _vouchers(change, at)
    if change.campaigns:
        effects += _ended(change, at)
    if change.debts:
        effects += _debts(change, at)
    return effects


def _scheduled(change: Change, at: str) -> list[out.Decision]:
    return [
        out.CampaignScheduled(
            at=at,
            campaign=campaign.id,
            cause=change.event.id,
            shop=change.event.shop,
            starts_at=format_instant(campaign.starts_at),
        )
        for campaign in change.campaigns.values()
        if campaign.starts_at is not None and change.state.campaigns[campaign.key].starts_at is None
    ]


def _settled(change: Change, settled: Settlement, at: str) -> out.RefundSettled:
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


def _is_decided(change: Change, order: Order) -> bool:
    """Whether the event changed its rebate or the reason. A new order's rebate is none (section 4.5);
    the order that a reclaimed voucher closed keeps its own.
    """
    old = change.state.orders.get(order.key)
    return old is not None and (order.rebate != old.rebate or order.reason != old.reason)


def _rebate(change: Change, order: Order, at: str) -> out.RebateDecided:
    return out.RebateDecided(
        at=at,
        cause=change.event.id,
        order=order.id,
        reason=order.reason,
        rebate=order.rebate,
        shop=change.event.shop,
        voucher=order.earned,
    )


def _vouchers(change: Change, at: str) -> list[out.Decision]:
    """The voucher that was issued, if one was; then those whose status changed, sorted."""
    cause, shop, known = change.event.id, change.event.shop, change.state.vouchers
    issued: list[out.Decision] = []
    changed: list[out.Decision] = []
    vouchers: Iterable[Voucher] = change.vouchers.values()
    if len(change.vouchers) > 1:
        vouchers = sorted(vouchers, key=_voucher_order)
    for voucher in vouchers:
        old = known.get(voucher.code)
        if old is None:
            issued.append(
                out.VoucherIssued(
                    amount=voucher.amount,
                    at=at,
                    buyer=voucher.buyer,
                    cause=cause,
                    expires_at=format_instant(voucher.expires_at),
                    shop=shop,
                    voucher=voucher.code,
                )
            )
        elif voucher.status != old.status:
            changed.append(
                out.VoucherChanged(
                    at=at,
                    cause=cause,
                    returned=change.returned.get(voucher.code, 0),
                    shop=shop,
                    status=voucher.status,
                    voucher=voucher.code,
                )
            )
    return issued + changed


def _voucher_order(voucher: Voucher) -> tuple[str, str, int]:
    """By shop, campaign, then n as a number; '/' sorts among the characters of ids,
    so the code itself would not do.
    """
    return voucher.shop, voucher.campaign.removeprefix(f"{voucher.shop}/"), voucher.number


def _ended(change: Change, at: str) -> list[out.Decision]:
    return [
        out.CampaignEnded(
            at=at,
            campaign=campaign.id,
            cause=change.event.id,
            reason=campaign.ended,
            # Of a stopped campaign what it still held; the last voucher of an exhausted one took the last of
            # it.
            returned=change.state.campaigns[campaign.key].held if campaign.ended == "stopped" else 0,
            shop=change.event.shop,
        )
        for campaign in change.campaigns.values()
        if campaign.ended is not None
    ]


def _debts(change: Change, at: str) -> list[out.Decision]:
    """By the shop that is owed; a debt that is what it was before the event is none of its effects."""
    effects: list[out.Decision] = []
    for debt in sorted(change.debts.values(), key=lambda debt: debt.key.split("/")):
        known = change.state.debts.get(debt.key)
        if debt.amount != (0 if known is None else known.amount):
            owed_to, buyer = debt.key.split("/")
            effects.append(
                out.DebtChanged(
                    at=at,
                    buyer=buyer,
                    cause=change.event.id,
                    debt=debt.amount,
                    owed_to=owed_to,
                    shop=change.event.shop,
                )
            )
    return effects
