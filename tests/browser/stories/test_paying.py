"""Paying with what providers bring into the page: the bridge of WeChat's browser, and Stripe's form.

Both are stand-ins here that know what their documentation says, and keep what they are asked. The servers
behind them are those of tests/payments; what leads a browser from page to page is the real thing.
"""

import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.stories.devices import Device
from tests.browser.stories.market import HOME, Market
from tests.payments.stripe_server import SECRET_KEY, WEBHOOK_SECRET, Stripe, event, signed, stripe_server
from tests.payments.wechat_oauth import USER, Accounts, wechat_oauth
from tests.payments.wechat_server import (
    PUBLIC_KEY_ID,
    Simulator,
    notice,
    settings_for,
    wechat_server,
)
from tests.support.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.slow]

IN_WECHAT = (
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile "
    "Safari/537.36 XWEB/1260117 MMWEBSDK/20240501 MicroMessenger/8.0.50.2701(0x28003252) Language/zh_CN"
)
BRIDGE = """
window.asked = [];
window.WeixinJSBridge = {
  invoke(name, given, answer) { window.asked.push([name, given]); window.answer = answer; },
};
"""
BRIDGE_LATER = (
    BRIDGE.replace("window.WeixinJSBridge =", "window.bridge =")
    + """
window.arrive = () => {
  window.WeixinJSBridge = window.bridge;
  document.dispatchEvent(new Event("WeixinJSBridgeReady"));
};
"""
)

STRIPE = """
const kept = JSON.parse(sessionStorage.getItem("stripe") ?? '{"asked": []}');
const keep = (what) => { kept.asked.push(what); sessionStorage.setItem("stripe", JSON.stringify(kept)); };
window.Stripe = (key, options) => ({
  elements(given) {
    keep(["elements", key, options, given.clientSecret]);
    const handlers = {};
    return { create: (kind) => ({
      on(name, handler) { handlers[name] = handler; },
      mount(place) {
        const frame = document.createElement("iframe");
        frame.src = "https://js.stripe.com/dahlia/elements-inner.html";
        place.append(frame);
        keep(["mount", kind]);
        const outcome = window.name === "broken" ? "loaderror" : "ready";
        setTimeout(() => handlers[outcome]?.({ elementType: kind, error: { type: "api_error" } }));
      },
    }) };
  },
  async confirmPayment(given) {
    keep(["confirm", given.confirmParams.return_url]);
    if (window.name.startsWith("{")) return JSON.parse(window.name);
    const said = new URLSearchParams({
      payment_intent: "pi_1", payment_intent_client_secret: "pi_1_secret", redirect_status: window.name,
    });
    location.assign(`${given.confirmParams.return_url}?${said}`);
    return new Promise(() => {});
  },
  async retrievePaymentIntent(secret) {
    keep(["retrieve", secret]);
    const declined = { type: "card_error", message: "Your card was declined." };
    return { paymentIntent: window.name === "succeeded" ? { status: "succeeded" }
      : { status: "requires_payment_method", last_payment_error: declined } };
  },
});
"""


@pytest.fixture(scope="module")
def providers() -> Iterator[tuple[Simulator, Accounts, Stripe]]:
    with wechat_server() as simulator, wechat_oauth() as accounts, stripe_server() as stripe:
        simulator.serial = PUBLIC_KEY_ID
        simulator.notify_to = accounts.back = "http://127.0.0.1:"
        yield simulator, accounts, stripe


@pytest.fixture(scope="module")
def market(
    providers: tuple[Simulator, Accounts, Stripe], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Market]:
    """A market with both providers set up."""
    simulator, accounts, stripe = providers
    folder = tmp_path_factory.mktemp("paying")
    database = f"sqlite:///{folder / 'market.sqlite3'}"
    wechat = settings_for(simulator, folder, public_key=True) | accounts.settings()
    env = {f"PINBACK_WECHAT_{name}": value for name, value in wechat.items()} | {
        "PINBACK_HOME": str(folder),
        "PINBACK_STRIPE_SECRET_KEY": SECRET_KEY,
        "PINBACK_STRIPE_PUBLISHABLE_KEY": "pk_test_pinback",
        "PINBACK_STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "PINBACK_STRIPE_BASE": stripe.base,
    }
    with served(database, env, is_public=True) as (url, _process):
        yield Market(url, database)


@pytest.fixture
def ordered(market: Market) -> tuple[str, str]:
    """Somebody, and an order of theirs that is to be paid."""
    shop = market.shop("Tea House 茶馆")
    product = shop.product("Oolong 乌龙茶")
    login = market.person("ann")
    sku = market.ask("GET", f"/products/{product}")["skus"][0]["sku"]
    wish = {"product": product, "lines": [{"sku": sku, "quantity": 1}], "kind": "solo", "address": HOME}
    return login, str(market.ask("POST", "/orders", wish, token=market.token(login))["order"])


def _device(chromium: Browser, market: Market, screens: Path, **more: Any) -> Device:
    return Device(chromium, market, width=390, language="en", screens=screens, **more)


def _tell(market: Market, path: str, headers: dict[str, str], body: bytes) -> None:
    """Send a provider's notice to the market."""
    headers = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(f"{market.url}/api/v1{path}", body, headers, method="POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status in (200, 204)


# --- inside WeChat ---------------------------------------------------------------------------------------


def _in_wechat(
    chromium: Browser, market: Market, screens: Path, ordered: tuple[str, str], bridge: str = BRIDGE
) -> Device:
    device = _device(chromium, market, screens, user_agent=IN_WECHAT)
    device.page.add_init_script(bridge)
    device.sign_in(ordered[0])
    device.open(f"/orders/{ordered[1]}/pay")
    return device


def _is_asked(device: Device, times: int) -> None:
    """Wait until the bridge was asked so often."""
    for _look in range(100):
        if device.page.evaluate("window.asked.length") == times:
            return
        device.page.wait_for_timeout(50)
    raise AssertionError("the bridge was not asked")


def test_inside_wechat_one_tap_brings_up_its_payment(
    chromium: Browser,
    market: Market,
    providers: tuple[Simulator, Accounts, Stripe],
    screens: Path,
    ordered: tuple[str, str],
) -> None:
    simulator = providers[0]
    ann = _in_wechat(chromium, market, screens, ordered)
    ann.looks("wechat-choose")
    ann.tap('button[value="wechat"]')
    expect(ann.page).to_have_url(re.compile("/payments/"))
    _is_asked(ann, 1)
    assert ann.taps == 1
    ((name, given),) = ann.page.evaluate("window.asked")
    number = given["package"].removeprefix("prepay_id=wx")
    assert (name, simulator.payers[number]) == ("getBrandWCPayRequest", USER)
    assert set(given) == {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}
    ann.page.evaluate('window.answer({ err_msg: "get_brand_wcpay_request:cancel" })')
    ann.sees("You stopped it; nothing was paid.")
    ann.looks("wechat-stopped")
    ann.tap("#wechat-pay")
    _is_asked(ann, 2)
    ann.page.evaluate('window.answer({ err_msg: "get_brand_wcpay_request:ok" })')
    ann.sees("WeChat says it is paid; a moment.")
    # A browser's word is not believed: the page goes on when the provider's notice is there.
    assert market.ask("GET", f"/orders/{ordered[1]}", token=market.token(ordered[0]))["status"] == "placed"
    told = notice("TRANSACTION.SUCCESS", simulator.pay(number), serial=simulator.serial)
    _tell(market, "/pay/wechat/notify", *told)
    expect(ann.page).to_have_url(re.compile(f"/orders/{ordered[1]}/$"), timeout=20_000)
    ann.close()


def test_another_account_of_wechat_can_be_asked_for_when_it_fails(
    chromium: Browser,
    market: Market,
    providers: tuple[Simulator, Accounts, Stripe],
    screens: Path,
    ordered: tuple[str, str],
) -> None:
    simulator, accounts, _stripe = providers
    ann = _in_wechat(chromium, market, screens, ordered)
    ann.tap('button[value="wechat"]')
    _is_asked(ann, 1)
    first = ann.page.evaluate("window.asked")[0][1]["package"]
    accounts.user = "o-another"
    ann.page.evaluate('window.answer({ err_msg: "get_brand_wcpay_request:fail" })')
    ann.sees("WeChat did not take the payment.")
    ann.tap("[data-again]")
    _is_asked(ann, 1)
    second = ann.page.evaluate("window.asked")[0][1]["package"]
    accounts.user = USER
    assert second != first
    assert simulator.payers[second.removeprefix("prepay_id=wx")] == "o-another"
    ann.close()


def test_a_bridge_that_comes_late_is_waited_for(
    chromium: Browser, market: Market, screens: Path, ordered: tuple[str, str]
) -> None:
    ann = _in_wechat(chromium, market, screens, ordered, BRIDGE_LATER)
    ann.tap('button[value="wechat"]')
    expect(ann.find("#wechat-pay")).to_be_disabled()
    assert ann.page.evaluate("window.asked.length") == 0
    ann.page.evaluate("window.arrive()")
    assert ann.page.evaluate("window.asked.length") == 1
    ann.close()


# --- Stripe's form ---------------------------------------------------------------------------------------


def _to_card_form(
    chromium: Browser, market: Market, screens: Path, ordered: tuple[str, str], outcome: str
) -> Device:
    """On the page of a card payment, where Stripe's script ends each try with `outcome`."""
    device = _device(chromium, market, screens)

    def answer(route: Route) -> None:
        is_script = route.request.url.endswith(".js")
        kind = "text/javascript" if is_script else "text/html"
        route.fulfill(body=STRIPE if is_script else "<p>Card</p>", content_type=kind)

    device.page.route("https://js.stripe.com/**", answer)
    device.sign_in(ordered[0])
    device.open(f"/orders/{ordered[1]}/pay")
    device.page.evaluate("(outcome) => { window.name = outcome }", outcome)
    device.tap('button[value="debit_card"]')
    expect(device.page).to_have_url(re.compile("/payments/"))
    return device


def _asked(device: Device) -> list[Any]:
    found: list[Any] = json.loads(device.page.evaluate('sessionStorage.getItem("stripe")'))["asked"]
    return found


def _intent(market: Market, ordered: tuple[str, str], asked: list[Any]) -> str:
    """The PaymentIntent that the form was opened with."""
    (opened,) = [one for one in asked if one[0] == "elements"][:1]
    return str(opened[3].partition("_secret_")[0])


def test_a_card_is_typed_into_the_providers_form_and_the_page_follows(
    chromium: Browser,
    market: Market,
    providers: tuple[Simulator, Accounts, Stripe],
    screens: Path,
    ordered: tuple[str, str],
) -> None:
    stripe = providers[2]
    ann = _to_card_form(chromium, market, screens, ordered, "succeeded")
    expect(ann.find("#card-form iframe")).to_be_visible()
    ann.looks("card-form")
    address = ann.page.url
    ann.tap("main form button")
    # The provider leads back here, and the secret of the payment does not stay in the address.
    ann.sees("The bank has confirmed the payment; a moment.")
    assert ann.page.url == address
    asked = _asked(ann)
    assert ["confirm", address] in asked
    assert asked[0][:3] == ["elements", "pk_test_pinback", {"locale": "en"}]
    assert asked[-1][0] == "retrieve"
    intent = stripe.pay(_intent(market, ordered, asked))
    body = event("payment_intent.succeeded", intent, number="evt_browser_1")
    _tell(market, "/pay/card/notify", signed(body), body)
    expect(ann.page).to_have_url(re.compile(f"/orders/{ordered[1]}/$"), timeout=20_000)
    ann.close()


def test_a_bank_that_did_not_confirm_is_told_and_the_form_is_there_again(
    chromium: Browser, market: Market, screens: Path, ordered: tuple[str, str]
) -> None:
    ann = _to_card_form(chromium, market, screens, ordered, "failed")
    expect(ann.find("main form button")).to_be_enabled()
    ann.tap("main form button")
    expect(ann.find("#card-problem")).to_have_text("Your card was declined.")
    expect(ann.find("#card-form iframe")).to_be_visible()
    expect(ann.find("main form button")).to_be_enabled()
    assert "secret" not in ann.page.url
    ann.close()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ({"type": "card_error", "message": "Your card has insufficient funds."}, "insufficient funds"),
        ({"type": "validation_error", "message": "Your card number is incomplete."}, "is incomplete"),
        ({"type": "api_error", "message": "upstream 502 at node 7"}, "That did not work."),
    ],
)
def test_what_went_wrong_is_said_in_words_for_payers(
    chromium: Browser,
    market: Market,
    screens: Path,
    ordered: tuple[str, str],
    error: dict[str, str],
    said: str,
) -> None:
    ann = _to_card_form(chromium, market, screens, ordered, json.dumps({"error": error}))
    ann.tap("main form button")
    expect(ann.find("#card-problem")).to_contain_text(said)
    expect(ann.find("main form button")).to_be_enabled()
    ann.close()


def test_a_payment_that_was_made_in_another_window_is_no_failure(
    chromium: Browser, market: Market, screens: Path, ordered: tuple[str, str]
) -> None:
    error = {"type": "invalid_request_error", "code": "payment_intent_unexpected_state"}
    error_with = {"error": {**error, "payment_intent": {"status": "succeeded"}}}
    ann = _to_card_form(chromium, market, screens, ordered, json.dumps(error_with))
    ann.tap("main form button")
    ann.sees("The bank has confirmed the payment; a moment.")
    expect(ann.find("#card-problem")).to_be_hidden()
    ann.close()


def test_a_form_that_does_not_come_is_told_and_cannot_be_sent(
    chromium: Browser, market: Market, screens: Path, ordered: tuple[str, str]
) -> None:
    ann = _to_card_form(chromium, market, screens, ordered, "broken")
    expect(ann.find("#card-problem")).to_contain_text("The card form cannot be reached.")
    expect(ann.find("main form button")).to_be_disabled()
    ann.close()
