"""The rebate of an order: whether it is issued, by which campaign, and why not (section 4);
how it is lost (section 5.3).
"""

from msgspec.structs import replace

from pinback.rules import voucher as vouchers
from pinback.rules.instants import expiry
from pinback.rules.records import Campaign, Order, Reason, Rebate, Voucher
from pinback.rules.state import Change


def decide(change: Change, order: Order) -> None:
    """Decide the rebate at the event's instant (section 4.1)."""
    decided = _decision(change, order)
    if isinstance(decided, Campaign):
        _issue(change, order, decided)
    else:
        _set(change, order, *decided)


def _decision(change: Change, order: Order) -> tuple[Rebate, Reason] | Campaign:
    """The first of section 4.1 that applies; where the rebate is due,
    the campaign that issues it (section 4.2).
    """
    if order.open_refunds:
        return "pending", "refund_open"
    if order.goods_left < order.goods and change.state.policy == "any":
        return "not_eligible", "refunded"
    if change.debt(f"{order.shop}/{order.buyer}").amount:
        return "not_eligible", "buyer_in_debt"
    running = [c for c in change.state.funded_campaigns(order.shop) if c.status(change.at) == "running"]
    if not running:
        return "not_eligible", "no_campaign"
    reached = [campaign for campaign in running if order.goods_left >= campaign.threshold]
    if not reached:
        return "not_eligible", "below_threshold"
    return min(reached, key=_preference)


def _preference(campaign: Campaign) -> tuple[int, int, str]:
    """The largest rebate first; ties: the earlier start, then the smaller id (section 4.2)."""
    assert campaign.starts_at is not None
    return -campaign.rebate, campaign.starts_at, campaign.id


def _issue(change: Change, order: Order, campaign: Campaign) -> None:
    """The campaign issues its next voucher; the last one ends it (sections 4.4 and 2.3)."""
    shop = change.event_shop()
    number = campaign.issued + 1
    voucher = Voucher(
        code=f"{campaign.key}/{number}",
        shop=campaign.shop,
        campaign=campaign.key,
        number=number,
        serial=shop.issued + 1,
        buyer=order.buyer,
        amount=campaign.rebate,
        threshold=campaign.threshold,
        source=order.key,
        expires_at=expiry(change.at, campaign.valid_days, shop.timezone),
    )
    change.post(campaign.account, voucher.account, voucher.amount)
    change.vouchers[voucher.code] = voucher
    change.shop = replace(shop, issued=shop.issued + 1)
    ended = "exhausted" if number == campaign.quantity else None
    change.campaigns[campaign.key] = replace(campaign, issued=number, ended=ended)
    change.orders[order.key] = replace(order, rebate="issued", reason=None, earned=voucher.code)


def after_refund(change: Change, order: Order, cash: int) -> int:
    """What a successful refund does to the voucher that the order earned; returns the fen withheld
    (sections 5.3 and 6.1).

    `order` is as the refund leaves it, `cash` what it would pay for goods and postage.
    """
    if order.earned is None:
        return 0
    earned = change.voucher(order.earned)
    loses = order.rebate == "issued" and not _stays_eligible(change, order, earned)
    if loses:
        order = _set(change, order, "not_eligible", "refunded")
        vouchers.take_back(change, earned)
    if order.rebate == "issued":
        vouchers.thaw(change, order)
        return 0
    if earned.status != "used":
        return 0
    withheld = min(earned.left, cash)
    vouchers.recover(change, earned, withheld)
    if loses:
        vouchers.lapse(change, change.voucher(earned.code))
    return withheld


def after_refunds_ended(change: Change, order: Order) -> None:
    """A pending order is decided anew when its last open refund ended,
    or its goods are all refunded (section 4.3).
    """
    if order.rebate != "pending":
        return
    if order.status == "refunded":
        _set(change, order, "not_eligible", "refunded")
    elif order.open_refunds == 0:
        decide(change, order)


def _stays_eligible(change: Change, order: Order, earned: Voucher) -> bool:
    """Section 5.3: under `any` not a fen of goods cash may be refunded;
    under `threshold` what is left must reach it.
    """
    if change.state.policy == "any":
        return order.goods_left == order.goods
    return order.goods_left >= earned.threshold


def _set(change: Change, order: Order, rebate: Rebate, reason: Reason | None) -> Order:
    decided = change.orders[order.key] = replace(order, rebate=rebate, reason=reason)
    return decided
