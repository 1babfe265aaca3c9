"""The stream that is measured: a platform's day, interleaved lives of orders at many shops, the same from a
seed.

An order is placed, paid, confirmed, shipped and received; one in ten is refunded, some of them before the
deal is made, some by units; vouchers earned are used on later orders; 2 % of the events come twice.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec

from pinback.rules.instants import format_instant
from pinback.rules.reading import parse_line
from pinback.settlement.actions import Incoming

_START = 1_790_000_000


class Day:
    """A seeded day of a platform with that many shops; every tenth has a campaign that runs out soon."""

    def __init__(self, seed: int, *, shops: int = 200, buyers: int = 20_000, prefix: str = "") -> None:
        self.random = Random(seed)  # noqa: S311 - a seeded stream, no secret
        self.prefix = prefix
        self.shops = [f"{prefix}shop{n}" for n in range(shops)]
        self.buyers = buyers
        self.at = _START
        self.number = 0
        self.orders = 0

    def _event(self, kind: str, shop: str, **fields: Any) -> bytes:
        self.number += 1
        event = {
            "id": f"{self.prefix}e{self.number}",
            "type": kind,
            "at": format_instant(self.at),
            "shop": shop,
        }
        return msgspec.json.encode({**event, **fields})

    def opening(self) -> Iterator[bytes]:
        """The shops and their funded campaigns."""
        for number, shop in enumerate(self.shops):
            yield self._event("shop.opened", shop)
            quantity = 20 if number % 10 == 0 else 1_000_000
            yield self._event(
                "campaign.created", shop, campaign="c", threshold=2000, rebate=200, quantity=quantity
            )
            yield self._event("campaign.funded", shop, campaign="c", amount=200 * quantity, method="wechat")
        self.at += 2 * 86_400

    def _life(self) -> list[tuple[str, str, dict[str, Any]]]:
        """The events of one order, in their order."""
        draw = self.random
        self.orders += 1
        shop, order = draw.choice(self.shops), f"{self.prefix}o{self.orders}"
        lines: list[dict[str, Any]] = [
            {
                "product": f"p{draw.randrange(50)}",
                "quantity": draw.randint(1, 3),
                "unit_price": draw.randint(500, 9000),
            }
            for _ in range(draw.choice((1, 1, 1, 2, 3)))
        ]
        goods = sum(line["quantity"] * line["unit_price"] for line in lines)
        postage = draw.choice((0, 0, 600))
        placed = {
            "order": order,
            "buyer": f"b{draw.randrange(self.buyers)}",
            "lines": lines,
            "postage": postage,
        }
        life: list[tuple[str, str, dict[str, Any]]] = [
            ("order.placed", shop, placed),
            ("order.paid", shop, {"order": order, "amount": goods + postage}),
        ]
        fate = draw.random()
        if fate < 0.03:
            return [*life, ("refund.succeeded", shop, {"order": order, "refund": f"r{order}"})]
        life.extend(
            (kind, shop, {"order": order}) for kind in ("order.confirmed", "order.shipped", "order.received")
        )
        if fate < 0.08:
            life.append(("refund.requested", shop, {"order": order, "refund": f"r{order}"}))
            life.append(("refund.succeeded", shop, {"order": order, "refund": f"r{order}"}))
        elif fate < 0.1:
            units = [{"line": 1, "quantity": 1}]
            life.append(("refund.succeeded", shop, {"order": order, "refund": f"r{order}", "lines": units}))
        return life

    def events(self, count: int, *, open_orders: int = 500) -> Iterator[bytes]:
        """That many events of interleaved lives, 2 % of them sent twice."""
        lives = [self._life() for _ in range(open_orders)]
        last = b""
        for made in range(count):
            if last and self.random.random() < 0.02:
                yield last
                continue
            place = self.random.randrange(len(lives))
            kind, shop, fields = lives[place].pop(0)
            if not lives[place]:
                lives[place] = self._life()
            if made % 20 == 0:
                self.at += 1
            last = self._event(kind, shop, **fields)
            yield last


def incoming(lines: Iterator[bytes]) -> list[Incoming]:
    """The parsed events of these lines."""
    return [Incoming(number, parse_line(line)) for number, line in enumerate(lines, start=1)]
