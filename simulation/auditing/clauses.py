"""What must hold between the entries of the book, after every event and once everything was undone.

The clauses are those of the preamble of `settlement.md`, in terms of cash in, cash out and who holds what.
`check_touched` looks at what the latest event touched, `check_all` at everything.
"""

from collections import Counter

from simulation.auditing.book import Book
from simulation.auditing.records import UNUSED, Campaign, Order, Shop, Voucher, agree, demand


def check_touched(book: Book) -> None:
    """Every clause, for what the latest event touched."""
    touched = book.touched
    for buyer in touched.buyers:
        check_buyer(book, buyer)
    for shop in touched.shops:
        check_fees(book, book.shops[shop])
    for code in touched.vouchers:
        check_voucher(book, book.vouchers[code])
    for key in touched.orders:
        check_order(book, book.orders[key])
    for key in touched.campaigns:
        check_campaign(book.campaigns[key])


def check_all(book: Book) -> None:
    """Every clause, for everybody."""
    for buyer in book.buyers:
        check_buyer(book, buyer)
    for shop in book.shops.values():
        check_fees(book, shop)
    for voucher in book.vouchers.values():
        check_voucher(book, voucher)
    for order in book.orders.values():
        check_order(book, order)
    for campaign in book.campaigns.values():
        check_campaign(campaign)
    check_cash(book)


def check_buyer(book: Book, name: str) -> None:
    """Net payments and debts are what stands of a buyer's orders, less vouchers in good standing."""
    buyer = book.buyers[name]
    expected = 0
    for key in buyer.orders:
        order = book.orders[key]
        if order.is_paid:
            expected += order.goods_left + order.postage_left
            if order.voucher is not None and book.lost(book.vouchers[order.voucher]):
                expected += order.voucher_left
    owed: Counter[str] = Counter()
    for code in buyer.vouchers:
        voucher = book.vouchers[code]
        if voucher.left and book.lost(voucher):
            owed[voucher.shop] += voucher.left
    for shop in book.shops:
        agree(
            "debts", f"what {name} is told to owe {shop}", book.debts.get((shop, name), 0), owed[shop], name
        )
    found = buyer.paid - buyer.received + owed.total()
    agree("no gain", f"what {name} paid, less payouts, plus debts", found, expected, name)
    demand(
        "no gain", buyer.received <= buyer.paid, f"{name} paid {buyer.paid} and got {buyer.received}", name
    )


def gain(book: Book, name: str) -> int:
    """What a buyer has of goods beyond what was paid or is owed for them, in fen."""
    buyer = book.buyers[name]
    goods = sum(book.orders[key].standing for key in buyer.orders if book.orders[key].is_paid)
    owed = sum(debt for (_, debtor), debt in book.debts.items() if debtor == name)
    return goods - (buyer.paid - buyer.received) - owed


def check_fees(book: Book, shop: Shop) -> None:
    """What a shop paid for campaigns is still there: in its campaigns, its vouchers, or back in its hand."""
    held = shop.marketing
    held += sum(campaign.held for campaign in book.campaigns.values() if campaign.shop == shop.name)
    held += sum(
        voucher.held + voucher.left for voucher in book.vouchers.values() if voucher.shop == shop.name
    )
    agree("fees", f"what is left of the fees of {shop.name}", held, shop.fees, shop.name)


def check_voucher(book: Book, voucher: Voucher) -> None:
    """A voucher is usable only in good standing, and only one order has it."""
    code, source = voucher.code, book.orders[voucher.source]
    if voucher.status in UNUSED:
        demand(
            "good standing",
            source.rebate == "issued",
            f"{code} is {voucher.status}, {source.key} lost it",
            code,
        )
    if voucher.status in ("available", "frozen"):
        expected = "frozen" if source.open_refunds else "available"
        agree("good standing", f"the status of {code}", voucher.status, expected, code, source.key)
    held = voucher.status in ("locked", "used")
    agree("single use", f"whether an order has {code}", voucher.holder is not None, held, code)
    if voucher.holder is not None:
        holder = book.orders[voucher.holder]
        agree("single use", f"the voucher of {holder.key}", holder.voucher, code, code, holder.key)
        demand("single use", holder.status != "cancelled", f"{code} is held by {holder.key}, cancelled", code)
    demand("no gain", 0 <= voucher.left <= voucher.amount, f"{voucher.left} fen are left of {code}", code)


def check_order(book: Book, order: Order) -> None:
    """An order holds no more than came in; its voucher is with it; its claim stands while it may."""
    key = order.key
    demand(
        "refunds",
        min(order.goods_left, order.postage_left, order.voucher_left) >= 0,
        f"{key} is overdrawn",
        key,
    )
    demand(
        "refunds", order.payout <= order.paid or order.voucher is not None, f"{key} paid out too much", key
    )
    if order.status == "refunded":
        agree("refunds", f"what is left of {key}", (sum(order.units), order.voucher_left), (0, 0), key)
    elif order.voucher is not None and order.status != "cancelled":
        voucher = book.vouchers[order.voucher]
        expected = ("locked" if order.status == "placed" else "used", key)
        agree(
            "single use",
            f"the voucher of {key}",
            (voucher.status, voucher.holder),
            expected,
            key,
            voucher.code,
        )
    if order.rebate == "pending":
        demand("rebates", bool(order.open_refunds), f"{key} waits for no refund", key)
    if order.rebate == "issued":
        voucher = book.vouchers[order.earned or "?"]
        needed = order.goods if book.policy == "any" else book.campaigns[voucher.campaign].threshold
        demand("good standing", order.goods_left >= needed, f"{key} keeps {voucher.code} after a refund", key)


def check_campaign(campaign: Campaign) -> None:
    """Never more vouchers than prepaid; the last one ends it."""
    prepaid = campaign.quantity if campaign.funded else 0
    demand(
        "prepaid", campaign.issued <= prepaid, f"{campaign.key}: {campaign.issued} of {prepaid}", campaign.key
    )
    exhausted = campaign.issued == campaign.quantity
    agree("prepaid", f"the end of {campaign.key}", campaign.ended == "exhausted", exhausted, campaign.key)


def check_cash(book: Book) -> None:
    """All that came in and did not go out is held for somebody."""
    shops, buyers = book.shops.values(), book.buyers.values()
    cash = sum(shop.fees for shop in shops)
    cash += sum(buyer.paid - buyer.received - buyer.compensated for buyer in buyers)
    held = sum(shop.marketing + shop.sales for shop in shops)
    held += sum(campaign.held for campaign in book.campaigns.values())
    held += sum(voucher.held for voucher in book.vouchers.values())
    held += sum(order.held for order in book.orders.values())
    agree("cash", "what is held", held, cash)


def check_law(book: Book) -> None:
    """Everything was refunded, cancelled, stopped and has expired: everyone is back where they started.

    Postage that a shop kept of a whole refund (section 3.7) is counted beside it.
    """
    kept: Counter[tuple[str, str]] = Counter()
    for order in book.orders.values():
        demand("law", order.status in ("refunded", "cancelled"), f"{order.key} is {order.status}", order.key)
        kept["buyer", order.buyer] += order.postage_left if order.is_paid else 0
        kept["shop", order.shop] += order.postage_left if order.is_paid else 0
    for buyer in book.buyers.values():
        agree(
            "law",
            f"what {buyer.name} paid",
            buyer.paid - buyer.received,
            kept["buyer", buyer.name],
            buyer.name,
        )
    agree("law", "debts", [key for key, debt in book.debts.items() if debt], [])
    compensated: Counter[str] = Counter()
    for order in book.orders.values():
        compensated[order.shop] += order.compensated
    for shop in book.shops.values():
        agree("law", f"the marketing balance of {shop.name}", shop.marketing, shop.fees, shop.name)
        sales = kept["shop", shop.name] - compensated[shop.name]
        agree("law", f"the sales of {shop.name}", shop.sales, sales, shop.name)
        agree("law", f"the completed orders of {shop.name}", shop.completed, 0, shop.name)
    records: list[tuple[str, Campaign | Voucher | Order]] = [*book.campaigns.items(), *book.vouchers.items()]
    records += book.orders.items()
    agree("law", "accounts that are not empty", [name for name, record in records if record.held], [])
    units = [product for product, months in book.sold.items() if any(months.values())]
    agree("law", "products that count as sold", units, [])
