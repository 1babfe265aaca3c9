"""The demo's story: what people do in weeks of the market, in order of time, drawn from a seed.

Everything is done by the market's own actions with the clock held at the moment. A deed that the market
refuses (a group that filled up meanwhile, a refund that came first) is refused as it would be to people, and
the story goes on.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count
from random import Random

from pinback.accounts.models import Person, Shop
from pinback.accounts.queries import actor_of_person
from pinback.catalog.models import Product
from pinback.checkout import actions as checkout
from pinback.checkout.models import Order
from pinback.checkout.wishes import BEST, Circumstances, Wish, WishedLine
from pinback.delivery import actions as delivery
from pinback.demo.cases import Cases
from pinback.demo.offers import Offers
from pinback.demo.parcels import Parcels
from pinback.demo.plan import HUNTERS_PHONE, CampaignPlan, Size
from pinback.demo.stage import Stage
from pinback.desk.actions import act_on_deadlines, settle_arrived
from pinback.desk.models import Case
from pinback.groups.models import Member
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.refusals import Refused
from pinback.payments.actions import close_due, send_due
from pinback.payments.actions.deciding import decide_payment
from pinback.settlement.models import Order as SettledOrder

_HOUR = timedelta(hours=1)
_SWEEPS = (
    checkout.close_due,
    checkout.fail_due_groups,
    checkout.tick_if_due,
    send_due,
    close_due,
    delivery.receive_due,
    act_on_deadlines,
    settle_arrived,
)
_OPEN_CASES = (
    ("wait", 43), ("appeal", 34), ("wait", 27), ("refuse", 33), ("on_its_way", 62), ("wait", 9),
    ("to_send_back", 40), ("wait", 2), ("appeal", 38), ("wait", 18), ("on_its_way", 50), ("wait", 5),
)  # fmt: skip
"""Cases that are open when somebody comes to look, and how many hours before that they were opened."""

Deed = Callable[[datetime], object]


class Story:
    """Deeds waiting for their moments, up to `until`; what would come after it never happens."""

    def __init__(self, stage: Stage, chance: Random, *, until: datetime) -> None:
        self.stage = stage
        self.chance = chance
        self.until = until
        self.cases = Cases(self.after, chance)
        self.offers = Offers(stage, self.after, chance, until=until)
        self.parcels = Parcels(stage, self.after, self._do, chance)
        self.parcels.when_arrived = self._perhaps_ask
        self._waiting: list[tuple[datetime, int, Deed]] = []
        self._numbers = count()

    def after(self, moment: datetime, deed: Deed) -> None:
        """Let something happen at a moment."""
        if moment <= self.until:
            heappush(self._waiting, (moment.replace(microsecond=0), next(self._numbers), deed))

    def begin(self, size: Size, campaigns: list[CampaignPlan], *, since: datetime) -> None:
        """Put in what people begin by themselves: campaigns, first orders, shipping days, the worker's
        sweeps.
        """
        self.offers.begin(campaigns)
        span = (self.until - since).total_seconds()
        for _number in range(size.first_orders):
            self.after(since + timedelta(seconds=self.chance.uniform(0, span)), self._first_order)
        for hours in range(6, int(span // 3600), 6):
            moment = since + hours * _HOUR
            self.after(moment, self._sweep)
            if hours % 12 == 0:
                self.after(moment, self.parcels.ship_all)
            if hours % 24 == 0:
                self.after(moment, delivery.look_due)
        self._begin_the_last_hours(size)

    def _begin_the_last_hours(self, size: Size) -> None:
        """So that whoever comes to look finds groups forming, most of them one short, and open cases."""
        products, shops = self.stage.products, self.stage.shops
        for index in range(max(4, size.first_orders // 16)):
            ago = timedelta(minutes=self.chance.randrange(25, 20 * 60))
            buy = partial(self._open_one_short, products[index * 7 % len(products)])
            self.after(self.until - ago, buy)
        for index, (ending, hours) in enumerate(_OPEN_CASES):
            self.after(self.until - hours * _HOUR, partial(self._ask_open, ending, shops[index % len(shops)]))

    def tell(self) -> None:
        """Let everything happen, in order of time; at the end the worker has done all that is due."""
        while self._waiting:
            moment, _number, deed = heappop(self._waiting)
            self._do(moment, deed)
        self._do(self.until, delivery.look_due)
        self._do(self.until, self._sweep)

    @staticmethod
    def _do(moment: datetime, deed: Deed) -> None:
        with clock.held_at(moment):
            try:
                deed(moment)
            except Refused:
                # As in life: somebody else was quicker.
                return

    @staticmethod
    def _sweep(now: datetime) -> None:
        for sweep in _SWEEPS:
            sweep(now)

    def _buyer(self) -> Person:
        # Some buy often, most now and then; the one as whom people look around has something of everything.
        buyers = self.stage.buyers
        number = int(len(buyers) * self.chance.random() ** 1.6)
        return buyers[number if number >= len(buyers) // 100 else 0]

    def _first_order(self, now: datetime) -> None:
        product = self.stage.products[int(len(self.stage.products) * self.chance.random() ** 1.3)]
        kind = "open" if self.chance.random() < 0.55 else "solo"
        order = self._place(self._buyer(), product, kind, None, now)
        self._decide(order, self._invite, now)

    def _join(self, product: Product, group: str, link_id: int | None, now: datetime) -> None:
        self._decide(self._place(self._buyer(), product, "join", group, now, link_id=link_id), None, now)

    def _place(
        self,
        buyer: Person,
        product: Product,
        kind: str,
        group: str | None,
        now: datetime,
        *,
        link_id: int | None = None,
    ) -> Order:
        chance = self.chance
        sku = chance.choice(self.stage.variants[product.pk])
        wish = Wish(
            product=public_id(product.pk),
            lines=[WishedLine(public_id(sku.pk), chance.choice((1, 1, 1, 2, 3)))],
            kind=kind,  # type: ignore[arg-type] # one of the three
            group=group,
            if_full=chance.choice(("refund", "other")),
            voucher=BEST if chance.random() < 0.8 else None,
        )
        circumstances = Circumstances(device=self.stage.devices[buyer.pk], link_id=link_id)
        home = self.stage.homes[buyer.pk]
        return checkout.place(wish, home, circumstances, acting=actor_of_person(buyer), now=now)

    def _decide(self, order: Order, then: Callable[[Order, datetime], None] | None, now: datetime) -> None:
        """Some think better of it, or forget to pay; most pay within minutes."""
        fate, minutes = self.chance.random(), self.chance.randrange(1, 10)
        moment = now + timedelta(minutes=minutes)
        if fate >= 0.07:
            self.after(moment, partial(self._pay, order, then))
        elif fate >= 0.04:
            buyer = actor_of_person(order.buyer)
            self.after(moment, lambda at: checkout.cancel(public_id(order.pk), acting=buyer, now=at))

    def _pay(self, order: Order, then: Callable[[Order, datetime], None] | None, now: datetime) -> None:
        method = "wechat" if self.chance.random() < 0.7 else "debit_card"
        fails = self.chance.random() < 0.03
        payment = checkout.pay(public_id(order.pk), method, acting=actor_of_person(order.buyer), now=now)
        decide_payment(payment.number, "failed" if fails else "paid", now=now)
        if order.kind == "open" and not fails and then is not None:
            then(order, now)

    def _invite(self, order: Order, now: datetime) -> None:
        """Others join a group that was opened, mostly as many as it needs; now and then somebody leaves."""
        chance, product = self.chance, order.product
        needed = product.group_size - 1
        comes = needed if chance.random() < 0.8 else chance.randrange(needed)
        self._invited(order, comes, 18 * 60, now)
        if chance.random() < 0.06:
            self.after(now + timedelta(minutes=chance.randrange(10, 300)), partial(self._leave, order))

    def _invited(self, order: Order, comes: int, minutes: int, now: datetime) -> None:
        group = public_id(Member.objects.get(order_key=order.key).group_id)
        link_id = None
        if self.chance.random() < 0.5:
            visitors = comes + self.chance.randrange(1, 5)
            link_id = self.offers.share("group", group, actor_of_person(order.buyer), visitors, now)
        for _friend in range(comes):
            moment = now + timedelta(minutes=self.chance.randrange(5, minutes))
            self.after(moment, partial(self._join, order.product, group, link_id))

    def _open_one_short(self, product: Product, now: datetime) -> None:
        """A group that soon needs one more, and waits for whoever comes to look."""
        order = self._place(self._buyer(), product, "open", None, now)
        short = partial(self._invited, comes=product.group_size - 2, minutes=20)
        self.after(now + timedelta(minutes=2), partial(self._pay_surely, order, short))

    def _pay_surely(self, order: Order, then: Callable[..., None], now: datetime) -> None:
        payment = checkout.pay(public_id(order.pk), "wechat", acting=actor_of_person(order.buyer), now=now)
        decide_payment(payment.number, "paid", now=now)
        then(order, now=now)

    @staticmethod
    def _leave(order: Order, now: datetime) -> None:
        checkout.leave_group(public_id(order.pk), acting=actor_of_person(order.buyer), now=now)

    def _perhaps_ask(self, order: Order, arrives: datetime) -> None:
        # Bonus hunters try to keep the rebate and have the money back; in vain.
        if self.chance.random() < (0.8 if self.stage.devices[order.buyer_id] == HUNTERS_PHONE else 0.16):
            owner = self.stage.owner_of(order.shop_id)
            asks = arrives + timedelta(hours=self.chance.randrange(1, 40))
            self.after(asks, partial(self.cases.ask, order, owner, self.stage.operator))

    def _ask_open(self, ending: str, shop: Shop, now: datetime) -> None:
        """Somebody whose order of the shop is shipped or received opens a case that is open at the end."""
        asked = Case.objects.filter(shop=shop).values_list("order_key", flat=True)
        shipped = SettledOrder.objects.filter(
            shop__name=shop.name, status__in=("shipped", "received"), open_refunds=0
        )
        keys = set(shipped.values_list("key", flat=True)) - set(asked)
        orders = list(Order.objects.select_related("shop", "buyer").filter(key__in=keys).order_by("-id")[:8])
        self.chance.shuffle(orders)
        owner = self.stage.owner_of(shop.pk)
        for order in orders:
            try:
                return self.cases.ask_to_end(ending, order, owner, self.stage.operator, now)
            except Refused:
                continue
        return None
