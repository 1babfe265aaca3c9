"""The page of an order before it is placed: vouchers to choose from, the quote that follows, what is told;
and placing it once.
"""

import re

import pytest
from django.test import Client

from pinback.checkout.actions import cancel
from pinback.checkout.models import Order
from pinback.kit.ids import public_id
from pinback.settlement.models import Voucher
from tests.support.browsing import ADDRESS, PART, browser, text
from tests.support.cast import HOME, Cast

pytestmark = pytest.mark.usefixtures("market")


def with_vouchers(cast: Cast, *rebates: int) -> list[str]:
    """Ann earns a voucher of each amount; their codes."""
    for rebate in rebates:
        cast.open_shop(f"shop{rebate}", {"olive": "owner"})
        cast.campaign(f"shop{rebate}", threshold=5_000, rebate=rebate)
        cast.buy("ann", cast.product(f"shop{rebate}", solo=rebate * 5))
    return list(Voucher.objects.order_by("amount_minor").values_list("code", flat=True))


def test_the_best_voucher_is_chosen_and_others_can_be(cast: Cast) -> None:
    small, large = with_vouchers(cast, 1_000, 2_000)
    path = f"/p/{public_id(cast.product(solo=6_000).pk)}/buy"
    ann = browser(cast, "ann")
    page = text(ann.get(path))
    assert 'value="best" checked' in page
    assert "¥40.00" in page
    part = text(ann.get(path, {"voucher": small, "sent": "1"}, headers=PART))
    assert "<html" not in part
    assert f'value="{small}" checked' in part
    assert "¥50.00" in part
    none = text(ann.get(path, {"voucher": "none", "sent": "1"}, headers=PART))
    assert 'value="none" checked' in none
    assert "−" not in none
    assert large not in text(browser(cast, "bob").get(path))


def test_the_quote_follows_the_quantity(cast: Cast) -> None:
    path = f"/p/{public_id(cast.product(solo=6_000).pk)}/buy"
    ann = browser(cast, "ann")
    assert "¥180.00" in text(ann.get(path, {"quantity": "3", "sent": "1"}, headers=PART))
    shown = text(ann.post(path, {"quantity": "2", "quote": "1", "kind": "solo", "street": "Road 7"}))
    assert "¥120.00" in shown
    assert "Road 7" in shown
    assert not Order.objects.exists()


def test_the_order_takes_what_was_chosen(cast: Cast) -> None:
    small, _large = with_vouchers(cast, 1_000, 2_000)
    path = f"/p/{public_id(cast.product(solo=6_000).pk)}/buy"
    given = {**ADDRESS, "quantity": "1", "kind": "solo", "place": "1", "voucher": small}
    assert browser(cast, "ann").post(path, given).status_code == 302
    assert cast.state(Order.objects.order_by("-id")[0]).goods_minor == 5_000


def test_the_voucher_of_another_is_refused_and_nothing_is_lost(cast: Cast) -> None:
    (code,) = with_vouchers(cast, 1_000)
    path = f"/p/{public_id(cast.product(solo=6_000).pk)}/buy"
    before = Order.objects.count()
    given = {**ADDRESS, "quantity": "1", "kind": "solo", "place": "1", "voucher": code}
    refused = browser(cast, "bob").post(path, given)
    assert refused.status_code == 422
    assert "cannot be used now" in text(refused)
    assert HOME.street in text(refused)
    assert Order.objects.count() == before


def test_another_group_is_taken_only_where_one_said_so(cast: Cast) -> None:
    goods = cast.product(group_size=3)
    group = cast.group_of(cast.buy("ann", goods, kind="open"))
    path = f"/p/{public_id(goods.pk)}/buy"
    given = {**ADDRESS, "quantity": "1", "kind": "join", "group": group, "place": "1", "sent": "1"}
    for name, ticked in (("bob", {}), ("cid", {"move_if_full": "on"})):
        assert browser(cast, name).post(path, {**given, **ticked}).status_code == 302
    assert list(Order.objects.order_by("-id").values_list("if_full", flat=True)[:2]) == ["other", "refund"]


def test_who_sits_in_the_group_is_sent_to_it(cast: Cast) -> None:
    goods = cast.product(group_size=3)
    group = cast.group_of(cast.buy("ann", goods, kind="open"))
    path = f"/p/{public_id(goods.pk)}/buy?kind=join&group={group}"
    assert browser(cast, "ann").get(path).headers["Location"] == f"/g/{group}/"
    assert browser(cast, "ann").get(path, headers=PART).headers["HX-Redirect"] == f"/g/{group}/"


def typed(client: Client, path: str) -> dict[str, str]:
    """The form of an order as a browser has it, with its name, and the address filled in."""
    name = re.search(r'name="form" value="(\w+)"', text(client.get(path)))
    assert name
    return {**ADDRESS, "quantity": "1", "kind": "solo", "place": "1", "keep": "on", "form": name[1]}


def test_a_form_that_is_sent_again_leads_to_the_order_that_it_placed(cast: Cast) -> None:
    goods = cast.product(stock=5)
    path = f"/p/{public_id(goods.pk)}/buy"
    ann = browser(cast, "ann")
    form = typed(ann, path)
    first = ann.post(path, form).headers["Location"]
    assert "already" not in text(ann.get(first))
    # Back, another quantity, and placed again.
    again = ann.post(path, {**form, "quantity": "2"})
    assert again.headers["Location"] == first
    assert "You have placed this order already" in text(ann.get(first))
    assert (Order.objects.count(), cast.stock(goods)) == (1, 4)
    assert ann.get("/addresses/").content.count(HOME.street.encode()) == 1


def test_a_form_that_is_sent_again_after_paying_leads_to_the_paid_order(cast: Cast) -> None:
    path = f"/p/{public_id(cast.product().pk)}/buy"
    ann = browser(cast, "ann")
    form = typed(ann, path)
    ann.post(path, form)
    order = Order.objects.get()
    cast.pay(order)
    shown = ann.post(path, form, follow=True)
    assert shown.redirect_chain[-1][0] == f"/orders/{public_id(order.pk)}/"
    assert "You have placed this order already" in text(shown)


def test_another_form_and_that_of_a_closed_order_place_another_one(cast: Cast) -> None:
    path = f"/p/{public_id(cast.product().pk)}/buy"
    ann = browser(cast, "ann")
    form = typed(ann, path)
    first = ann.post(path, form).headers["Location"]
    other = ann.post(path, typed(ann, path)).headers["Location"]
    cancel(first.split("/")[2], acting=cast.actor("ann"), now=cast.now)
    third = ann.post(path, form).headers["Location"]
    assert len({first, other, third}) == 3
    # Whose form it is counts too: a name that others have leads nowhere of theirs.
    assert browser(cast, "bob").post(path, form).headers["Location"] not in (first, other, third)
    assert Order.objects.count() == 4


def test_a_form_keeps_its_name_when_something_in_it_is_wrong(cast: Cast) -> None:
    path = f"/p/{public_id(cast.product().pk)}/buy"
    ann = browser(cast, "ann")
    form = typed(ann, path)
    wrong, asked = {**form, "street": ""}, {"quote": "1", "form": form["form"]}
    for shown in (ann.post(path, wrong), ann.post(path, asked)):
        assert f'name="form" value="{form["form"]}"' in text(shown)


def test_odd_questions_are_answered(cast: Cast) -> None:
    path = f"/p/{public_id(cast.product().pk)}/buy"
    ann = browser(cast, "ann")
    assert ann.get(path, {"kind": "gift"}).status_code == 404
    for odd in (
        {"quantity": "²"},
        {"quantity": "-1"},
        {"quantity": "99999999"},
        {"sku": "x"},
        {"voucher": "x"},
    ):
        assert ann.get(path, odd).status_code == 200
    assert browser(cast).get(path).headers["Location"].startswith("/sign-in?next=")
