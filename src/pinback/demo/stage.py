"""Sets the stage of the demo: people with one password, shops with owners, products with pictures on sale."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random

from django.contrib.auth.hashers import make_password

from pinback.accounts import actions as accounts
from pinback.accounts.models import Person, Shop
from pinback.accounts.queries import actor_of_person
from pinback.catalog import actions as catalog
from pinback.catalog.models import Product, Sku
from pinback.catalog.pictures import add_picture
from pinback.checkout.wishes import Destination
from pinback.demo.drawing import draw
from pinback.demo.plan import (
    FIRST_NAMES,
    HUNTERS_PHONE,
    HUNTERS_STREET,
    OPERATOR_LOGIN,
    OWNER_LOGIN,
    PASSWORD,
    REGIONS,
    SHOPS,
    STAFF,
    STREETS,
    Good,
    ShopPlan,
    Size,
)
from pinback.kit.ids import new_id, public_id

_STOCK = 5_000


@dataclass
class Stage:
    """Everybody and everything there is before the first order."""

    operator: Person
    owners: list[Person] = field(default_factory=list)
    shops: list[Shop] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)
    variants: dict[int, list[Sku]] = field(default_factory=dict)
    buyers: list[Person] = field(default_factory=list)
    homes: dict[int, Destination] = field(default_factory=dict)
    devices: dict[int, str] = field(default_factory=dict)

    def owner_of(self, shop_id: int) -> Person:
        """The owner of a shop, by its key."""
        return self.owners[[shop.pk for shop in self.shops].index(shop_id)]


def set_stage(size: Size, chance: Random, *, now: datetime) -> Stage:
    """Make everything but orders. One password is hashed, once, for everybody."""
    encoded = make_password(PASSWORD)
    stage = Stage(_person(OPERATOR_LOGIN, "Opal", encoded, now, is_operator=True))
    for number, plan in enumerate(SHOPS[: size.shops]):
        _open(stage, number, plan, encoded, now)
    for number, good in _spread(size):
        _offer(stage, number, good, chance, now)
    for number in range(size.buyers):
        _settle_in(stage, number, size, encoded, chance, now)
    return stage


def _settle_in(stage: Stage, number: int, size: Size, encoded: str, chance: Random, now: datetime) -> None:
    """A buyer with a home and a phone. Every ninth of the first half are one household of bonus hunters."""
    name = FIRST_NAMES[number % len(FIRST_NAMES)]
    buyer = _person(f"buyer{number + 1}@demo.example", name, encoded, now)
    hunts = number % 9 == 8 and number < size.buyers // 2
    home = Destination(
        recipient=name,
        phone=f"+8613800{number:06d}",
        region=chance.choice(REGIONS),
        street=f"{chance.choice(STREETS)} {number + 1}",
    )
    if number == 0:
        terms = accounts.AddressTerms(home.recipient, home.phone, home.region, home.street)
        accounts.add_address(terms, is_default=True, acting=actor_of_person(buyer))
    stage.buyers.append(buyer)
    stage.homes[buyer.pk] = replace(home, region=REGIONS[0], street=HUNTERS_STREET) if hunts else home
    stage.devices[buyer.pk] = HUNTERS_PHONE if hunts else f"phone-{number + 1}"


def _spread(size: Size) -> list[tuple[int, Good]]:
    """So many of the goods that every shop has about as many."""
    most = -(-size.products // size.shops)
    goods = [(number, good) for number, plan in enumerate(SHOPS[: size.shops]) for good in plan.goods[:most]]
    return goods[: size.products]


def _person(login: str, name: str, encoded: str, now: datetime, *, is_operator: bool = False) -> Person:
    person = Person(
        id=new_id(),
        login=login,
        name=name,
        password=encoded,
        language="en",
        is_operator=is_operator,
        created_at=now,
    )
    person.save(force_insert=True)
    return person


def _open(stage: Stage, number: int, plan: ShopPlan, encoded: str, now: datetime) -> None:
    login = OWNER_LOGIN if number == 0 else f"owner{number + 1}@demo.example"
    owner = _person(login, f"Owner of {plan.title}", encoded, now)
    shop = accounts.open_shop(plan.name, title=plan.title, timezone="Asia/Shanghai", owner=owner, now=now)
    acting = actor_of_person(owner)
    accounts.change_shop(plan.name, title=plan.title, about=plan.about, version=shop.version, acting=acting)
    for staff_login, name, role in STAFF if number == 0 else ():
        _person(staff_login, name, encoded, now)
        accounts.add_staff(plan.name, login=staff_login, role=role, acting=acting, now=now)
    stage.owners.append(owner)
    stage.shops.append(shop)


def _offer(stage: Stage, number: int, good: Good, chance: Random, now: datetime) -> None:
    shop, acting = stage.shops[number].name, actor_of_person(stage.owners[number])
    terms = catalog.ProductTerms(
        title=good.title,
        about=good.about,
        group_size=chance.choice((2, 2, 2, 3, 3, 4, 5)),
        postage_minor=chance.choice((0, 0, 300, 500)),
    )
    # Two of it cost a little less than twice one.
    prices = (good.price_minor, good.price_minor * 19 // 10)
    skus = [
        catalog.NewSku(
            terms=catalog.SkuTerms(name=name, solo_price_minor=price * 5 // 4, group_price_minor=price),
            stock=_STOCK,
        )
        for name, price in zip(good.variants, prices, strict=True)
    ]
    made = catalog.create_product(shop, terms, skus, acting=acting, now=now)
    for turn in (0.0, 0.09)[: 2 if good is SHOPS[number].goods[0] else 1]:
        picture = draw(good.kind, good.hue + turn, chance)
        add_picture(shop, public_id(made.pk), picture, acting=acting, now=now)
    product = catalog.offer(shop, public_id(made.pk), version=made.version, acting=acting, now=now)
    stage.products.append(product)
    stage.variants[product.pk] = list(Sku.objects.filter(product=product).order_by("id"))
