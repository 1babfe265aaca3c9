"""The law, in the market's own money: refund everything, and everybody is back where they started.

Random stories by the real actions, over two shops, with vouchers that are used before their order is
refunded, and compensations: at their end each buyer was sent exactly what came in from them, and no shop has
won or lost.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import pytest
from django.db.models import Sum

from pinback.catalog.models import Product
from pinback.checkout.actions import pay_debt
from pinback.checkout.models import Order
from pinback.checkout.refunds import EVERYTHING, RefundTerms, start_refund_within
from pinback.checkout.wallet import debts_of
from pinback.desk import actions as desk
from pinback.kit.ids import new_id, public_id
from pinback.kit.refusals import Refused
from pinback.kit.transactions import durable
from pinback.marketing.funds.balances import standing_of
from pinback.payments.models import Anomaly, MoneyOut, Payment
from pinback.rules.events import CampaignStopped, ClockTicked
from pinback.settlement.audit import audit
from pinback.settlement.models import Order as SettledOrder
from pinback.settlement.moments import instant_of
from pinback.settlement.recording import apply_within
from tests.support.cast import Cast

pytestmark = [pytest.mark.usefixtures("market"), pytest.mark.slow]

BUYERS = ("ann", "bob")
OWNERS = {"tea": "olive", "oil": "otto"}
ACTS = 24

start = durable(start_refund_within)


@dataclass
class Story:
    """A market in which anything may happen."""

    random: Random
    cast: Cast = field(default_factory=Cast)
    goods: list[Product] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    campaigns: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cast.open_shop("oil", {"otto": "owner"})
        for shop, owner in OWNERS.items():
            desk.set_limits(
                shop,
                order_minor=10**6,
                day_minor=10**6,
                version=1,
                acting=self.cast.actor(owner),
                now=self.cast.now,
            )
            self.campaigns.append(self.cast.campaign(shop, threshold=5_000, rebate=2_500))
            self.goods.append(self.cast.product(shop, solo=6_001, staff=owner, stock=900))

    def buy(self) -> None:
        """Somebody buys, with a voucher if they have one."""
        voucher = self.random.choice([None, "best", "best"])
        units = self.random.randint(1, 3)
        goods = self.random.choice(self.goods)
        buyer = self.random.choice(BUYERS)
        self.orders.append(self.cast.buy(buyer, goods, voucher=voucher, quantity=units))

    def compensate(self) -> None:
        """A shop gives something, now and then all that it may."""
        order = self.random.choice(self.orders)
        state = self.cast.state(order)
        most = state.goods_left_minor - state.compensated_minor
        if most > 0:
            amount = self.random.choice([1, most, self.random.randint(1, most)])
            acting = self.cast.actor(OWNERS[order.shop.name])
            desk.compensate(
                public_id(order.pk), amount, reason="late", apology="", acting=acting, now=self.cast.now
            )

    def refund(self) -> None:
        """Some of an order, or all of it, goes back."""
        order = self.random.choice(self.orders)
        left = self.cast.state(order).goods_left_minor
        terms = [EVERYTHING, RefundTerms(lines=((1, 1),))]
        if left:
            terms.append(RefundTerms(amount_minor=self.random.randint(1, left)))
        start(order, public_id(new_id()), self.random.choice(terms), now=self.cast.now)

    def pay_debts(self) -> None:
        """Somebody pays what they owe."""
        acting = self.cast.actor(self.random.choice(BUYERS))
        for owed in debts_of(acting):
            self.cast.notice(pay_debt(owed.shop, "wechat", acting=acting, now=self.cast.now))

    def act(self) -> None:
        """One of these things, if it is allowed."""
        acts = [self.buy, self.buy, self.compensate, self.refund, self.refund, self.pay_debts]
        try:
            self.random.choice(acts if self.orders else [self.buy])()
        except Refused:
            return
        if self.random.random() < 0.8:
            self.cast.send_money()

    def undo(self) -> None:
        """Refund every order to the last fen, pay every debt, stop every campaign, let every voucher end."""
        for _round in range(3):
            self.cast.send_money()
            self.random.shuffle(self.orders)
            for order in self.orders:
                if self.cast.state(order).status != "refunded":
                    start(order, public_id(new_id()), EVERYTHING, now=self.cast.now)
                    self.cast.send_money()
        for _buyer in range(20):
            self.pay_debts()
        self.cast.send_money()
        self.end()
        self.cast.send_money()

    @durable
    def end(self) -> None:
        """Campaigns stop, and the clock passes everything."""
        later = self.cast.now + timedelta(days=40)
        for key in self.campaigns:
            shop, _slash, campaign = key.partition("/")
            apply_within(
                CampaignStopped(id="stopped", at=instant_of(later), shop=shop, campaign=campaign), now=later
            )
        apply_within(ClockTicked(id="end", at=instant_of(later), shop="tea"), now=later)


def in_and_out(cast: Cast, buyer: str) -> tuple[int, int]:
    """What came in from a buyer, and what was confirmed to have gone out to them."""
    mine = Payment.objects.filter(payer=cast.person(buyer))
    came = mine.aggregate(n=Sum("received_minor"))["n"] or 0
    out = MoneyOut.objects.filter(payment__in=mine, status="confirmed").aggregate(n=Sum("amount_minor"))["n"]
    return came, out or 0


@pytest.mark.parametrize("seed", range(12))
def test_refund_everything_and_everyone_is_back_where_they_started(seed: int) -> None:
    story = Story(Random(seed))
    cast = story.cast
    for _act in range(ACTS):
        story.act()
        for buyer in BUYERS:
            came, went = in_and_out(cast, buyer)
            assert went <= came
    story.undo()
    assert set(SettledOrder.objects.values_list("status", flat=True)) == {"refunded"}
    assert not MoneyOut.objects.exclude(status="confirmed").exists()
    assert not Anomaly.objects.exists()
    for buyer in BUYERS:
        came, went = in_and_out(cast, buyer)
        assert went == came
        assert debts_of(cast.actor(buyer)) == []
    for shop in cast.shops.values():
        balances = standing_of(shop).balances
        assert balances["sales"].balance_minor == 0
        # The fee of its campaign, all of it.
        assert balances["marketing"].balance_minor == 25_000
    assert list(audit(using="default")) == []
