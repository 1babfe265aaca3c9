"""Sets the stage of the demo: people with one password, shops with owners, products with pictures on sale."""

from dataclasses import dataclass, field
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
    OPERATOR_LOGIN,
    OWNER_LOGIN,
    PASSWORD,
    REGIONS,
    SHOPS,
    STREETS,
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


def set_stage(size: Size, chance: Random, *, now: datetime) -> Stage:
    """Make everything but orders. One password is hashed, once, for everybody."""
    encoded = make_password(PASSWORD)
    stage = Stage(_person(OPERATOR_LOGIN, "Opal", encoded, now, is_operator=True))
    goods = [(number, title) for number, plan in enumerate(SHOPS[: size.shops]) for title in plan.goods]
    chosen = _spread(goods, size)
    for number, plan in enumerate(SHOPS[: size.shops]):
        _open(stage, number, plan, encoded, now)
        for title in [title for shop, title in chosen if shop == number]:
            _offer(stage, number, title, chance, now)
    for number in range(size.buyers):
        name = FIRST_NAMES[number % len(FIRST_NAMES)]
        buyer = _person(f"buyer{number + 1}@demo.example", name, encoded, now)
        stage.buyers.append(buyer)
        stage.homes[buyer.pk] = Destination(
            recipient=name,
            phone=f"+8613800{number:06d}",
            region=chance.choice(REGIONS),
            street=f"{chance.choice(STREETS)} {number + 1}",
        )
    return stage


def _spread(goods: list[tuple[int, str]], size: Size) -> list[tuple[int, str]]:
    """So many of the goods that every shop has about as many."""
    most = -(-size.products // size.shops)
    taken = [
        entry
        for index, entry in enumerate(goods)
        if sum(1 for shop, _t in goods[:index] if shop == entry[0]) < most
    ]
    return taken[: size.products]


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
    stage.owners.append(owner)
    stage.shops.append(
        accounts.open_shop(plan.name, title=plan.title, timezone="Asia/Shanghai", owner=owner, now=now)
    )


def _offer(stage: Stage, number: int, title: str, chance: Random, now: datetime) -> None:
    shop, acting = stage.shops[number].name, actor_of_person(stage.owners[number])
    price = chance.randrange(1_500, 7_000, 50)
    terms = catalog.ProductTerms(
        title=title,
        about=f"{title}, as {stage.shops[number].title} likes it best.",
        group_size=chance.choice((2, 2, 2, 3, 3, 4, 5)),
        postage_minor=chance.choice((0, 0, 300, 500)),
    )
    skus = [
        catalog.NewSku(
            terms=catalog.SkuTerms(
                name=name, solo_price_minor=price * times * 5 // 4, group_price_minor=price * times
            ),
            stock=_STOCK,
        )
        for name, times in (("One", 1), ("Two", 2))
    ]
    made = catalog.create_product(shop, terms, skus, acting=acting, now=now)
    add_picture(shop, public_id(made.pk), draw(title, chance), acting=acting, now=now)
    product = catalog.offer(shop, public_id(made.pk), version=made.version, acting=acting, now=now)
    stage.products.append(product)
    stage.variants[product.pk] = list(Sku.objects.filter(product=product).order_by("id"))
