"""Makes stories of bytes: each byte chooses what happens next, with an eye on what the world has come to.

The events are well-formed and most are possible, so that short stories reach vouchers that are used, frozen,
refunded, expired and owed for; now and then one is told again, or told otherwise under the same id.
"""

from collections.abc import Callable
from typing import Any

from fuzzing.decoding import Source
from pinback.rules.records import Order
from pinback.rules.state import State
from simulation.network import DAY, HOUR, written_instant

Fields = dict[str, Any]

SHOPS = ("S", "T")
BUYERS = ("b", "c")
ZONES = ("Asia/Shanghai", "UTC", "America/Havana", "Pacific/Kiritimati")
MOST_EVENTS = 120
_START = 1_793_000_000
_NEXT = {
    "placed": "order.paid",
    "paid": "order.confirmed",
    "confirmed": "order.shipped",
    "shipped": "order.received",
}


class Player:
    """Decodes a story from bytes, event by event; `state` is what the rules have made of it so far."""

    def __init__(self, data: bytes, state: State) -> None:
        self.source = Source(data)
        self.state = state
        self.now = _START + self.source.below(24) * HOUR
        self.told: list[Fields] = []
        self._serial = 0
        self._waiting = self._opening()

    def next_event(self) -> Fields | None:
        """The next event; None when the bytes are used up, or the story is long enough."""
        if self._waiting:
            event = self._waiting.pop(0)
        elif not self.source.left or len(self.told) >= MOST_EVENTS:
            return None
        else:
            self._pass_time()
            event = self.source.pick(_ACTS)(self)
        self.told.append(event)
        return event

    def event(self, kind: str, shop: str, **fields: Any) -> Fields:
        """An event with an id of its own."""
        self._serial += 1
        return {
            "id": f"e{self._serial}",
            "type": kind,
            "at": written_instant(self.now),
            "shop": shop,
        } | fields

    def _opening(self) -> list[Fields]:
        """Two shops with a campaign each that has begun."""
        events = []
        for shop in SHOPS:
            if self.source.below(4):
                events.append(self.event("shop.opened", shop, timezone=self.source.pick(ZONES)))
            events += self.campaign(shop)
        self.now += 2 * DAY
        return events

    def campaign(self, shop: str) -> list[Fields]:
        """A campaign, created and paid for."""
        threshold = self.source.pick((1, 20, 100, 333))
        rebate = max(1, threshold * self.source.pick((5, 33, 100)) // 100)
        name = f"c{self._serial}"
        terms = {
            "threshold": threshold,
            "rebate": rebate,
            "quantity": 10,
            "valid_days": self.source.pick((1, 3, 9, 30)),
        }
        fee = rebate * 10
        return [
            self.event("campaign.created", shop, campaign=name, **terms),
            self.event("campaign.funded", shop, campaign=name, amount=fee, method="wechat"),
        ]

    def _pass_time(self) -> None:
        dice = self.source.below(32)
        if dice < 4:
            self.now += (60, HOUR, 6 * HOUR, DAY)[dice]
        elif dice == 4:
            ends = [v.expires_at for v in self.state.vouchers.values() if v.expires_at > self.now]
            self.now = min(ends, default=self.now)
        elif dice == 5:
            self.now -= self.source.pick((1, HOUR, DAY))

    def order(self) -> Order | None:
        """One of the orders; every other time one at an end of a used voucher, if there is one."""
        orders = list(self.state.orders.values())
        if self.source.below(2):
            used = [v for v in self.state.vouchers.values() if v.status == "used" and v.holder is not None]
            ends = [self.state.orders[key] for v in used for key in (v.source, v.holder or v.source)]
            orders = [order for order in ends if order.status != "refunded"] or orders
        return self.source.pick(orders) if orders else None

    def about(self, kind: str, **fields: Any) -> Fields:
        """An event of some order; where there is none yet, of one that is not there."""
        order = self.order()
        if order is None:
            return self.event(kind, "S", order="none", **fields)
        return self.event(kind, order.shop, order=order.id, **fields)


def _place(player: Player) -> Fields:
    source = player.source
    buyer, shop = source.pick(BUYERS), source.pick(SHOPS)
    fields: Fields = {"buyer": buyer, "order": f"o{len(player.told)}"}
    vouchers = [v for v in player.state.vouchers.values() if v.status == "available" or source.below(32) == 1]
    worth = 0
    if vouchers and source.below(4):
        voucher = source.pick(vouchers)
        buyer = voucher.buyer if source.below(16) != 1 else buyer
        fields |= {"voucher": voucher.code, "buyer": buyer}
        worth = voucher.amount if source.below(16) != 1 else 0
    prices = (1, 7, 100, 333, 334, 1_000)
    fields["lines"] = [
        {
            "product": source.pick("pq"),
            "quantity": source.pick((1, 1, 2, 3)),
            "unit_price": source.pick((0, *prices)),
        }
        for _ in range(source.below(3))
    ] + [{"product": "p", "quantity": source.pick((1, 3)), "unit_price": source.pick(prices) + worth}]
    if source.below(3) == 1:
        fields["discount"] = source.below(120)
    if source.below(2):
        fields["postage"] = source.pick((0, 1, 50))
    return player.event("order.placed", shop, **fields)


def _advance(player: Player) -> Fields:
    """Some order's next step, mostly that of one that is under way."""
    under_way = [order for order in player.state.orders.values() if order.status in _NEXT]
    if not under_way:
        return _place(player)
    order = player.source.pick(under_way[-6:])
    kind = _NEXT[order.status]
    fields = {"amount": order.due - (player.source.below(32) == 1)} if kind == "order.paid" else {}
    return player.event(kind, order.shop, order=order.id, **fields)


def _refund_id(player: Player) -> str:
    """A new one, or one that was asked for."""
    opened = [refund for refund in player.state.refunds.values() if refund.status != "succeeded"]
    if opened and player.source.below(3):
        return player.source.pick(opened).key.partition("/")[2]
    return f"r{player.source.below(12)}" if player.source.below(8) == 1 else f"r{len(player.told) + 100}"


def _refund_all(player: Player) -> Fields:
    fields = {"postage": player.source.below(3)} if player.source.below(6) == 1 else {}
    return player.about("refund.succeeded", refund=_refund_id(player), **fields)


def _refund_units(player: Player) -> Fields:
    numbers = [1, 2, 3][: 1 + player.source.below(3)]
    lines = [{"line": number, "quantity": 1 + player.source.below(3)} for number in numbers]
    fields = {"postage": player.source.pick((0, 1, 50))} if player.source.below(2) else {}
    return player.about("refund.succeeded", refund=_refund_id(player), lines=lines, **fields)


def _refund_amount(player: Player) -> Fields:
    order = player.order()
    if order is None:
        return _place(player)
    amount = player.source.pick((1, 2, order.goods_left // 2, order.goods_left, order.goods_left + 1))
    fields: Fields = {"amount": max(1, amount)}
    if player.source.below(3) == 1:
        fields = {"amount": player.source.below(2), "postage": max(1, order.postage_left)}
    return player.event("refund.succeeded", order.shop, order=order.id, refund=_refund_id(player), **fields)


def _request(player: Player) -> Fields:
    return player.about("refund.requested", refund=_refund_id(player))


def _close(player: Player) -> Fields:
    opened = [refund for refund in player.state.refunds.values() if refund.status == "open"]
    if not opened:
        return _request(player)
    shop, _, refund = player.source.pick(opened).key.partition("/")
    order = next(r.order for r in opened if r.key == f"{shop}/{refund}")
    return player.event("refund.closed", shop, order=order.partition("/")[2], refund=refund)


def _cancel(player: Player) -> Fields:
    placed = [order for order in player.state.orders.values() if order.status == "placed"]
    if not placed:
        return player.about("order.cancelled")
    order = player.source.pick(placed)
    return player.event("order.cancelled", order.shop, order=order.id)


def _compensate(player: Player) -> Fields:
    return player.about("compensation.paid", amount=player.source.pick((1, 5, 1_000)))


def _pay_debt(player: Player) -> Fields:
    owed = [debt for debt in player.state.debts.values() if debt.amount]
    if not owed:
        return _refund_amount(player)
    debt = player.source.pick(owed)
    shop, _, buyer = debt.key.partition("/")
    amount = player.source.pick((1, debt.amount, debt.amount, debt.amount + 1))
    return player.event("debt.paid", shop, buyer=buyer, amount=amount)


def _tick(player: Player) -> Fields:
    return player.event("clock.ticked", player.source.pick(SHOPS))


def _campaign(player: Player) -> Fields:
    campaigns = list(player.state.campaigns.values())
    if campaigns and player.source.below(3):
        campaign = player.source.pick(campaigns)
        if campaign.starts_at is None:
            fields = {"amount": campaign.fee, "method": "debit_card"}
            return player.event("campaign.funded", campaign.shop, campaign=campaign.id, **fields)
        if player.source.below(2):
            return player.event("campaign.stopped", campaign.shop, campaign=campaign.id)
    return player.campaign(player.source.pick(SHOPS))[0]


def _again(player: Player) -> Fields:
    """An event that was told before, as it was, or otherwise."""
    if not player.told:
        return _tick(player)
    event = player.source.pick(player.told)
    if player.source.below(4) == 1 and "amount" in event:
        return event | {"amount": event["amount"] + 1}
    return dict(event)


_ACTS: tuple[Callable[[Player], Fields], ...] = (
    *[_place] * 4, *[_advance] * 9, _refund_all, _refund_all, _refund_units, _refund_units, _refund_amount,
    _refund_amount, _request, _request, _close, _close, _cancel, _compensate, _pay_debt, _tick, _campaign,
    _again,
)  # fmt: skip
