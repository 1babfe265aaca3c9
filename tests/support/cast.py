"""The cast of the market's tests: shop "tea" with its staff, buyers by name, and what they do, by the real
actions.

    cast = Cast()
    goods = cast.product(group_size=2, stock=5)
    order = cast.buy("ann", goods, kind="open")          # placed and paid in the sandbox
    cast.buy("bob", goods, kind="join", group=cast.group_of(order))
    cast.later(hours=1)

Works in both fixtures, `market` and `open_market`. `now` is the moment everything happens at; it moves by
`later`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pinback.accounts.actors import Actor
from pinback.accounts.models import Person, Shop, Staff
from pinback.accounts.queries import actor_of_person
from pinback.catalog import actions as catalog
from pinback.catalog.models import Product, Sku
from pinback.checkout import actions as checkout
from pinback.checkout.models import Order
from pinback.checkout.queries import states_of
from pinback.checkout.wishes import Circumstances, Destination, Wish, WishedLine
from pinback.groups.models import Member
from pinback.kit.ids import new_id, public_id
from pinback.kit.transactions import durable
from pinback.payments.actions import send_due, take_notice
from pinback.payments.models import Payment, SandboxTrade
from pinback.payments.providers.sandbox.provider import notice_of, payment_word
from pinback.rules.events import CampaignCreated, CampaignFunded, ShopOpened
from pinback.settlement.models import Order as SettledOrder
from pinback.settlement.moments import instant_of
from pinback.settlement.recording import apply_within

NOON = datetime(2026, 11, 10, 4, 0, tzinfo=UTC)
"""Noon in the shop's zone, Asia/Shanghai."""

STAFF = {"olive": "owner", "walt": "warehouse", "faye": "finance", "mary": "marketing", "sam": "service"}
PASSWORD = "correct horse battery"
HOME = Destination(recipient="Ann", phone="+8613800138000", region="上海 徐汇", street="Road 1")


@dataclass
class Cast:
    """Everybody, and the moment. `person("ann")` is who signs in, `actor("ann")` who acts."""

    now: datetime = NOON
    people: dict[str, Person] = field(default_factory=dict)
    shops: dict[str, Shop] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.open_shop("tea", STAFF)

    def open_shop(self, name: str, staff: dict[str, str]) -> Shop:
        """A shop with its staff, by name and role."""
        shop = _open_shop(name, self.now)
        self.shops[name] = shop
        for person, role in staff.items():
            Staff.objects.create(
                id=new_id(), shop=shop, person=self.person(person), role=role, created_at=self.now
            )
        return shop

    def person(self, name: str) -> Person:
        """Somebody by their name, who is there from the first mention; opal is the operator."""
        if name not in self.people:
            person = Person(
                id=new_id(),
                login=f"{name}@example.com",
                name=name.capitalize(),
                language="en",
                is_operator=name == "opal",
                created_at=self.now,
            )
            person.set_password(PASSWORD)
            person.save(force_insert=True)
            self.people[name] = person
        return self.people[name]

    def actor(self, name: str) -> Actor:
        """Somebody as an actor, with the roles they have now."""
        return actor_of_person(self.person(name))

    def later(self, **by: int) -> datetime:
        """Let time pass: `later(hours=1)`."""
        self.now += timedelta(**by)
        return self.now

    def product(
        self,
        shop: str = "tea",
        *,
        solo: int = 6_000,
        price: int = 5_000,
        stock: int = 100,
        group_size: int = 2,
        postage: int = 0,
        title: str = "Oolong",
        staff: str = "olive",
    ) -> Product:
        """A product on sale with one variant; prices in fen."""
        terms = catalog.ProductTerms(title=title, group_size=group_size, postage_minor=postage)
        sku = catalog.SkuTerms(name="500 g", solo_price_minor=solo, group_price_minor=price)
        acting = self.actor(staff)
        made = catalog.create_product(
            shop, terms, [catalog.NewSku(terms=sku, stock=stock)], acting=acting, now=self.now
        )
        return catalog.offer(shop, public_id(made.pk), version=made.version, acting=acting, now=self.now)

    def wish(
        self,
        product: Product,
        *,
        kind: Any = "solo",
        quantity: int = 1,
        group: str | None = None,
        voucher: str | None = None,
        if_full: Any = "refund",
    ) -> Wish:
        """A wish for so many units of the product's first variant."""
        return Wish(
            product=public_id(product.pk),
            lines=[WishedLine(public_id(self.sku(product).pk), quantity)],
            kind=kind,
            group=group,
            voucher=voucher,
            if_full=if_full,
        )

    def place(self, buyer: str, product: Product, *, device: str = "", **wish: Any) -> Order:
        """Place an order; see `wish`."""
        return checkout.place(
            self.wish(product, **wish),
            HOME,
            Circumstances(device=device),
            acting=self.actor(buyer),
            now=self.now,
        )

    def pay(self, order: Order, *, method: str = "wechat") -> Payment:
        """Pay an order in the sandbox, and let its notice come in."""
        payment = self.start_paying(order, method=method)
        self.notice(payment)
        payment.refresh_from_db()
        return payment

    def start_paying(self, order: Order, *, method: str = "wechat") -> Payment:
        """Begin to pay; nobody has decided yet."""
        buyer = actor_of_person(order.buyer)
        return checkout.pay(public_id(order.pk), method, acting=buyer, now=self.now)

    def notice(self, payment: Payment, *, number: str | None = None, word: str = "paid") -> None:
        """The sandbox says that a payment was paid, or `failed`; the same `number` is a notice again."""
        SandboxTrade.objects.filter(number=payment.number).update(word=word)
        trade = SandboxTrade.objects.get(number=payment.number)
        headers, body = notice_of(payment_word(trade), number=number or f"n-{payment.number}")
        take_notice("sandbox", headers, body, now=self.now)

    def buy(self, buyer: str, product: Product, **wish: Any) -> Order:
        """Place and pay."""
        order = self.place(buyer, product, **wish)
        self.pay(order)
        return order

    def send_money(self) -> int:
        """Let the worker send what is due, and the sandbox confirm it."""
        return send_due(self.now)

    def campaign(
        self,
        shop: str = "tea",
        *,
        threshold: int = 5_000,
        rebate: int = 1_000,
        quantity: int = 10,
        valid_days: int = 15,
    ) -> str:
        """A campaign that was funded two days ago and runs now; its key."""
        return _fund(shop, threshold, rebate, quantity, valid_days, self.now - timedelta(days=2))

    def state(self, order: Order) -> SettledOrder:
        """Status and amounts of an order, as settlement has them."""
        return states_of([order])[order.key]

    def statuses(self, orders: Sequence[Order]) -> list[str]:
        """The status of each order."""
        states = states_of(orders)
        return [states[order.key].status for order in orders]

    def sku(self, product: Product) -> Sku:
        """The first variant of a product, as it is now."""
        return Sku.objects.filter(product=product).order_by("id")[0]

    def stock(self, product: Product) -> int:
        """What can still be ordered of a product's first variant."""
        return self.sku(product).stock_left

    def group_of(self, order: Order) -> str:
        """The public id of the group in which an order has, or had, its seat."""
        return public_id(Member.objects.get(order_key=order.key).group_id)


@durable
def _open_shop(name: str, now: datetime) -> Shop:
    shop = Shop(id=new_id(), name=name, title=name.capitalize(), created_at=now)
    shop.save(force_insert=True)
    apply_within(ShopOpened(id="opened", at=instant_of(now), shop=name), now=now)
    return shop


@durable
def _fund(shop: str, threshold: int, rebate: int, quantity: int, valid_days: int, at: datetime) -> str:
    campaign = public_id(new_id())
    moment = instant_of(at)
    apply_within(
        CampaignCreated(
            id=f"{campaign}-created",
            at=moment,
            shop=shop,
            campaign=campaign,
            threshold=threshold,
            rebate=rebate,
            quantity=quantity,
            valid_days=valid_days,
        ),
        CampaignFunded(
            id=f"{campaign}-funded",
            at=moment,
            shop=shop,
            campaign=campaign,
            amount=rebate * quantity,
            method="wechat",
        ),
        now=at,
    )
    return f"{shop}/{campaign}"
