"""What may happen next in a run: each move looks at the story so far, draws what is open, and tells events.

There are few buyers, shops and products, so that vouchers get used and their orders refunded. A move for
which nothing is there does nothing. Most moves aim at what is valid; `mistake` aims just beside it.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from pinback.rules import events as e
from pinback.rules.instants import Instant
from pinback.rules.records import Campaign, Order, Refund, Voucher
from tests.law.story import DAY, HOUR, Story, changed

T = TypeVar("T")

SHOPS = ("S", "T")
BUYERS = ("ann", "bo")
LIVE = ("paid", "confirmed", "shipped", "received")
DEAL = ("confirmed", "shipped", "received")
TERMS = ((100, 30), (60, 60), (40, 5), (200, 150))

_NUMBER = st.integers(0, 2**16)
_FEW = st.integers(0, 7)
_LINES = st.lists(
    st.tuples(
        st.sampled_from(("pear", "plum")), st.integers(1, 3), st.sampled_from((100, 40, 33, 7, 0, 250))
    ),
    min_size=1,
    max_size=3,
)
_EXTRAS = st.tuples(st.sampled_from((0, 0, 0, 1, 10)), st.sampled_from((0, 0, 8, 3)))
_LEAPS = st.sampled_from((HOUR, HOUR, HOUR, DAY, 2 * DAY, 10 * DAY, -DAY))


class Draw(Protocol):
    """Gives a value of a strategy."""

    def __call__(self, strategy: SearchStrategy[T], /) -> T: ...


def pick(draw: Draw, items: Sequence[T]) -> T:
    """One of the items; the simplest choice is the newest."""
    return items[-1 - draw(_NUMBER) % len(items)]


def some(draw: Draw, most: int) -> int:
    """A number from 1 to `most`."""
    return 1 + draw(_NUMBER) % most


def one_in(draw: Draw, times: int) -> bool:
    """Seldom true; the simplest choice is false."""
    return draw(_NUMBER) % times == times - 1


# --- campaigns and the clock ----------------------------------------------------------------------


def funded(story: Story) -> list[Campaign]:
    """The campaigns that are funded and have not ended."""
    return [c for c in story.state.campaigns.values() if c.starts_at is not None and c.ended is None]


def open_campaign(story: Story, draw: Draw) -> None:
    """A campaign is created and funded; time passes until it starts."""
    shop, (threshold, rebate) = pick(draw, SHOPS), pick(draw, TERMS)
    name = story.name("c")
    days = pick(draw, (15, 2, 1))
    terms = {"threshold": threshold, "rebate": rebate, "quantity": 10, "valid_days": days}
    story.tell(e.CampaignCreated, shop, campaign=name, **terms)
    story.tell(e.CampaignFunded, shop, campaign=name, amount=rebate * 10, method="wechat")
    story.now += DAY


def stop_campaign(story: Story, draw: Draw) -> None:
    """A campaign is stopped, where there are several."""
    alive = funded(story)
    if len(alive) > 2 or (alive and one_in(draw, 8)):
        campaign = pick(draw, alive)
        story.tell(e.CampaignStopped, campaign.shop, campaign=campaign.id)


def pass_time(story: Story, draw: Draw) -> None:
    """The clock goes on, to a moment that matters or just beside it, or an event comes late."""
    moments = story.moments()
    if moments and one_in(draw, 3):
        story.now = moments[0] + pick(draw, (0, -1, 1))
    else:
        story.now += draw(_LEAPS)


def tick(story: Story, draw: Draw) -> None:
    """The clock is told."""
    story.tell(e.ClockTicked, pick(draw, SHOPS))


# --- orders ---------------------------------------------------------------------------------------


def usable(story: Story, buyer: str) -> list[Voucher]:
    """The vouchers that the buyer can use now."""
    return [v for v in story.vouchers("available") if v.buyer == buyer and story.now < v.expires_at]


def place(story: Story, draw: Draw, buyer: str | None = None) -> Order | None:
    """An order, with a voucher where the buyer has one."""
    shop, buyer = pick(draw, SHOPS), buyer or pick(draw, BUYERS)
    vouchers = usable(story, buyer)
    voucher = pick(draw, vouchers) if vouchers and not one_in(draw, 5) else None
    lines = [e.OrderLine(*line) for line in draw(_LINES)]
    discount, postage = draw(_EXTRAS)
    goods = sum(line.quantity * line.unit_price for line in lines)
    worth = voucher.amount if voucher is not None else 0
    if goods <= discount + worth:
        lines.append(e.OrderLine("plum", 1, discount + worth - goods + 1 + draw(_FEW)))
    elif one_in(draw, 2):
        discount = max(discount, goods - worth - _aim(story, draw, shop))
    fields: dict[str, Any] = {} if voucher is None else {"voucher": voucher.code}
    name = story.name("o")
    story.tell(
        e.OrderPlaced,
        shop,
        order=name,
        buyer=buyer,
        lines=tuple(lines),
        discount=discount,
        postage=postage,
        **fields,
    )
    return story.state.orders.get(f"{shop}/{name}")


def _aim(story: Story, draw: Draw, shop: str) -> int:
    """Goods cash at a threshold of the shop, or a little above."""
    thresholds = [campaign.threshold for campaign in funded(story) if campaign.shop == shop]
    return (pick(draw, thresholds) if thresholds else 1) + pick(draw, (3, 1, 0, 0))


def tell_of(story: Story, kind: type[e.OrderEvent], order: Order, **fields: Any) -> bool:
    """An event about an order."""
    return story.tell(kind, order.shop, order=order.id, **fields)


def pay(story: Story, draw: Draw) -> None:
    """An order is paid."""
    if orders := story.orders("placed"):
        order = pick(draw, orders)
        tell_of(story, e.OrderPaid, order, amount=order.due)


def go_on(story: Story, draw: Draw) -> None:
    """An order is confirmed, shipped or received."""
    if orders := story.orders("paid", "confirmed", "shipped"):
        order = pick(draw, orders)
        further = {"paid": e.OrderConfirmed, "confirmed": pick(draw, (e.OrderReceived, e.OrderShipped))}
        tell_of(story, further.get(order.status, e.OrderReceived), order)


def buy(story: Story, draw: Draw, buyer: str | None = None, waits: int = 5) -> Order | None:
    """An order is placed and paid, confirmed but for one in `waits`, and perhaps received."""
    order = place(story, draw, buyer)
    if order is None:
        return None
    tell_of(story, e.OrderPaid, order, amount=order.due)
    if not one_in(draw, waits):
        tell_of(story, e.OrderConfirmed, order)
        if one_in(draw, 2):
            tell_of(story, e.OrderReceived, order)
    return story.state.orders[order.key]


def spree(story: Story, draw: Draw) -> None:
    """A buyer makes several deals at a shop, each with the voucher of the one before, or none with any."""
    shop, buyer, spends = pick(draw, SHOPS), pick(draw, BUYERS), one_in(draw, 2)
    for _ in range(some(draw, 8)):
        vouchers = usable(story, buyer) if spends else []
        _plain_deal(story, shop, buyer, vouchers[-1] if vouchers else None)


def buy_in_debt(story: Story, draw: Draw) -> None:
    """A buyer who owes a shop makes a deal there."""
    owed = [debt for debt in story.state.debts.values() if debt.amount]
    if owed:
        shop, _, buyer = pick(draw, owed).key.partition("/")
        _plain_deal(story, shop, buyer)


def run_into_debt(story: Story, draw: Draw) -> None:
    """A buyer just earns a voucher and spends it; then a little of what earned it is refunded."""
    running = [campaign for campaign in funded(story) if campaign.status(story.now) == "running"]
    if not running:
        return
    campaign, buyer = pick(draw, running), pick(draw, BUYERS)
    _plain_deal(story, campaign.shop, buyer, price=campaign.threshold)
    vouchers = usable(story, buyer)
    if vouchers:
        _plain_deal(story, pick(draw, SHOPS), buyer, vouchers[-1])
        source = story.state.orders[vouchers[-1].source]
        if source.status in LIVE:
            fen = some(draw, min(source.goods_left, 8))
            tell_of(story, e.RefundSucceeded, source, refund=story.name("r"), amount=fen)


def _plain_deal(
    story: Story, shop: str, buyer: str, voucher: Voucher | None = None, *, price: int = 360
) -> None:
    """An order is placed, paid and confirmed; mostly it reaches every threshold."""
    name, fields = story.name("o"), {} if voucher is None else {"voucher": voucher.code}
    line = e.OrderLine("pear", 1, price)
    story.tell(e.OrderPlaced, shop, order=name, buyer=buyer, lines=(line,), **fields)
    story.tell(e.OrderPaid, shop, order=name, amount=price - (0 if voucher is None else voucher.amount))
    story.tell(e.OrderConfirmed, shop, order=name)


def affair(story: Story, draw: Draw) -> None:
    """A buyer earns a voucher and orders with it; then both orders go wrong, bit by bit."""
    buyer = pick(draw, BUYERS)
    if not usable(story, buyer):
        buy(story, draw, buyer)
    if not usable(story, buyer):
        return
    user = place(story, draw, buyer) if one_in(draw, 3) else buy(story, draw, buyer, waits=2)
    if user is None or user.voucher is None:
        return
    source = story.state.vouchers[user.voucher].source
    for _ in range(some(draw, 5)):
        _go_wrong(story, draw, source, user.key)


def _go_wrong(story: Story, draw: Draw, source: str, user: str) -> None:
    """What may become of an order that earned a voucher and of the order that has it."""
    way = draw(_NUMBER) % 10
    source_order, user_order = story.state.orders[source], story.state.orders[user]
    if way <= 2:
        refund(story, draw, [source_order] if source_order.status in LIVE else [])
    elif way <= 4:
        refund(story, draw, [user_order] if user_order.status in LIVE else [])
    elif way in (5, 6) and source_order.status in LIVE:
        tell_of(story, e.RefundRequested, source_order, refund=story.name("r"))
    elif way == 9:
        _slip(story, draw)
    elif user_order.status in ("placed", "paid"):
        _call_off(story, draw, user_order)
    else:
        pay_debt(story, draw)


def _call_off(story: Story, draw: Draw, order: Order) -> None:
    """An order is called off before its deal is made, maybe when its voucher has run out."""
    assert order.voucher is not None
    if one_in(draw, 3):
        story.now = max(story.now, story.state.vouchers[order.voucher].expires_at + pick(draw, (0, -1)))
    if order.status == "placed":
        tell_of(story, e.OrderCancelled, order)
    else:
        tell_of(story, e.RefundSucceeded, order, refund=refund_name(story, draw, order))


def dispute(story: Story, draw: Draw) -> None:
    """A refund is asked for before the deal is made, so the rebate waits; then it is closed, or paid in
    part.
    """
    order = place(story, draw)
    if order is None:
        return
    tell_of(story, e.OrderPaid, order, amount=order.due)
    names = [story.name("r") for _ in range(some(draw, 2))]
    for name in names:
        tell_of(story, e.RefundRequested, order, refund=name)
    if one_in(draw, 4):
        # Too early for a part: this one is refused, unless there is no more than 1 fen.
        tell_of(story, e.RefundSucceeded, order, refund=names[0], amount=1)
    tell_of(story, e.OrderConfirmed, order)
    for name in names:
        way = draw(_NUMBER) % 4
        order = story.state.orders[order.key]
        if order.status == "refunded":
            return
        if way == 3:
            tell_of(story, e.RefundSucceeded, order, refund=name, amount=some(draw, min(order.goods_left, 8)))
        elif way > 0:
            tell_of(story, e.RefundClosed, order, refund=name)


def cancel(story: Story, draw: Draw) -> None:
    """An unpaid order is cancelled."""
    if orders := story.orders("placed"):
        tell_of(story, e.OrderCancelled, pick(draw, orders))


def compensate(story: Story, draw: Draw) -> None:
    """Goodwill is paid."""
    orders = [o for o in story.orders(*DEAL) if o.cash - o.refunded - o.compensated > 0]
    if orders:
        order = pick(draw, orders)
        most = order.cash - order.refunded - order.compensated
        tell_of(story, e.CompensationPaid, order, amount=some(draw, most))


def pay_debt(story: Story, draw: Draw) -> None:
    """A buyer pays some of a debt, or all."""
    owed = [debt for debt in story.state.debts.values() if debt.amount]
    if owed:
        debt = pick(draw, owed)
        shop, buyer = debt.key.split("/")
        story.tell(
            e.DebtPaid, shop, buyer=buyer, amount=debt.amount if one_in(draw, 3) else some(draw, debt.amount)
        )


# --- refunds --------------------------------------------------------------------------------------


def refunds_of(story: Story, order: Order, *statuses: str) -> list[Refund]:
    """The refunds of an order in one of the statuses."""
    return [r for r in story.state.refunds.values() if r.order == order.key and r.status in statuses]


def refund_name(story: Story, draw: Draw, order: Order) -> str:
    """The id of a refund that may succeed: one that is open or closed, or a new one."""
    standing = refunds_of(story, order, "open", "closed")
    if standing and not one_in(draw, 4):
        return pick(draw, standing).key.partition("/")[2]
    return story.name("r")


def request(story: Story, draw: Draw) -> None:
    """A refund is asked for, of an order that earned a voucher if there is one."""
    orders = story.orders(*LIVE)
    earners = [order for order in orders if order.earned is not None]
    if orders:
        order = pick(draw, earners if earners and not one_in(draw, 3) else orders)
        closed = refunds_of(story, order, "closed")
        again = closed and one_in(draw, 3)
        name = pick(draw, closed).key.partition("/")[2] if again else story.name("r")
        tell_of(story, e.RefundRequested, order, refund=name)


def close(story: Story, draw: Draw) -> None:
    """A refund is rejected or withdrawn."""
    opened = [refund for refund in story.state.refunds.values() if refund.status == "open"]
    if opened:
        refund = pick(draw, opened)
        tell_of(story, e.RefundClosed, story.state.orders[refund.order], refund=refund.key.partition("/")[2])


def everything(story: Story, draw: Draw, order: Order) -> dict[str, Any]:
    """All that is left, named or not; seldom without the postage, which the shop then keeps."""
    if order.status != "paid" and one_in(draw, 6):
        return {"postage": 0}
    way = draw(_NUMBER) % 3
    if way == 1:
        return {"amount": order.goods_left, "postage": order.postage_left}
    if way == 2:
        return {"lines": _units_left(story, order), "postage": order.postage_left}
    return {}


def _units_left(story: Story, order: Order) -> tuple[e.RefundLine, ...]:
    standing = enumerate(story.state.lines[order.key], start=1)
    return tuple(e.RefundLine(number, line.units_left) for number, line in standing if line.units_left)


def units(story: Story, draw: Draw, order: Order) -> dict[str, Any]:
    """Some units of a line, or of two."""
    standing = [(n, line) for n, line in enumerate(story.state.lines[order.key], start=1) if line.units_left]
    chosen = {
        number: some(draw, line.units_left) for number, line in (pick(draw, standing), pick(draw, standing))
    }
    postage = {"postage": some(draw, order.postage_left)} if order.postage_left and one_in(draw, 4) else {}
    return {"lines": tuple(e.RefundLine(*named) for named in chosen.items()), **postage}


def amount(story: Story, draw: Draw, order: Order) -> dict[str, Any]:
    """Some of the goods cash: little, or any part."""
    fen = some(draw, order.goods_left if one_in(draw, 2) else min(order.goods_left, 8))
    return {"amount": fen, "postage": draw(_NUMBER) % (order.postage_left + 1)}


def postage(story: Story, draw: Draw, order: Order) -> dict[str, Any]:
    """Postage alone; an amount where none is left."""
    if not order.postage_left:
        return amount(story, draw, order)
    return {"amount": 0, "postage": some(draw, order.postage_left)}


WAYS: tuple[Callable[[Story, Draw, Order], dict[str, Any]], ...] = (units, amount, everything, postage)


def refund(story: Story, draw: Draw, orders: Sequence[Order]) -> None:
    """One of the orders is refunded, in part or whole."""
    if orders:
        order = pick(draw, orders)
        way = everything if order.status == "paid" and not one_in(draw, 4) else pick(draw, WAYS)
        name = refund_name(story, draw, order)
        tell_of(story, e.RefundSucceeded, order, refund=name, **way(story, draw, order))


def refund_any(story: Story, draw: Draw) -> None:
    """Some order is refunded."""
    refund(story, draw, story.orders(*LIVE))


def refund_source(story: Story, draw: Draw) -> None:
    """An order whose voucher is spent, reserved or frozen is refunded."""
    held = {voucher.source for voucher in story.vouchers("used", "locked", "frozen")}
    refund(story, draw, [order for order in story.orders(*LIVE) if order.key in held])


def refund_user(story: Story, draw: Draw) -> None:
    """An order paid with a voucher is refunded, rather one whose voucher was not earned after all."""
    users = [order for order in story.orders(*LIVE) if order.voucher is not None]
    sources = story.state.orders
    vouchers = story.state.vouchers
    unearned = [o for o in users if o.voucher and sources[vouchers[o.voucher].source].rebate != "issued"]
    refund(story, draw, unearned if unearned and not one_in(draw, 3) else users)


# --- what comes again, and what is wrong ----------------------------------------------------------


def again(story: Story, draw: Draw) -> None:
    """An event that was applied comes again."""
    if story.applied:
        known = [event for event, _ in story.told if event.key in story.applied]
        event = pick(draw, known)
        story.feed(event if not one_in(draw, 4) else changed(event, at=Instant(event.at + 1)))


def mistake(story: Story, draw: Draw) -> None:
    """Something that is refused, most of the time."""
    for _ in range(some(draw, 5)):
        _slip(story, draw)


def _slip(story: Story, draw: Draw) -> None:
    pick(draw, MISTAKES)(story, draw)


def _wrong_amount(story: Story, draw: Draw) -> None:
    for order in story.orders("placed")[-1:]:
        tell_of(story, e.OrderPaid, order, amount=order.due + pick(draw, (1, -1)))


def _wrong_time(story: Story, draw: Draw) -> None:
    if orders := list(story.state.orders.values()):
        kinds = (e.OrderConfirmed, e.OrderShipped, e.OrderReceived, e.OrderCancelled)
        tell_of(story, pick(draw, kinds), pick(draw, orders))


def _unknown(story: Story, draw: Draw) -> None:
    kind = pick(draw, (e.OrderConfirmed, e.OrderReceived, e.OrderCancelled))
    story.tell(kind, pick(draw, SHOPS), order="nobody's")
    story.tell(e.CampaignStopped, pick(draw, SHOPS), campaign="nobody's")


def _too_much(story: Story, draw: Draw) -> None:
    if orders := story.orders(*LIVE):
        order = pick(draw, orders)
        ways: tuple[dict[str, Any], ...] = (
            {"amount": order.goods_left + 1},
            {"postage": order.postage_left + 1},
            {"lines": (e.RefundLine(9, 1),)},
            {"amount": 1, "postage": order.postage_left + 1},
        )
        tell_of(story, e.RefundSucceeded, order, refund=story.name("r"), **pick(draw, ways))
        tell_of(story, e.CompensationPaid, order, amount=order.cash + 1)


def try_voucher(story: Story, draw: Draw) -> None:
    """Somebody tries a voucher, whoever's it is and whatever became of it, maybe on too small an order."""
    if story.state.vouchers:
        code = pick(draw, [v.code for v in story.vouchers("available")] or list(story.state.vouchers))
        if one_in(draw, 2):
            code = pick(draw, list(story.state.vouchers))
        shop, buyer, name = pick(draw, SHOPS), pick(draw, BUYERS), story.name("o")
        if one_in(draw, 2):
            buyer = story.state.vouchers[code].buyer
        line = e.OrderLine("pear", 1, pick(draw, (5, 300)))
        story.tell(e.OrderPlaced, shop, order=name, buyer=buyer, lines=(line,), voucher=code)


def _same_refund(story: Story, draw: Draw) -> None:
    if story.state.refunds:
        known = pick(draw, list(story.state.refunds.values()))
        order = story.state.orders[known.order]
        if one_in(draw, 2):
            order = pick(draw, list(story.state.orders.values()))
        kinds: tuple[type[e.RefundEvent], ...] = (e.RefundSucceeded, e.RefundRequested, e.RefundClosed)
        tell_of(story, pick(draw, kinds), order, refund=known.key.partition("/")[2])


def _bad_terms(story: Story, draw: Draw) -> None:
    terms = {"threshold": 100, "rebate": 30, "quantity": 10, "valid_days": 15}
    wrong = pick(draw, ({"rebate": 101}, {"rebate": 4}, {"quantity": 9}, {"valid_days": 366}))
    story.tell(e.CampaignCreated, pick(draw, SHOPS), campaign=story.name("c"), **(terms | wrong))


def _no_debt(story: Story, draw: Draw) -> None:
    shop, buyer = pick(draw, SHOPS), pick(draw, BUYERS)
    debt = story.state.debts.get(f"{shop}/{buyer}")
    story.tell(e.DebtPaid, shop, buyer=buyer, amount=1 + (debt.amount if debt else 0))


def _exists(story: Story, draw: Draw) -> None:
    story.tell(e.ShopOpened, pick(draw, SHOPS), timezone="UTC")
    for campaign in list(story.state.campaigns.values())[-1:]:
        story.tell(
            e.CampaignFunded, campaign.shop, campaign=campaign.id, amount=campaign.fee, method="wechat"
        )


MISTAKES: tuple[Callable[[Story, Draw], None], ...] = (
    _wrong_amount, _wrong_time, _unknown, _too_much, _too_much, try_voucher, _same_refund, _bad_terms,
    _no_debt, _exists,
)  # fmt: skip

MOVES: tuple[Callable[[Story, Draw], object], ...] = (
    open_campaign, stop_campaign, pass_time, tick, place, pay, go_on, buy, buy, affair, affair, affair,
    dispute, spree, run_into_debt, buy_in_debt, cancel, compensate, pay_debt, request, close, refund_any,
    refund_source, refund_user, refund_user, again, mistake, try_voucher,
)  # fmt: skip
"""All moves, some of them more than once: as likely as they are useful."""
