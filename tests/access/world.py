"""A market in which there is one of everything, for whoever tries every route.

Ann has bought at tea, in a group and alone, asked for her money back, keeps an address. Bob has bought there
too, zoe never anything. Otto owns another shop, oil. `value` gives what a path parameter names; one that
nobody thought of is an error, so a new kind of thing joins this world before its routes are believed.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any

from pinback.accounts.actions import hash_of, keep_filter, start_session
from pinback.accounts.models import Address, Credential
from pinback.accounts.rules import SCOPES
from pinback.api.models import Delivery, Endpoint, EngineShop
from pinback.catalog.models import Picture
from pinback.checkout.models import Order
from pinback.checkout.refunds import EVERYTHING, start_refund_within
from pinback.delivery.actions import ship
from pinback.desk import actions as desk
from pinback.insight.models import AuditRun
from pinback.kit.ids import new_id, public_id
from pinback.kit.models import Message
from pinback.kit.outbox import place
from pinback.kit.transactions import durable
from pinback.marketing import actions as marketing
from pinback.marketing.models import Payout
from pinback.marketing.rules import Standard, Terms
from pinback.payments.models import Anomaly, MoneyOut, Payment
from tests.support.cast import Cast

PEOPLE = ("ann", "bob", "zoe", "otto", "olive", "walt", "faye", "mary", "sam", "opal")
STREET = "Lane 7, behind the blue door"
"""Only ann knows it; whoever else is shown it has seen too much."""


@durable
def _refund(order: Order, now: datetime) -> None:
    start_refund_within(order, public_id(new_id()), EVERYTHING, now=now)


@dataclass
class World:
    """The market, the secrets that open it, and the names of its things."""

    cast: Cast = field(default_factory=Cast)
    secrets: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cast.open_shop("oil", {"otto": "owner"})
        for name in PEOPLE:
            self.cast.person(name)
        self._sell()
        self._market()
        self._money()
        self._operate()
        self._tell()
        self._let_in()
        place()

    def value(self, path: str, name: str) -> str:
        """What a parameter of a path names. LookupError: nobody thought of it."""
        before = path.partition(f"{{{name}}}")[0]
        for key in (f"{before.rstrip('/').rpartition('/')[2]}/{name}", name):
            if key in self.names:
                return self.names[key]
        raise LookupError(f"{path}: tests/access/world.py has no {name!r} to fill in")

    def marks(self) -> tuple[str, ...]:
        """Texts that only ann, or only tea, is to see."""
        kept = ("order", "case", "address", "payments/number", "payment", "key", "endpoint", "delivery")
        return (STREET, "ann@example.com", "walt@example.com", *(self.names[name] for name in kept))

    def _sell(self) -> None:
        cast = self.cast
        cast.campaign("tea")
        goods = cast.product(group_size=3, stock=50)
        order = self._bought("ann", goods)
        asked, shipped = self._bought("ann", goods), self._bought("ann", goods)
        self._bought("bob", goods)
        opened = cast.buy("ann", goods, kind="open")
        case = desk.open_case(public_id(asked.pk), desk.Asked(), acting=cast.actor("ann"), now=cast.now)
        parcel = ship(
            "tea",
            public_id(shipped.pk),
            carrier="sandbox",
            tracking="T1",
            acting=cast.actor("walt"),
            now=cast.now,
        )
        picture = Picture.objects.create(
            id=new_id(), shop=goods.shop, product=goods, file=f"{0:032x}.webp", width=1, height=1, place=1
        )
        kept = keep_filter("seller-orders", "tea", "Mine", "q=a", acting=cast.actor("olive"))
        self.names |= {
            "shop": "tea",
            "product": public_id(goods.pk),
            "sku": public_id(cast.sku(goods).pk),
            "picture": public_id(picture.pk),
            "order": public_id(order.pk),
            "group": cast.group_of(opened),
            "case": public_id(case.pk),
            "parcel": public_id(parcel.pk),
            "carrier": "sandbox",
            "kind": "orders",
            "id_": public_id(order.pk),
            "event": "opened",
            "listing": "seller-orders",
            "kept": public_id(kept.pk),
        }

    def _bought(self, buyer: str, goods: Any) -> Order:
        order = self.cast.buy(buyer, goods)
        Order.objects.filter(pk=order.pk).update(street=STREET if buyer == "ann" else "elsewhere")
        return order

    def _market(self) -> None:
        cast, now = self.cast, self.cast.now
        drafted = marketing.create(
            "tea", "Autumn", Terms(10_000, 1_000, 10), acting=cast.actor("mary"), now=now
        )
        activity = marketing.announce(
            marketing.ActivityTerms(
                name="Festival",
                about="",
                starts_at=now,
                ends_at=now + timedelta(days=9),
                standard=Standard(5, 10, 1, 365),
            ),
            acting=cast.actor("opal"),
            now=now,
        )
        link = marketing.share("product", self.names["product"], acting=cast.actor("ann"), now=now)
        self.names |= {
            "campaign": public_id(drafted.pk),
            "activity": public_id(activity.pk),
            "link": public_id(link.pk),
        }

    def _money(self) -> None:
        cast = self.cast
        payment = Payment.objects.filter(subject=f"tea/{self.names['order']}").get()
        returned = self._bought("ann", cast.product(title="Cup"))
        paid = Payment.objects.filter(subject=returned.key).get()
        _refund(returned, cast.now)
        cast.send_money()
        out = MoneyOut.objects.get(payment=paid)
        # As one that a bank sent back.
        MoneyOut.objects.filter(pk=out.pk).update(status="failed", done_at=None, next_try_at=None)
        self.names |= {
            "payment": public_id(payment.pk),
            "payments/number": payment.number,
            "refunds/number": out.number,
            "money_out": public_id(out.pk),
            "provider": "sandbox",
        }

    def _operate(self) -> None:
        now = self.cast.now
        anomaly = Anomaly.objects.create(
            id=new_id(), kind="wrong_amount", key="x", provider="sandbox", detail="x", at=now, last_at=now
        )
        payout = Payout.objects.create(
            id=new_id(),
            shop=self.cast.shops["tea"],
            account="marketing",
            amount_minor=1,
            person_id=self.cast.person("faye").pk,
            created_at=now,
        )
        audit = AuditRun.objects.create(id=new_id(), person_id=self.cast.person("opal").pk, requested_at=now)
        self.names |= {
            "anomaly": public_id(anomaly.pk),
            "payout": public_id(payout.pk),
            "audit": public_id(audit.pk),
        }

    def _tell(self) -> None:
        now = self.cast.now
        EngineShop.objects.create(id=new_id(), shop_name="tea", person_id=self.cast.person("opal").pk, at=now)
        endpoint = Endpoint.objects.create(
            id=new_id(),
            shop_name="tea",
            url="https://shop.example/hook",
            secret="whsec_dGVh",
            created_at=now,
        )
        delivery = Delivery.objects.create(
            id=new_id(),
            endpoint=endpoint,
            message_id=Message.objects.order_by("id")[0].pk,
            position=1,
            topic="decisions",
            status="dead",
            created_at=now,
            done_at=now,
        )
        bought = self.cast.buy("ann", self.cast.product(title="Gift", price=6_000))
        earned = self.cast.state(bought).earned_code
        assert earned is not None
        _shop, campaign, number = earned.split("/")
        self.names |= {
            "endpoint": public_id(endpoint.pk),
            "delivery": public_id(delivery.pk),
            "vouchers/campaign": campaign,
            f"{campaign}/number": number,
        }

    def _let_in(self) -> None:
        cast = self.cast
        for name in PEOPLE:
            self.secrets[name] = start_session(cast.person(name), now=cast.now)
        self.secrets["ann, long ago"] = start_session(cast.person("ann"), now=cast.now - timedelta(days=40))
        everything = sorted(SCOPES)
        self._key("key of tea", "tea", "olive", everything)
        self._key("key of oil", "oil", "otto", everything)
        self._key("revoked key of tea", "tea", "olive", everything, revoked_at=cast.now)
        self._key("key of tea, over", "tea", "olive", everything, expires_at=cast.now)
        for one in everything:
            self._key(
                f"key of tea without {one}", "tea", "olive", [each for each in everything if each != one]
            )
        # Its use is noted already: who looks changes nothing.
        Credential.objects.update(last_used_at=cast.now)
        address = Address.objects.create(
            id=new_id(),
            person=cast.person("ann"),
            recipient="Ann",
            phone="+8613800138000",
            region="上海",
            street=STREET,
        )
        session = Credential.objects.filter(person=cast.person("ann"), kind="session").order_by("id")[0]
        self.names |= {
            "address": public_id(address.pk),
            "session": public_id(session.pk),
            "key": public_id(Credential.objects.get(name="key of tea").pk),
            "person": public_id(cast.person("walt").pk),
            "buyer": public_id(cast.person("ann").pk),
        }

    def _key(self, name: str, shop: str, maker: str, scopes: list[str], **more: Any) -> None:
        secret = f"pbk_{token_urlsafe(32)}"
        self.secrets[name] = secret
        Credential.objects.create(
            id=new_id(),
            kind="key",
            prefix=secret[:12],
            secret_hash=hash_of(secret),
            name=name[:60],
            scopes=scopes,
            shop=self.cast.shops[shop],
            person=self.cast.person(maker),
            created_at=self.cast.now,
            **more,
        )
