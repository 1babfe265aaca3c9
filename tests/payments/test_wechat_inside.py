"""Paying inside WeChat: who pays is asked once, and by no browser but the one that was sent there."""

import json
import logging
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.test import Client, override_settings

from pinback.accounts.actions import start_session
from pinback.checkout.models import Order
from pinback.checkout.refunds import RefundTerms, start_refund_within
from pinback.kit import clock
from pinback.kit.ids import new_id, public_id
from pinback.kit.transactions import durable
from pinback.payments.actions import forget_payers
from pinback.payments.models import Payment, WeChatPayer
from pinback.payments.providers import forget_providers
from pinback.settlement.models import Voucher
from pinback.web.sessions import COOKIE
from pinback.web.storefront.views import wechat as views
from tests.payments.wechat_oauth import APP_SECRET, USER, Accounts, wechat_oauth
from tests.payments.wechat_server import APP, PUBLIC_KEY_ID, Simulator, settings_for, wechat_server
from tests.support.cast import Cast

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("market")]

IN_WECHAT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Mobile/15E148 MicroMessenger/8.0.50(0x18003237) NetType/WIFI Language/zh_CN"
)


@pytest.fixture
def wechat(tmp_path: Path) -> Iterator[tuple[Simulator, Accounts]]:
    """WeChat Pay, and WeChat that says who pays."""
    with wechat_server() as simulator, wechat_oauth() as accounts:
        simulator.serial = PUBLIC_KEY_ID
        given = settings_for(simulator, tmp_path, public_key=True) | accounts.settings()
        with override_settings(PINBACK_WECHAT=given, PINBACK_PUBLIC_URL="https://shop.example"):
            forget_providers()
            yield simulator, accounts
    forget_providers()


@pytest.fixture
def cast(market: str) -> Cast:
    return Cast(now=clock.now())


def phone(cast: Cast, name: str = "ann", *, agent: str = IN_WECHAT) -> Client:
    """Somebody's browser, inside WeChat."""
    client = Client(headers={"user-agent": agent, "accept-language": "en"})
    client.cookies[COOKIE] = start_session(cast.person(name), now=cast.now)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def ordered(cast: Cast, name: str = "ann") -> str:
    """The path of the page on which an order is paid."""
    return f"/orders/{public_id(cast.place(name, cast.product(price=2_000, solo=2_500)).pk)}/pay"


def through(address: str) -> str:
    """Where WeChat sends a browser back to, on our site."""
    answer = requests.get(address, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, address
    parts = urlsplit(answer.headers["Location"])
    assert (parts.scheme, parts.netloc) == ("https", "shop.example")
    return f"{parts.path}?{parts.query}"


def pay(client: Client, path: str, **more: str) -> Any:
    return client.post(path, {"method": "wechat", **more})


def handed_over(page: str) -> dict[str, str]:
    """What the page gives to WeChat's bridge."""
    (found,) = re.findall(r'data-request="([^"]+)"', page)
    given: dict[str, str] = json.loads(unescape(found))
    return given


def test_one_tap_leads_by_way_of_wechat_to_the_payment(
    cast: Cast, wechat: tuple[Simulator, Accounts]
) -> None:
    simulator, accounts = wechat
    ann, path = phone(cast), ordered(cast)
    sent = pay(ann, path)
    address = urlsplit(sent["Location"])
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert sent["Location"].startswith(f"{accounts.base}/connect/oauth2/authorize?appid={APP}&redirect_uri=")
    assert address.fragment == "wechat_redirect"
    assert asked["redirect_uri"] == "https://shop.example/wechat/back"
    assert not Payment.objects.exists()
    done = ann.get(through(sent["Location"]))
    payment = Payment.objects.get()
    assert done["Location"] == f"/payments/{public_id(payment.pk)}/"
    assert done["Referrer-Policy"] == "no-referrer"
    assert simulator.payers == {payment.number: USER}
    given = handed_over(text(ann.get(done["Location"])))
    assert given == {name: payment.to_client[name] for name in given}
    assert set(given) == {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}
    assert given["package"] == f"prepay_id=wx{payment.number}"


def test_who_pays_is_asked_once_in_a_session(cast: Cast, wechat: tuple[Simulator, Accounts]) -> None:
    simulator, accounts = wechat
    ann = phone(cast)
    ann.get(through(pay(ann, ordered(cast))["Location"]))
    second = pay(ann, ordered(cast))
    assert second["Location"].startswith("/payments/")
    assert list(simulator.payers.values()) == [USER, USER]
    # Another session may be on another phone.
    elsewhere = phone(cast)
    assert pay(elsewhere, ordered(cast))["Location"].startswith(accounts.base)
    assert WeChatPayer.objects.count() == 1


def test_who_paid_is_forgotten_when_the_session_is_over(
    cast: Cast, wechat: tuple[Simulator, Accounts]
) -> None:
    ann = phone(cast)
    ann.get(through(pay(ann, ordered(cast))["Location"]))
    assert forget_payers(clock.now() + timedelta(days=29)) == 0
    assert forget_payers(clock.now() + timedelta(days=31)) == 1
    assert not WeChatPayer.objects.exists()


def test_another_account_of_wechat_can_pay_after_all(cast: Cast, wechat: tuple[Simulator, Accounts]) -> None:
    simulator, accounts = wechat
    ann, path = phone(cast), ordered(cast)
    ann.get(through(pay(ann, path)["Location"]))
    accounts.user = "o-another"
    again = pay(ann, path, again="1")
    ann.get(through(again["Location"]))
    first, second = Payment.objects.order_by("id")
    assert (first.status, second.status) == ("closed", "pending")
    assert simulator.payers[second.number] == "o-another"
    assert WeChatPayer.objects.get().openid == "o-another"


@durable
def refund_now(order: Order, *, now: datetime) -> None:
    start_refund_within(order, public_id(new_id()), RefundTerms(amount_minor=100), now=now)


def test_a_debt_is_paid_the_same_way(cast: Cast, wechat: tuple[Simulator, Accounts]) -> None:
    with override_settings(PINBACK_WECHAT={**_wechat_settings(), "MCHID": ""}):
        cast.campaign(threshold=5_000, rebate=1_000)
        goods = cast.product()
        source = cast.buy("ann", goods)
        cast.buy("ann", goods, voucher=Voucher.objects.get().code)
        refund_now(source, now=cast.now)
        cast.send_money()
    ann = phone(cast)
    done = ann.get(through(pay(ann, "/wallet/tea/pay")["Location"]))
    payment = Payment.objects.get(purpose="debt")
    assert done["Location"] == f"/payments/{public_id(payment.pk)}/"
    assert handed_over(text(ann.get(done["Location"])))["package"].endswith(payment.number)
    assert wechat[0].payers == {payment.number: USER}


def _state(path: str, state: str) -> str:
    return re.sub("state=[^&]+", f"state={state}", path)


def test_what_was_not_asked_for_here_is_not_taken(cast: Cast, wechat: tuple[Simulator, Accounts]) -> None:
    """A code for another's openid, a state that was guessed, another's cookie, another session."""
    ann, path = phone(cast), ordered(cast)
    back = through(pay(ann, path)["Location"])
    kept = ann.cookies[views.COOKIE].value
    bare = phone(cast)
    bob = phone(cast, "bob")
    bob.cookies[views.COOKIE] = kept
    nobody = Client()
    nobody.cookies[views.COOKIE] = kept
    changed = phone(cast)
    changed.cookies[views.COOKIE] = kept[:-2] + ("aa" if kept[-2:] != "aa" else "bb")
    tries = [
        (bare, back),
        (bob, back),
        (nobody, back),
        (changed, back),
        (ann, _state(back, "0" * 32)),
        (ann, _state(back, "")),
        (ann, "/wechat/back"),
        (ann, back.partition("code=")[0] + "state=" + back.rpartition("state=")[2]),
    ]
    for client, place in tries:
        answer = client.get(place)
        assert answer.status_code == 422, place
        assert "This did not begin here" in text(answer)
    assert not WeChatPayer.objects.exists()
    assert not Payment.objects.exists()
    # The control: the browser that was sent there is taken, and nothing above has used its code up.
    assert ann.get(back).status_code == 302


def test_a_state_is_good_once(cast: Cast, wechat: tuple[Simulator, Accounts]) -> None:
    ann = phone(cast)
    back = through(pay(ann, ordered(cast))["Location"])
    cookie = ann.cookies[views.COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/wechat/back")
    assert ann.get(back).status_code == 302
    assert not ann.cookies[views.COOKIE].value
    assert ann.get(back).status_code == 422


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"errcode": 40029, "errmsg": "invalid code"}),
        (200, {"errcode": 40163, "errmsg": "code been used"}),
        (200, {"errcode": -1, "errmsg": "system error"}),
        (200, {"openid": ""}),
        (200, {"openid": 7}),
        (200, []),
        (200, "<html>"),
        (500, {}),
        (302, {}),
    ],
)
def test_without_an_openid_nothing_is_begun_and_it_can_be_tried_again(
    cast: Cast, wechat: tuple[Simulator, Accounts], answer: tuple[int, Any]
) -> None:
    _simulator, accounts = wechat
    ann, path = phone(cast), ordered(cast)
    accounts.answers = [answer]
    assert ann.get(through(pay(ann, path)["Location"])).status_code == 422
    assert not Payment.objects.exists()
    assert ann.get(through(pay(ann, path)["Location"])).status_code == 302


def test_a_visitor_of_wechat_without_an_account_pays_nothing(
    cast: Cast, wechat: tuple[Simulator, Accounts]
) -> None:
    accounts = wechat[1]
    accounts.is_visitor = True
    ann = phone(cast)
    refused = ann.get(through(pay(ann, ordered(cast))["Location"]))
    assert "Open the page fully" in text(refused)
    assert not WeChatPayer.objects.exists()


def test_the_secret_is_on_no_page_in_no_address_and_in_no_log(
    cast: Cast, wechat: tuple[Simulator, Accounts], caplog: pytest.LogCaptureFixture
) -> None:
    accounts = wechat[1]
    ann, path = phone(cast), ordered(cast)
    seen = [text(ann.get(path))]
    sent = pay(ann, path)
    seen += [sent["Location"], str(sent.cookies), text(sent)]
    done = ann.get(through(sent["Location"]))
    seen += [done["Location"], str(done.cookies), text(ann.get(done["Location"]))]
    assert not [one for one in seen if APP_SECRET in one]
    with caplog.at_level(logging.DEBUG, logger="pinback"):
        accounts.answers = [(500, {})]
        ann.get(through(pay(ann, ordered(cast), again="1")["Location"]))
        back = through(pay(ann, ordered(cast), again="1")["Location"])
        with override_settings(
            PINBACK_WECHAT={**_wechat_settings(), "API_BASE": "http://127.0.0.1:9"}
        ):  # nobody listens there
            assert ann.get(back).status_code == 422
    assert "did not say who pays" in caplog.text
    assert APP_SECRET not in caplog.text


def _wechat_settings() -> dict[str, str]:
    from django.conf import settings

    return dict(settings.PINBACK_WECHAT)


def test_forms_may_lead_to_wechat_on_pages_of_paying_inside_it_alone(
    cast: Cast, wechat: tuple[Simulator, Accounts]
) -> None:
    accounts = wechat[1]
    ann, path = phone(cast), ordered(cast)
    done = ann.get(through(pay(ann, path)["Location"]))["Location"]
    for place in (path, done):
        policy = ann.get(place)["Content-Security-Policy"]
        assert f"form-action 'self' {accounts.base}" in policy
        assert "script-src 'self';" in f"{policy};"
    elsewhere = phone(cast, agent="Mozilla/5.0 Safari/605.1.15")
    assert accounts.base not in elsewhere.get(path)["Content-Security-Policy"]
    assert accounts.base not in ann.get("/orders/")["Content-Security-Policy"]


def test_another_browser_gets_a_code_and_is_told_of_wechat(
    cast: Cast, wechat: tuple[Simulator, Accounts]
) -> None:
    ann, path = phone(cast, agent="Mozilla/5.0 Safari/605.1.15"), ordered(cast)
    place = pay(ann, path)["Location"]
    page = text(ann.get(place))
    assert "<svg" in page
    assert "open this page in WeChat" in page
    # The same page inside WeChat: the code is for others, here one pays with the bridge.
    inside = phone(cast)
    assert "Pay here in WeChat" in text(inside.get(place))
    done = inside.get(through(pay(inside, path)["Location"]))["Location"]
    first, second = Payment.objects.order_by("id")
    assert (first.status, second.to_client["kind"]) == ("closed", "wechat_jsapi")
    # And back: what was begun inside is not shown as a code, but can be had as one.
    outside = text(ann.get(done))
    assert "Get a code" in outside
    assert "data-request" not in outside
    assert pay(ann, path).status_code == 302
    assert Payment.objects.order_by("-id")[0].to_client["kind"] == "wechat_native"


def test_without_the_secret_of_the_account_a_code_it_is_also_inside_wechat(
    cast: Cast, wechat: tuple[Simulator, Accounts]
) -> None:
    with override_settings(PINBACK_WECHAT={**_wechat_settings(), "APP_SECRET": ""}):
        ann, path = phone(cast), ordered(cast)
        place = pay(ann, path)["Location"]
        assert place.startswith("/payments/")
        page = text(ann.get(place))
    assert "<svg" in page
    assert "take a screenshot" in page
