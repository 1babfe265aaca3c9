"""Paying: by QR code, by card, in the sandbox; a payment is its payer's alone, and follows by itself."""

from datetime import datetime

import pytest
from django.test import Client, override_settings

from pinback.checkout.models import Order
from pinback.checkout.refunds import RefundTerms, start_refund_within
from pinback.kit.ids import new_id, public_id
from pinback.kit.transactions import durable
from pinback.payments.models import Payment
from pinback.settlement.models import Voucher
from tests.support.browsing import PART, browser, text
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")


def begun(cast: Cast, client: Client, **to_client: str) -> tuple[Order, str]:
    """An order whose payment was begun, as a real provider would have it if `to_client` is given."""
    order = cast.place("ann", cast.product(price=2_000, solo=2_500))
    path = client.post(f"/orders/{public_id(order.pk)}/pay", {"method": "wechat"}).headers["Location"]
    if to_client:
        Payment.objects.update(to_client=to_client)
    return order, path


def test_the_sandbox_says_how_a_payment_ends(cast: Cast) -> None:
    ann = browser(cast, "ann")
    order, path = begun(cast, ann)
    page = ann.get(path)
    assert "no money moves" in text(page)
    assert "stripe" not in page.headers["Content-Security-Policy"]
    payment = public_id(Payment.objects.get().pk)
    assert ann.post(f"/sandbox/pay/{payment}", {"outcome": "failed"}).status_code == 302
    assert cast.state(order).status == "placed"
    assert ann.post(f"/orders/{public_id(order.pk)}/pay", {"method": "debit_card"}).status_code == 302


def test_the_page_follows_when_the_money_is_there(cast: Cast) -> None:
    ann = browser(cast, "ann")
    order, path = begun(cast, ann)
    assert ann.get(path, headers=PART).status_code == 204
    cast.notice(Payment.objects.get())
    followed = ann.get(path, headers=PART)
    assert followed.headers["HX-Redirect"] == f"/orders/{public_id(order.pk)}/"
    assert ann.get(path).headers["Location"] == f"/orders/{public_id(order.pk)}/"


def test_wechat_is_paid_by_a_code_that_is_drawn_here(cast: Cast) -> None:
    ann = browser(cast, "ann")
    _order, path = begun(cast, ann, kind="wechat_native", code_url="weixin://wxpay/bizpayurl?pr=abc")
    page = text(ann.get(path))
    assert "<svg" in page
    assert "weixin://" not in page
    assert "no money moves" not in page


def test_the_card_form_lets_its_provider_in_on_this_page_alone(cast: Cast) -> None:
    ann = browser(cast, "ann")
    _order, path = begun(cast, ann, kind="stripe", client_secret="pi_1_secret_2", publishable_key="pk_test_1")
    page = ann.get(path)
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self' https://js.stripe.com" in policy
    assert "unsafe-inline" not in policy.partition("style-src-attr")[0]
    assert 'data-secret="pi_1_secret_2"' in text(page)
    assert "stripe" not in ann.get("/").headers["Content-Security-Policy"]


def test_a_payment_is_its_payers_alone(cast: Cast) -> None:
    ann = browser(cast, "ann")
    order, path = begun(cast, ann)
    for name in ("bob", "olive", "opal"):
        other = browser(cast, name)
        assert other.get(path).status_code == 404
        assert other.get(path, headers=PART).status_code == 404
        assert other.post(f"/orders/{public_id(order.pk)}/pay", {"method": "wechat"}).status_code == 404
    assert browser(cast).get(path).headers["Location"].startswith("/sign-in?next=")


def test_a_debt_is_paid_from_the_wallet(cast: Cast) -> None:
    cast.campaign(threshold=5_000, rebate=1_000)
    goods = cast.product()
    source = cast.buy("ann", goods)
    cast.buy("ann", goods, voucher=Voucher.objects.get().code)
    terms = RefundTerms(amount_minor=100)
    refund_now(source, terms, now=cast.now)
    cast.send_money()
    ann = browser(cast, "ann")
    assert "You owe Tea ¥9.00" in text(ann.get("/wallet/"))
    path = ann.post("/wallet/tea/pay", {"method": "wechat"}).headers["Location"]
    assert "¥9.00" in text(ann.get(path))
    assert browser(cast, "bob").get(path).status_code == 404
    assert browser(cast, "bob").get("/wallet/tea/pay").headers["Location"] == "/wallet/"
    cast.notice(Payment.objects.get(purpose="debt"))
    assert ann.get(path, headers=PART).headers["HX-Redirect"] == "/wallet/"
    assert "You owe" not in text(ann.get("/wallet/"))


@durable
def refund_now(order: Order, terms: RefundTerms, *, now: datetime) -> None:
    start_refund_within(order, public_id(new_id()), terms, now=now)


def test_a_way_that_is_not_set_up_is_told_on_the_page(cast: Cast) -> None:
    order = cast.place("ann", cast.product())
    with override_settings(PINBACK_SANDBOX=False):
        refused = browser(cast, "ann").post(f"/orders/{public_id(order.pk)}/pay", {"method": "wechat"})
    assert refused.status_code == 422
    assert "not set up here" in text(refused)
