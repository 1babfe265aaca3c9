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

from pinback.accounts.models import Person
from pinback.accounts.queries import actor_of_person
from pinback.catalog.models import Product
from pinback.checkout import actions as checkout
from pinback.checkout.models import Order
from pinback.checkout.queries import state_of
from pinback.checkout.wishes import BEST, Wish, WishedLine
from pinback.delivery import actions as delivery
from pinback.demo.cases import Cases
from pinback.demo.plan import CampaignPlan, Size
from pinback.demo.stage import Stage
from pinback.desk.actions import act_on_deadlines, settle_arrived
from pinback.groups.models import Member
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.refusals import Refused
from pinback.marketing import actions as marketing
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

Deed = Callable[[datetime], object]


class Story:
    """Deeds waiting for their moments, up to `until`; what would come after it never happens."""

    def __init__(self, stage: Stage, chance: Random, *, until: datetime) -> None:
        self.stage = stage
        self.chance = chance
        self.until = until
        self.cases = Cases(self.after, chance)
        self._waiting: list[tuple[datetime, int, Deed]] = []
        self._numbers = count()
        self._tracking = count(100_001)
        self._shipped: set[str] = set()

    def after(self, moment: datetime, deed: Deed) -> None:
        """Let something happen at a moment."""
        if moment <= self.until:
            heappush(self._waiting, (moment.replace(microsecond=0), next(self._numbers), deed))

    def begin(self, size: Size, campaigns: list[CampaignPlan], *, since: datetime) -> None:
        """Put in what people begin by themselves: campaigns, first orders, shipping days, the worker's
        sweeps.
        """
        for plan in campaigns:
            self.after(self.until - plan.ago, partial(self._campaign, plan))
        # The last hours are as lively as any, so that groups are forming when somebody comes to look.
        span = (self.until - since).total_seconds()
        for _number in range(size.first_orders):
            self.after(since + timedelta(seconds=self.chance.uniform(0, span)), self._first_order)
        for index in range(max(4, size.first_orders // 20)):
            product = self.stage.products[index % len(self.stage.products)]
            moment = self.until - timedelta(minutes=self.chance.randrange(5, 300))
            self.after(moment, partial(self._buy, self._buyer(), product, "open", None))
        for hours in range(6, int(span // 3600), 6):
            moment = since + hours * _HOUR
            self.after(moment, self._sweep)
            if hours % 12 == 0:
                self.after(moment, delivery.look_due)
                self.after(moment, self._ship_all)

    def tell(self) -> None:
        """Let everything happen, in order of time; at the end the worker has done all that is due."""
        while self._waiting:
            moment, _number, deed = heappop(self._waiting)
            self._do(moment, deed)
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
        # Some buy often, most now and then.
        buyers = self.stage.buyers
        return buyers[int(len(buyers) * self.chance.random() ** 1.6)]

    def _first_order(self, now: datetime) -> None:
        product = self.stage.products[int(len(self.stage.products) * self.chance.random() ** 1.3)]
        kind = "open" if self.chance.random() < 0.55 else "solo"
        self._buy(self._buyer(), product, kind, None, now)

    def _buy(self, buyer: Person, product: Product, kind: str, group: str | None, now: datetime) -> None:
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
        fate, minutes = chance.random(), chance.randrange(1, 10)
        order = checkout.place(wish, self.stage.homes[buyer.pk], acting=actor_of_person(buyer), now=now)
        if fate < 0.04:
            return
        moment = now + timedelta(minutes=minutes)
        if fate < 0.07:
            self.after(moment, partial(self._cancel, order, buyer))
        else:
            self.after(moment, partial(self._pay, order, buyer))

    def _cancel(self, order: Order, buyer: Person, now: datetime) -> None:
        checkout.cancel(public_id(order.pk), acting=actor_of_person(buyer), now=now)

    def _pay(self, order: Order, buyer: Person, now: datetime) -> None:
        method = "wechat" if self.chance.random() < 0.7 else "debit_card"
        fails = self.chance.random() < 0.03
        payment = checkout.pay(public_id(order.pk), method, acting=actor_of_person(buyer), now=now)
        decide_payment(payment.number, "failed" if fails else "paid", now=now)
        if order.kind == "open" and not fails:
            self._invite(order, now)

    def _invite(self, order: Order, now: datetime) -> None:
        """Others join a group that was opened, mostly as many as it needs; now and then somebody leaves."""
        chance, product = self.chance, order.product
        group = public_id(Member.objects.get(order_key=order.key).group_id)
        needed = product.group_size - 1
        comes = needed if chance.random() < 0.8 else chance.randrange(needed)
        for _friend in range(comes):
            moment = now + timedelta(minutes=chance.randrange(20, 18 * 60))
            self.after(moment, partial(self._buy, self._buyer(), product, "join", group))
        if chance.random() < 0.06:
            self.after(now + timedelta(minutes=chance.randrange(10, 300)), partial(self._leave, order))

    @staticmethod
    def _leave(order: Order, now: datetime) -> None:
        checkout.leave_group(public_id(order.pk), acting=actor_of_person(order.buyer), now=now)

    def _campaign(self, plan: CampaignPlan, now: datetime) -> None:
        shop = self.stage.shops[plan.shop].name
        acting = actor_of_person(self.stage.owners[plan.shop])
        made = public_id(marketing.create(shop, plan.name, plan.terms, acting=acting, now=now).pk)
        if plan.is_draft:
            return
        payment = marketing.pay(shop, made, "wechat", acting=acting, now=now)
        decide_payment(payment.number, "paid", now=now)
        if plan.stopped_ago is not None:
            self.after(
                self.until - plan.stopped_ago,
                lambda moment: marketing.stop(shop, made, acting=acting, now=moment),
            )

    def _ship_all(self, now: datetime) -> None:
        """The shops pack what is to be shipped, but for a few orders that wait until tomorrow."""
        ready = SettledOrder.objects.filter(
            status="confirmed", open_refunds=0, shop__name__in=[shop.name for shop in self.stage.shops]
        )
        orders = Order.objects.select_related("shop", "buyer").filter(
            key__in=list(ready.values_list("key", flat=True))
        )
        for order in orders.order_by("id"):
            if self.chance.random() < 0.9:
                self._do(now, partial(self._ship, order))

    def _ship(self, order: Order, now: datetime) -> None:
        owner = next(
            owner
            for owner, shop in zip(self.stage.owners, self.stage.shops, strict=True)
            if shop.pk == order.shop_id
        )
        delivery.ship(
            order.shop.name,
            public_id(order.pk),
            carrier="sandbox",
            tracking=f"SB{next(self._tracking)}",
            acting=actor_of_person(owner),
            now=now,
        )
        chance = self.chance
        arrives = now + timedelta(hours=chance.randrange(72, 120))
        if chance.random() < 0.7:
            self.after(arrives, partial(self._receive, order))
        if chance.random() < 0.16:
            asks = arrives + timedelta(hours=chance.randrange(1, 40))
            self.after(asks, partial(self.cases.ask, order, owner, self.stage.operator))

    @staticmethod
    def _receive(order: Order, now: datetime) -> None:
        if state_of(order).status == "shipped":
            delivery.receive(
                order.shop.name, public_id(order.pk), acting=actor_of_person(order.buyer), now=now
            )
