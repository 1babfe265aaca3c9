"""How orders of the demo are shipped, travel and are received: most in time, some late, stuck or damaged."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from random import Random

from pinback.accounts.queries import actor_of_person
from pinback.checkout.models import Order
from pinback.checkout.queries import state_of
from pinback.delivery import actions as delivery
from pinback.delivery.carriers.contract import CarrierWord
from pinback.demo import voices
from pinback.demo.stage import Stage
from pinback.desk import actions as desk
from pinback.kit.ids import public_id
from pinback.settlement.models import Order as SettledOrder

_HOUR = timedelta(hours=1)
_OTHER_CARRIERS = ("SF Express", "中通快递")
_TROUBLES = {
    "stuck": "held up at the sorting centre in Wuhan",
    "damaged": "outer packing torn, contents wet",
    "refused": "收件人拒收",
    "": "",
}
"""What goes wrong with a parcel of the other carriers, and their word of it; "": they say nothing at all."""

Later = Callable[[datetime, Callable[[datetime], object]], None]
Now = Callable[[datetime, Callable[[datetime], object]], None]


class Parcels:
    """What becomes of orders whose deal is made."""

    def __init__(self, stage: Stage, after: Later, do: Now, chance: Random) -> None:
        self._stage = stage
        self._after = after
        self._do = do
        self._chance = chance
        self._tracking = count(100_001)
        self.when_arrived: Callable[[Order, datetime], None] = lambda _order, _now: None

    def ship_all(self, now: datetime) -> None:
        """The shops pack what is to be shipped, but for a few orders that wait until tomorrow."""
        ready = SettledOrder.objects.filter(
            status="confirmed", open_refunds=0, shop__name__in=[shop.name for shop in self._stage.shops]
        )
        orders = Order.objects.select_related("shop", "buyer", "product").filter(
            key__in=list(ready.values_list("key", flat=True))
        )
        for order in orders.order_by("id"):
            if self._chance.random() < 0.9:
                self._do(now, partial(self._ship, order))

    def _ship(self, order: Order, now: datetime) -> None:
        chance = self._chance
        tracking = f"SB{next(self._tracking)}"
        has_trouble = chance.random() < 0.1
        carrier = chance.choice(_OTHER_CARRIERS) if has_trouble else "sandbox"
        delivery.ship(
            order.shop.name,
            public_id(order.pk),
            carrier=carrier,
            tracking=tracking,
            acting=actor_of_person(self._stage.owner_of(order.shop_id)),
            now=now,
        )
        if has_trouble:
            trouble = chance.choice(tuple(_TROUBLES))
            self._travel(carrier, tracking, trouble, now)
            return
        arrives = now + timedelta(hours=chance.randrange(72, 110))
        if chance.random() < 0.75:
            self._after(arrives, partial(self._receive, order))
        self.when_arrived(order, arrives)

    def _travel(self, carrier: str, tracking: str, trouble: str, now: datetime) -> None:
        words = [(14, "moving", "left the sorting centre")]
        if trouble:
            words.append((self._chance.randrange(40, 80), trouble, _TROUBLES[trouble]))
        for hours, code, text in words if trouble else ():
            at = now + hours * _HOUR
            word = CarrierWord(tracking, f"{tracking}-{code}", code, text, at)
            self._after(at, partial(self._report, carrier, word))

    @staticmethod
    def _report(carrier: str, word: CarrierWord, now: datetime) -> None:
        delivery.report(carrier, word, now=now)

    def _receive(self, order: Order, now: datetime) -> None:
        if state_of(order).status != "shipped":
            return
        chance = self._chance
        delivery.receive(order.shop.name, public_id(order.pk), acting=actor_of_person(order.buyer), now=now)
        if chance.random() < 0.5:
            self._after(now + timedelta(minutes=chance.randrange(20, 1_500)), partial(self._review, order))
        if chance.random() < 0.06:
            self._after(now + chance.randrange(2, 20) * _HOUR, partial(self._compensate, order))

    def _review(self, order: Order, now: datetime) -> None:
        stars, text = voices.review(self._chance)
        desk.review(public_id(order.pk), 1, stars, text, acting=actor_of_person(order.buyer), now=now)

    def _compensate(self, order: Order, now: datetime) -> None:
        reason, text = voices.apology(self._chance)
        desk.compensate(
            public_id(order.pk),
            self._chance.randrange(200, 900, 50),
            reason=reason,
            apology=text,
            acting=actor_of_person(self._stage.owner_of(order.shop_id)),
            now=now,
        )
