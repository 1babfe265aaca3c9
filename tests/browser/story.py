"""A small market for the pages to show: vouchers in every state, a debt, open refunds, odd shop names."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

SHOP = "tea-house"
EMPTY_SHOP = "not-open-yet"
ODD_SHOPS = ("..", "~", "100%25", "a?b=c#d&e", "<b>\"'`{{x}}", ";@:+,=!$()*[]^|\\")
MOST = 10**12
_START = datetime(2026, 1, 5, 2, tzinfo=UTC)


class Story:
    """Writes events, a minute apart unless days pass."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.at = _START

    def tell(self, kind: str, shop: str = SHOP, **fields: Any) -> None:
        """One event."""
        self.at += timedelta(minutes=1)
        at = self.at.strftime("%Y-%m-%dT%H:%M:%SZ")
        self.events.append({"id": f"e{len(self.events)}", "type": kind, "at": at, "shop": shop} | fields)

    def days(self, number: int) -> None:
        """Some days pass."""
        self.at += timedelta(days=number)

    def order(
        self, order: str, buyer: str, price: int, *, voucher: tuple[str, int] | None = None, **more: Any
    ) -> None:
        """An order of tea that is placed and paid; `voucher` is a code and its amount."""
        lines = [{"product": more.pop("product", "oolong"), "quantity": 1, "unit_price": price}]
        using = {"voucher": voucher[0]} if voucher else {}
        self.tell("order.placed", order=order, buyer=buyer, lines=lines, **using, **more)
        self.tell("order.paid", order=order, amount=price - (voucher[1] if voucher else 0))

    def deal(self, order: str, buyer: str, price: int, **more: Any) -> None:
        """An order whose deal is made, and that is received."""
        self.order(order, buyer, price, **more)
        self.tell("order.confirmed", order=order)
        self.tell("order.received", order=order)

    def campaign(self, campaign: str, threshold: int, rebate: int, quantity: int, **more: Any) -> None:
        """A campaign whose fee is paid; the next day comes."""
        self.tell(
            "campaign.created",
            campaign=campaign,
            threshold=threshold,
            rebate=rebate,
            quantity=quantity,
            **more,
        )
        self.tell("campaign.funded", campaign=campaign, amount=rebate * quantity, method="wechat")
        self.days(1)

    def refund(self, order: str, **more: Any) -> None:
        """A refund that succeeds, of all that is left unless it says less."""
        self.tell("refund.succeeded", order=order, refund=f"r-{order}", **more)


def _tea_house(story: Story) -> None:
    story.tell("shop.opened", timezone="Asia/Shanghai")
    story.campaign("new-year", 20_000, 1_000, 10, valid_days=3)
    for number in range(10):
        story.deal(f"n{number}", f"buyer-{number}", 20_000 + 1_117 * number)
        if number % 3 == 2:
            story.days(1)
    story.deal("n10", "buyer-0", 9_900, voucher=None, product="cup")
    story.refund("n1")
    story.days(30)
    story.tell("clock.ticked")
    story.campaign("spring", 15_000, 1_500, 40, valid_days=60)
    for number in range(24):
        story.deal(f"s{number}", f"buyer-{number}", 15_000 + 731 * number, product=f"tea-{number % 5}")
        if number % 2:
            story.days(1)
    _vouchers_in_every_state(story)
    story.campaign("summer", 30_000, 2_000, 50)
    story.tell("campaign.stopped", campaign="summer")
    story.tell("campaign.created", campaign="autumn", threshold=30_000, rebate=2_000, quantity=50)


def _vouchers_in_every_state(story: Story) -> None:
    code = f"{SHOP}/spring/"
    story.deal("u1", "buyer-0", 8_000, voucher=(f"{code}1", 1_500))
    story.deal("u2", "buyer-1", 9_000, voucher=(f"{code}2", 1_500))
    # The first had its source order refunded in part: a debt is left.
    story.refund("s0", amount=500)
    story.tell("compensation.paid", order="u2", amount=300, reason="short weight")
    story.tell(
        "order.placed", order="h1", buyer="buyer-2", voucher=f"{code}3",
        lines=[{"product": "cup", "quantity": 2, "unit_price": 2_500}],
    )  # fmt: skip
    story.tell("refund.requested", order="s3", refund="r-s3", reason="wrong colour")
    story.refund("s4")
    story.order("p1", "buyer-9", 4_400)
    story.tell("refund.requested", order="s5", refund="r-s5")
    story.tell("refund.closed", order="s5", refund="r-s5")


def _odd_shops(story: Story) -> None:
    for shop in ODD_SHOPS:
        lines = [{"product": shop, "quantity": 3, "unit_price": 1_234}]
        story.tell("order.placed", shop, order=shop, buyer=shop, lines=lines, postage=600)
        story.tell("order.paid", shop, order=shop, amount=3 * 1_234 + 600)
        story.tell("order.confirmed", shop, order=shop)
        story.tell("order.received", shop, order=shop)
    # As large as amounts get, and as long as ids get.
    large = "W" * 64
    lines = [{"product": large, "quantity": 1, "unit_price": MOST}]
    story.tell("order.placed", large, order=large, buyer=large, lines=lines)
    story.tell("order.paid", large, order=large, amount=MOST)
    story.tell("order.confirmed", large, order=large)
    story.tell("order.received", large, order=large)
    story.tell("shop.opened", EMPTY_SHOP, timezone="Europe/London")


def market() -> Iterator[bytes]:
    """The events of all shops, a line each."""
    story = Story()
    _tea_house(story)
    _odd_shops(story)
    for event in story.events:
        yield json.dumps(event).encode() + b"\n"


def shops() -> list[str]:
    """The shops of the market."""
    return [SHOP, EMPTY_SHOP, *ODD_SHOPS, "W" * 64]
