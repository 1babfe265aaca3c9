"""The seller's products: made with their variants, changed, put on sale, with pictures and stock."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from PIL import Image

from pinback.catalog.models import Picture, Product, Sku
from pinback.kit import clock
from pinback.kit.ids import public_id
from tests.support.browsing import browser, text
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")

GIVEN = {
    "title": "Pu'er",
    "group_size": "3",
    "group_hours": "24",
    "postage_minor": "",
    "rows": "3",
    "sku0-name": "357 g",
    "sku0-solo_price_minor": "128.00",
    "sku0-group_price_minor": "99.9",
    "sku0-stock": "40",
}


@pytest.fixture
def cast(market: str, tmp_path: Path) -> Iterator[Cast]:
    with override_settings(MEDIA_ROOT=tmp_path):
        yield Cast(now=clock.now())


def picture(name: str = "tea.png") -> SimpleUploadedFile:
    data = BytesIO()
    Image.new("RGB", (8, 8)).save(data, "PNG")
    return SimpleUploadedFile(name, data.getvalue(), "image/png")


def path_of(product: Product) -> str:
    return f"/seller/tea/products/{public_id(product.pk)}/"


def test_a_product_is_made_with_the_rows_that_are_filled_in(cast: Cast) -> None:
    mary = browser(cast, "mary")
    second = {
        "sku1-name": "100 g",
        "sku1-solo_price_minor": "40",
        "sku1-group_price_minor": "40",
        "sku1-stock": "0",
    }
    made = mary.post("/seller/tea/products/new", GIVEN | second)
    product = Product.objects.get()
    assert made.headers["Location"] == path_of(product)
    assert (product.status, product.group_size, product.postage_minor) == ("draft", 3, 0)
    assert list(Sku.objects.order_by("id").values_list("name", "group_price_minor", "stock_left")) == [
        ("357 g", 9_990, 40),
        ("100 g", 4_000, 0),
    ]


@pytest.mark.parametrize(
    ("wrong", "at"),
    [
        ({"title": " "}, "id_title_error"),
        ({"group_size": "1"}, "id_group_size_error"),
        ({"sku0-group_price_minor": "128.01"}, "id_sku0-group_price_minor_error"),
        ({"sku0-solo_price_minor": "abc"}, "id_sku0-solo_price_minor_error"),
        ({"sku0-name": ""}, "id_sku0-name_error"),
        ({"sku1-name": "half a row"}, "id_sku1-stock_error"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_the_rest_is_kept(
    cast: Cast, wrong: dict[str, str], at: str
) -> None:
    answer = browser(cast, "mary").post("/seller/tea/products/new", GIVEN | wrong)
    assert answer.status_code == 422
    assert f'id="{at}"' in text(answer)
    assert 'value="40"' in text(answer)
    assert not Product.objects.exists()


def test_two_variants_of_one_name_are_refused(cast: Cast) -> None:
    twice = {name.replace("sku0", "sku1"): value for name, value in GIVEN.items() if name.startswith("sku0")}
    answer = browser(cast, "mary").post("/seller/tea/products/new", GIVEN | twice)
    assert "The product has a variant of this name already." in text(answer)
    assert not Product.objects.exists()


def test_more_rows_keep_what_was_typed(cast: Cast) -> None:
    page = text(browser(cast, "mary").post("/seller/tea/products/new", GIVEN | {"more": "1"}))
    assert 'name="sku5-name"' in page
    assert 'value="357 g"' in page
    assert "Pu&#x27;er" in page
    assert not Product.objects.exists()


def test_a_product_goes_on_sale_and_off(cast: Cast) -> None:
    mary = browser(cast, "mary")
    mary.post("/seller/tea/products/new", GIVEN)
    product = Product.objects.get()
    page = text(mary.get(path_of(product)))
    assert "Put on sale" in page
    moved = {"act": "offer", "version": product.version}
    assert mary.post(f"{path_of(product)}move", moved).status_code == 302
    assert mary.post(f"{path_of(product)}move", moved).status_code == 409
    product.refresh_from_db()
    assert product.status == "on_sale"
    assert "Take off sale" in text(mary.get(path_of(product)))
    mary.post(f"{path_of(product)}move", {"act": "withdraw", "version": product.version})
    product.refresh_from_db()
    assert product.status == "off"


def test_what_buyers_read_is_changed_unless_somebody_else_did(cast: Cast) -> None:
    product = cast.product()
    mary = browser(cast, "mary")
    given = {"title": "New", "about": "", "group_size": "4", "group_hours": "48", "postage_minor": "5"}
    change = f"{path_of(product)}change"
    assert mary.post(change, given | {"version": product.version}).status_code == 302
    stale = mary.post(change, given | {"title": "Newer", "version": product.version})
    assert stale.status_code == 422
    assert "Somebody has changed this meanwhile" in text(stale)
    product.refresh_from_db()
    assert (product.title, product.group_size, product.postage_minor) == ("New", 4, 500)


def sku_given(sku: Sku, **changed: Any) -> dict[str, Any]:
    prefix = public_id(sku.pk)
    given = {
        "name": sku.name,
        "solo_price_minor": "60.00",
        "group_price_minor": "50.00",
        "stock": sku.stock_left,
        "was": sku.stock_left,
        "version": sku.version,
        "is_offered": "on",
        **changed,
    }
    return {f"{prefix}-{name}": value for name, value in given.items() if value is not None}


def test_a_variants_stock_and_prices_are_changed(cast: Cast) -> None:
    product = cast.product(stock=100)
    sku = cast.sku(product)
    mary = browser(cast, "mary")
    save = f"{path_of(product)}variants/{public_id(sku.pk)}"
    assert mary.post(save, sku_given(sku, stock=7, group_price_minor="45.5")).status_code == 302
    sku.refresh_from_db()
    assert (sku.stock_left, sku.group_price_minor, sku.is_offered) == (7, 4_550, True)
    cast.buy("ann", product)
    stale = mary.post(save, sku_given(sku, stock=50, group_price_minor="45.50"))
    assert stale.status_code == 422
    assert "The stock has changed meanwhile" in text(stale)
    assert cast.stock(product) == 6
    sku.refresh_from_db()
    assert mary.post(save, sku_given(sku, group_price_minor="45.50", is_offered=None)).status_code == 302
    sku.refresh_from_db()
    assert not sku.is_offered


def test_a_variant_is_added(cast: Cast) -> None:
    product = cast.product()
    mary = browser(cast, "mary")
    given = {"name": "1 kg", "solo_price_minor": "110", "group_price_minor": "120", "stock": "5"}
    sent = {f"new-{name}": value for name, value in given.items()}
    wrong = mary.post(f"{path_of(product)}variants", sent)
    assert 'id="id_new-group_price_minor_error"' in text(wrong)
    assert mary.post(f"{path_of(product)}variants", sent | {"new-group_price_minor": "99"}).status_code == 302
    assert Sku.objects.filter(product=product).count() == 2


def test_pictures_are_added_and_removed(cast: Cast) -> None:
    product = cast.product()
    mary = browser(cast, "mary")
    add = f"{path_of(product)}pictures"
    fake = SimpleUploadedFile("x.png", b"<script>alert(1)</script>", "image/png")
    refused = mary.post(add, {"pictures": [picture(), fake]})
    assert refused.status_code == 422
    assert "This is no JPEG, PNG or WebP picture." in text(refused)
    assert not Picture.objects.exists()
    assert mary.post(add, {"pictures": [picture(), picture()]}).status_code == 302
    first = Picture.objects.order_by("place")[0]
    page = text(mary.get(path_of(product)))
    assert f"/media/pictures/{first.file}" in page
    assert mary.post(f"{path_of(product)}pictures/{public_id(first.pk)}/remove").status_code == 302
    assert Picture.objects.count() == 1


def test_the_list_is_filtered_by_status_words_and_stock(cast: Cast) -> None:
    plenty, few = cast.product(title="Plenty"), cast.product(title="Few", stock=3)
    mary = browser(cast, "mary")
    for query, found in {
        "": {"Plenty", "Few"},
        "?q=plen": {"Plenty"},
        "?stock=low": {"Few"},
        "?status=draft": set(),
    }.items():
        page = text(mary.get(f"/seller/tea/products/{query}"))
        assert {one.title for one in (plenty, few) if path_of(one) in page} == found, query


def test_those_who_only_read_find_no_way_to_change(cast: Cast) -> None:
    product = cast.product()
    walt = browser(cast, "walt")
    page = text(walt.get(path_of(product)))
    assert "Add a variant" not in page
    for end in ("change", "move", "variants", "pictures"):
        assert walt.post(f"{path_of(product)}{end}").status_code == 403
