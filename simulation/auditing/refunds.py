"""How the auditor enters a successful refund: what cash came back, what was kept, whose voucher it hurts."""

from typing import TYPE_CHECKING

from simulation.auditing.records import Fields, Order, agree, demand

if TYPE_CHECKING:
    from simulation.auditing.book import Book


def enter_refund(book: "Book", order: Order, event: Fields, settled: Fields, decisions: list[Fields]) -> None:
    """Enter what `refund.settled` says. Faults: `refunds`, `withholding`, `voucher part`."""
    key = f"{event['shop']}/{event['refund']}"
    known = book.refunds.get(key)
    free = known in (None, (order.key, "open"), (order.key, "closed"))
    demand("refunds", free, f"refund {key} succeeds, which is {known}", key)
    refundable = order.status in ("paid", "confirmed", "shipped", "received")
    demand("orders", refundable, f"{order.key} is {order.status} and refunded", order.key)
    book.refunds[key] = (order.key, "succeeded")
    order.open_refunds.pop(key, None)
    before_deal = order.status == "paid"
    _enter_cash(order, event, settled, before_deal)
    units_before = list(order.units)
    _enter_units(order, event)
    _enter_voucher_part(book, order, settled, decisions, before_deal)
    _enter_withholding(book, order, settled, decisions)
    _enter_sales(book, order, settled, units_before)
    book.buyer(order.buyer).received += settled["payout"]
    order.payout += settled["payout"]


def _enter_cash(order: Order, event: Fields, settled: Fields, before_deal: bool) -> None:
    bare = "lines" not in event and "amount" not in event
    postage = event.get("postage", order.postage_left if bare or before_deal else 0)
    goods = settled["cash"] - postage
    demand(
        "refunds",
        0 <= goods <= order.goods_left,
        f"{order.key}: {goods} of {order.goods_left} fen",
        order.key,
    )
    demand("refunds", 0 <= postage <= order.postage_left, f"{order.key}: {postage} fen of postage", order.key)
    if bare or before_deal:
        agree("refunds", f"the goods cash of {order.key}", goods, order.goods_left, order.key)
    if before_deal:
        agree("refunds", f"the postage of {order.key}", postage, order.postage_left, order.key)
    if "amount" in event:
        agree("refunds", f"the amount of {order.key}", goods, event["amount"], order.key)
    order.goods_left -= goods
    order.postage_left -= postage
    order.refunded += settled["cash"]


def _enter_units(order: Order, event: Fields) -> None:
    for line in event.get("lines", ()):
        place = line["line"] - 1
        demand("refunds", place < len(order.units), f"{order.key} has no line {place + 1}", order.key)
        order.units[place] -= line["quantity"]
        demand("refunds", order.units[place] >= 0, f"{order.key}: more units go back than came", order.key)
    if order.goods_left == 0:
        order.units = [0] * len(order.units)


def _enter_voucher_part(
    book: "Book", order: Order, settled: Fields, decisions: list[Fields], before_deal: bool
) -> None:
    """What of the voucher goes home goes once; only what the buyer has paid for is paid in cash."""
    taken, bought = settled["taken_back"], settled["bought_back"]
    demand("voucher part", min(taken, bought) >= 0, f"{order.key}: {taken} and {bought} fen", order.key)
    if order.voucher is None:
        agree("voucher part", f"what {order.key} gives back of none", (taken, bought), (0, 0), order.key)
        return
    voucher = book.voucher(order.voucher)
    if before_deal and not book.lost(voucher):
        agree("voucher part", f"what {order.key} takes of {voucher.code}", (taken, bought), (0, 0), order.key)
        changes = [decision["voucher"] for decision in decisions if decision["type"] == "voucher.changed"]
        demand(
            "voucher part",
            voucher.code in changes,
            f"{voucher.code} does not return",
            voucher.code,
            order.key,
        )
        return
    part = taken + bought
    demand(
        "voucher part", part <= order.voucher_left, f"{order.key}: {part} of {order.voucher_left}", order.key
    )
    if order.goods_left == 0:
        agree("voucher part", f"what all of {order.key} gives", part, order.voucher_left, order.key)
    agree(
        "voucher part",
        f"what comes back of {voucher.code}",
        taken,
        min(part, voucher.left),
        voucher.code,
        order.key,
    )
    order.voucher_left -= part
    voucher.left -= taken
    book.shop(voucher.shop).marketing += taken


def _enter_withholding(book: "Book", order: Order, settled: Fields, decisions: list[Fields]) -> None:
    """Nobody is paid out while they hold a voucher's advantage that they have no claim to."""
    withheld, debt = settled["withheld"], 0
    loses = any(
        decision["type"] == "rebate.decided" and f"{decision['shop']}/{decision['order']}" == order.key
        for decision in decisions
    )
    expected = 0
    if order.earned is not None and (loses or order.rebate != "issued"):
        voucher = book.voucher(order.earned)
        expected = min(voucher.left, settled["cash"])
        voucher.left -= expected
        debt = voucher.left
    agree("withholding", f"what is withheld of {order.key}", withheld, expected, order.key)
    agree("withholding", f"what is owed after {order.key}", settled["debt"], debt, order.key)
    payout = settled["cash"] - withheld + settled["bought_back"]
    agree("refunds", f"the payout of {order.key}", settled["payout"], payout, order.key)
    book.shop(order.shop).marketing += withheld


def _enter_sales(book: "Book", order: Order, settled: Fields, units_before: list[int]) -> None:
    """A sale shrinks by what came back; postage that is kept of a whole refund stays with the shop."""
    shop = book.shop(order.shop)
    if order.month is not None:
        shop.sales -= settled["cash"] + settled["taken_back"] + settled["bought_back"]
        for product, was, units in zip(order.products, units_before, order.units, strict=True):
            if was != units:
                book.sold[f"{shop.name}/{product}"][order.month] -= was - units
    if order.goods_left == 0:
        if order.month is None:
            shop.sales += order.postage_left
        else:
            shop.completed -= 1
        order.status = "refunded"
