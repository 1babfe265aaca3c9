"""Every status and all that may happen in it, in every state machine: what its table lacks is refused."""

from collections.abc import Callable
from itertools import product
from typing import get_args

import pytest

from pinback.rules import machines
from pinback.rules.records import CampaignStatus, OrderStatus, RefundStatus, VoucherStatus
from tests.support.story import Campaign, Market, Order, Shop

AFTER_EXPIRY = "2026-12-31 10:00"


def tea_house() -> Shop:
    """The tea house of a new market."""
    return Market().shop("tea")


# --- orders -------------------------------------------------------------------------------------

ORDER_STEPS: dict[str, list[Callable[[Order], object]]] = {
    "order.paid": [lambda order: order.pay()],
    "order.confirmed": [lambda order: order.confirm()],
    "order.shipped": [lambda order: order.ship()],
    "order.received": [lambda order: order.receive()],
    "order.cancelled": [lambda order: order.cancel()],
    "refund.requested": [lambda order: order.ask_refund("r1")],
    "refund.succeeded": [lambda order: order.refund("r1"), lambda order: order.refund("r1", amount=1)],
    "refund.closed": [lambda order: order.close_refund("open")],
    "compensation.paid": [lambda order: order.compensate(1)],
    "voucher reclaimed": [lambda order: Order(order.shop, "source", 0).refund("r2")],
}


# What the words of sections 3, 5 and 10 allow, apart from the table.
ALLOWED: dict[str, str] = {
    "order.paid": "placed",
    "order.confirmed": "paid",
    "order.shipped": "confirmed",
    "order.received": "confirmed shipped",
    "order.cancelled": "placed",
    "refund.requested": "paid confirmed shipped received",
    "refund.succeeded": "paid confirmed shipped received",
    "refund.closed": "paid confirmed shipped received refunded",
    "compensation.paid": "confirmed shipped received",
    "voucher reclaimed": "placed",
}


@pytest.mark.parametrize("event", ORDER_STEPS)
def test_the_table_of_orders_is_what_the_specification_says(event: str) -> None:
    assert {status for status, named in machines.ORDER if named == event} == set(ALLOWED[event].split())


def order_in(status: OrderStatus, *, asked: bool) -> Order:
    """An order of that status, placed with a voucher; a refund of it is open if asked for and possible."""
    tea = tea_house()
    tea.campaign("spring", spend=100_00, get=20_00)
    source = tea.deal("source", "Li", "1 x oolong @ 100.00")
    order = tea.order("o1", "Li", "1 x oolong @ 50.00", voucher=source.earned)
    if status == "placed":
        return order
    if status == "cancelled":
        return order.cancel()
    order.pay()
    if asked:
        order.ask_refund("open")
    if status == "refunded":
        return order.confirm().refund("r0")
    steps = {"paid": 0, "confirmed": 1, "shipped": 2, "received": 3}[status]
    for step in (order.confirm, order.ship, order.receive)[:steps]:
        step()
    return order


@pytest.mark.parametrize(("status", "event"), list(product(get_args(OrderStatus), ORDER_STEPS)))
def test_every_pair_of_an_order(status: OrderStatus, event: str) -> None:
    listed = machines.ORDER.get((status, event))
    reached = set()
    for step in ORDER_STEPS[event]:
        order = order_in(status, asked=event == "refund.closed")
        market = order.shop.market
        assert order.status == status
        if listed is None and event != "voucher reclaimed":
            no_refund = event == "refund.closed" and status in ("placed", "cancelled")
            with market.refuses("unknown_refund" if no_refund else "wrong_state"):
                step(order)
            assert order.status == status
        elif status == "paid" and step is ORDER_STEPS["refund.succeeded"][1]:
            with market.refuses("whole_only"):
                step(order)
        else:
            step(order)
            reached.add(order.status)
    assert reached == set(listed or (() if event != "voucher reclaimed" else (status,)))


def test_the_table_of_orders_has_no_other_pair() -> None:
    assert set(machines.ORDER) <= set(product(get_args(OrderStatus), ORDER_STEPS))


# --- campaigns ----------------------------------------------------------------------------------


def last_voucher(campaign: Campaign) -> None:
    """The deal that takes the campaign's last voucher, where it runs."""
    campaign.shop.deal("last", "Li", "1 x oolong @ 100.00")


CAMPAIGN_STEPS: dict[str, Callable[[Campaign], object]] = {
    "campaign.funded": lambda campaign: campaign.fund(),
    "campaign.stopped": lambda campaign: campaign.stop(),
    "last voucher issued": last_voucher,
}


def campaign_in(status: CampaignStatus) -> Campaign:
    """A campaign of that status; a running one has one voucher left."""
    tea = tea_house()
    spring = tea.draft("spring", spend=100_00, get=20_00)
    if status == "scheduled":
        spring.fund()
    elif status != "draft":
        spring.fund(at="2026-11-09 12:00")
        for n in range(9):
            tea.deal(f"o{n}", "Li", "1 x oolong @ 100.00")
    if status == "ended":
        spring.stop()
    return spring


@pytest.mark.parametrize(("status", "event"), list(product(get_args(CampaignStatus), CAMPAIGN_STEPS)))
def test_every_pair_of_a_campaign(status: CampaignStatus, event: str) -> None:
    listed = machines.CAMPAIGN.get((status, event))
    campaign = campaign_in(status)
    issued = campaign.issued
    assert campaign.status == status
    if listed is not None:
        CAMPAIGN_STEPS[event](campaign)
        assert (campaign.status,) == listed
        return
    if event == "last voucher issued":
        CAMPAIGN_STEPS[event](campaign)
    else:
        with campaign.shop.market.refuses("wrong_state"):
            CAMPAIGN_STEPS[event](campaign)
    assert (campaign.status, campaign.issued) == (status, issued)


def test_the_table_of_campaigns_has_no_other_pair() -> None:
    assert set(machines.CAMPAIGN) <= set(product(get_args(CampaignStatus), CAMPAIGN_STEPS))


# --- refunds ------------------------------------------------------------------------------------

REFUND_STEPS: dict[str, Callable[[Order], object]] = {
    "refund.requested": lambda order: order.ask_refund("r1"),
    "refund.succeeded": lambda order: order.refund("r1", amount=1),
    "refund.closed": lambda order: order.close_refund("r1"),
}


@pytest.mark.parametrize(("status", "event"), list(product((None, *get_args(RefundStatus)), REFUND_STEPS)))
def test_every_pair_of_a_refund(status: RefundStatus | None, event: str) -> None:
    order = tea_house().deal("o1", "Li", "1 x oolong @ 100.00")
    if status in ("open", "closed"):
        order.ask_refund("r1")
    if status == "closed":
        order.close_refund("r1")
    if status == "succeeded":
        order.refund("r1", amount=1)
    listed = machines.REFUND.get((status, event))
    refunds = order.shop.market.state.refunds
    assert (refunds["tea/r1"].status if status else None) == status
    if listed is None:
        with order.shop.market.refuses("unknown_refund" if event == "refund.closed" else "already_exists"):
            REFUND_STEPS[event](order)
        return
    REFUND_STEPS[event](order)
    assert refunds["tea/r1"].status == listed


def test_the_table_of_refunds_has_no_other_pair() -> None:
    assert set(machines.REFUND) <= set(product((None, *get_args(RefundStatus)), REFUND_STEPS))


# --- vouchers -----------------------------------------------------------------------------------


class Wallet:
    """Li's voucher in one status, the order that earned it, and one that was placed with it."""

    def __init__(self, status: VoucherStatus) -> None:
        self.tea = tea_house()
        self.market = self.tea.market
        self.tea.campaign("spring", spend=100_00, get=20_00)
        self.source = self.tea.deal("source", "Li", "1 x oolong @ 100.00")
        self.voucher = self.source.earned
        self.using = self.tea.order("using", "Li", "1 x oolong @ 50.00", voucher=self.voucher)
        if status == "used":
            self.using.pay()
        elif status != "locked":
            self.using.cancel()
        if status == "frozen":
            self.source.ask_refund("open")
        if status == "reclaimed":
            self.source.refund("r0", amount=1)
        if status == "expired":
            self.market.clock = AFTER_EXPIRY
            self.tea.tick()
            self.market.clock = "2026-11-10 10:00"
        assert self.voucher.status == status

    def try_order(self, act: Callable[[], object], code: str) -> None:
        """Do what may be refused with that code."""
        before = self.voucher.status
        with self.market.refuses(code):
            act()
        assert self.voucher.status == before


def place_with(wallet: Wallet) -> None:
    """A new order is placed with the voucher."""
    wallet.tea.order("new", "Li", "1 x oolong @ 50.00", voucher=wallet.voucher)


def pay_with(wallet: Wallet) -> None:
    """The order that was placed with it is paid."""
    wallet.using.pay()


def freeze(wallet: Wallet) -> None:
    """A refund of the source order is asked for."""
    wallet.source.ask_refund("r1")


def release(wallet: Wallet) -> None:
    """What has it lets it go: the unpaid order, the order before its deal, the refund of its source."""
    if wallet.voucher.status == "frozen":
        wallet.source.close_refund("open")
    elif wallet.voucher.status == "used":
        wallet.using.refund("r1")
    else:
        wallet.using.cancel()


def release_while_asked(wallet: Wallet) -> None:
    """The same, while a refund of the source order is open: a frozen voucher has one more to wait for."""
    if wallet.voucher.status != "frozen":
        wallet.source.ask_refund("r2")
    release(wallet)


def release_too_late(wallet: Wallet) -> None:
    """The same, past its time."""
    wallet.market.clock = AFTER_EXPIRY
    release(wallet)


def reclaim(wallet: Wallet) -> None:
    """The source order loses its eligibility; where the voucher is used, its order is then undone."""
    was_used = wallet.voucher.status == "used"
    wallet.source.refund("r1", amount=1)
    if was_used:
        wallet.using.refund("r2")


def expire(wallet: Wallet) -> None:
    """A tick past its time."""
    wallet.market.clock = AFTER_EXPIRY
    wallet.tea.tick()


VOUCHER_STEPS: dict[str, list[Callable[[Wallet], None]]] = {
    "placed with": [place_with],
    "paid with": [pay_with],
    "frozen": [freeze],
    "released": [release, release_while_asked, release_too_late],
    "reclaimed": [reclaim],
    "expired": [expire],
}
REFUSED = {"placed with": "voucher_unavailable", "paid with": "wrong_state", "released": "wrong_state"}


@pytest.mark.parametrize(("status", "act"), list(product(get_args(VoucherStatus), VOUCHER_STEPS)))
def test_every_pair_of_a_voucher(status: VoucherStatus, act: str) -> None:
    listed = machines.VOUCHER.get((status, act))
    if listed is None and act in REFUSED:
        wallet = Wallet(status)
        wallet.try_order(lambda: VOUCHER_STEPS[act][0](wallet), REFUSED[act])
        return
    reached = set()
    for step in VOUCHER_STEPS[act]:
        wallet = Wallet(status)
        step(wallet)
        reached.add(wallet.voucher.status)
    assert reached == set(listed or (status,))


def test_the_table_of_vouchers_has_no_other_pair() -> None:
    assert set(machines.VOUCHER) <= set(product(get_args(VoucherStatus), VOUCHER_STEPS))
