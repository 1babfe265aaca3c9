"""Products, variants and stock: what may become of them, stale versions, who may, and what buyers see."""

from itertools import product as pairs
from typing import Any

import pytest

from pinback.catalog.actions import NewSku, ProductTerms, SkuTerms, add_sku, change_sku, offer, withdraw
from pinback.catalog.models import Product
from pinback.catalog.queries import product_on_sale, running_offers, search_on_sale
from pinback.catalog.rules import PRODUCT
from pinback.catalog.stock import adjust_stock, set_stock
from pinback.kit.history import changes_of
from pinback.kit.ids import public_id
from pinback.kit.refusals import Conflict, NotFound, Refused
from tests.support.calling import Caller
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")

STATES = ("draft", "on_sale", "off")


@pytest.mark.parametrize(("state", "event"), list(pairs(STATES, ("offer", "withdraw"))))
def test_every_pair_of_state_and_event(state: str, event: str) -> None:
    cast = Cast()
    tea = cast.product()
    Product.objects.filter(pk=tea.pk).update(status=state)
    act = offer if event == "offer" else withdraw
    arguments: dict[str, Any] = {"version": tea.version, "acting": cast.actor("olive"), "now": cast.now}
    if (state, event) in PRODUCT:
        after = act("tea", public_id(tea.pk), **arguments)
        assert after.status == PRODUCT[state, event]
        assert changes_of("product", tea.pk).last().after == after.status  # type: ignore[union-attr]
    else:
        with pytest.raises(Conflict):
            act("tea", public_id(tea.pk), **arguments)
        assert Product.objects.get().status == state


def test_a_stale_version_is_a_conflict() -> None:
    cast = Cast()
    tea = cast.product()
    with pytest.raises(Conflict) as refused:
        withdraw("tea", public_id(tea.pk), version=1, acting=cast.actor("olive"), now=cast.now)
    assert refused.value.refusal.code == "stale"


def test_stock_is_set_from_what_was_seen_or_adjusted() -> None:
    cast = Cast()
    tea = cast.product(stock=10)
    where = ("tea", public_id(tea.pk), public_id(cast.sku(tea).pk))
    who: dict[str, Any] = {"acting": cast.actor("olive"), "now": cast.now}
    cast.place("ann", tea)
    with pytest.raises(Conflict) as refused:
        set_stock(*where, stock_left=20, was=10, **who)
    assert refused.value.refusal.code == "stale"
    assert set_stock(*where, stock_left=20, was=9, **who).stock_left == 20
    assert adjust_stock(*where, delta=-20, **who).stock_left == 0
    with pytest.raises(Conflict) as refused:
        adjust_stock(*where, delta=-1, **who)
    assert refused.value.refusal.code == "out_of_stock"
    assert [change.after for change in changes_of("stock", cast.sku(tea).pk)] == ["20", "0"]


def test_prices_have_an_order() -> None:
    cast = Cast()
    tea = cast.product()
    for solo, group, field in ((0, 0, "solo_price_minor"), (100, 101, "group_price_minor")):
        terms = SkuTerms(name="1 kg", solo_price_minor=solo, group_price_minor=group)
        with pytest.raises(Refused) as refused:
            add_sku(
                "tea",
                public_id(tea.pk),
                NewSku(terms=terms, stock=1),
                acting=cast.actor("olive"),
                now=cast.now,
            )
        assert refused.value.refusal.field == field


def test_who_changes_a_price_meanwhile_is_noticed_and_old_orders_keep_theirs() -> None:
    cast = Cast()
    tea = cast.product(solo=6_000)
    order = cast.place("ann", tea)
    sku = cast.sku(tea)
    changed = change_sku(
        "tea",
        public_id(tea.pk),
        public_id(sku.pk),
        SkuTerms(name="500 g", solo_price_minor=7_000, group_price_minor=6_500),
        is_offered=True,
        version=1,
        acting=cast.actor("olive"),
        now=cast.now,
    )
    assert changed.version == 2
    assert cast.pay(order).amount_minor == 6_000
    assert cast.state(cast.place("ann", tea)).goods_minor == 7_000


def test_buyers_see_what_is_on_sale_in_open_shops() -> None:
    cast = Cast()
    tea = cast.product(title="Spring Oolong 春茶")
    cast.product(title="Autumn")
    found = search_on_sale(words="oolong spring")
    assert [product.pk for product in found.rows] == [tea.pk]
    assert [product.pk for product in search_on_sale(words="春茶").rows] == [tea.pk]
    assert len(search_on_sale(shop="tea").rows) == 2
    first = search_on_sale(limit=1)
    assert len(search_on_sale(limit=1, cursor=first.next_cursor).rows) == 1
    withdraw("tea", public_id(tea.pk), version=tea.version, acting=cast.actor("olive"), now=cast.now)
    with pytest.raises(NotFound):
        product_on_sale(public_id(tea.pk))
    with pytest.raises(NotFound):
        cast.place("ann", tea)
    shop = cast.shops["tea"]
    shop.status = "suspended"
    shop.save(update_fields=["status"])
    assert search_on_sale().rows == []


def test_offers_are_those_that_run_now() -> None:
    cast = Cast()
    cast.campaign(threshold=5_000, rebate=1_000)
    cast.campaign(threshold=9_000, rebate=2_000)
    shop = cast.shops["tea"]
    assert [offer.rebate_minor for offer in running_offers(shop, now=cast.now)] == [2_000, 1_000]
    assert running_offers(shop, now=cast.now.replace(year=2025)) == []


def test_staff_see_drafts_and_strangers_do_not() -> None:
    cast = Cast()
    olive = Caller(cast, "olive")
    sku = {"name": "1", "solo_price_minor": 100, "group_price_minor": 90, "stock": 1}
    made = olive.post("/shops/tea/products", {"title": "Draft", "skus": [sku]}).json()
    path = f"/shops/tea/products/{made['product']}"
    assert olive.get(path).json()["status"] == "draft"
    assert Caller(cast, "walt").get(path).status_code == 200
    assert Caller(cast, "ann").get(path).status_code == 404
    assert Caller(cast, None).get(f"/products/{made['product']}").status_code == 404
    body = {"title": "New", "version": made["version"]}
    assert olive.put(path, body).json()["title"] == "New"
    assert olive.put(path, body).json()["code"] == "stale"
    again = olive.post(f"{path}/skus", sku)
    assert (again.status_code, again.json()["code"]) == (422, "name_taken")
    assert olive.post(f"{path}/skus", {**sku, "name": "2", "paid": True}).status_code == 422
    assert olive.get("/shops/tea/products?status=draft").json()["items"][0]["title"] == "New"


def test_terms_have_bounds() -> None:
    cast = Cast()
    olive = Caller(cast, "olive")
    sku = {"name": "1", "solo_price_minor": 100, "group_price_minor": 90, "stock": 1}
    for wrong in ({"group_size": 1}, {"group_size": 101}, {"group_hours": 0}, {"postage_minor": -1}):
        assert olive.post("/shops/tea/products", {"title": "T", "skus": [sku], **wrong}).status_code == 422
    assert ProductTerms(title="T").group_hours == 24
