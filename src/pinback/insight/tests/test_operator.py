"""The operator's console: evidence of risk, the ledger, shops, the overview; and nobody else sees any."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pinback.checkout.models import Order
from pinback.checkout.refunds import EVERYTHING, RefundTerms, start_refund_within
from pinback.insight.risk import loops
from pinback.kit.ids import new_id, public_id
from pinback.kit.transactions import durable
from pinback.payments.models import Anomaly
from pinback.settlement.models import Event, Posting, Voucher
from tests.support.calling import Caller
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")


@durable
def refund(cast: Cast, order: Order) -> None:
    """Everything goes back."""
    start_refund_within(order, public_id(new_id()), EVERYTHING, now=cast.now)


def opal(cast: Cast, path: str) -> Any:
    """What opal sees."""
    answer = Caller(cast, "opal").get(f"/operator{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_buying_and_returning_again_and_again_is_seen() -> None:
    cast = Cast()
    cast.campaign(threshold=5_000, rebate=1_000)
    goods = cast.product(solo=6_000)
    lost = []
    for _ in range(3):
        lost.append(cast.buy("ann", goods))
        refund(cast, lost[-1])
        cast.send_money()
    cast.buy("bob", goods)
    once = cast.buy("cai", goods)
    refund(cast, once)
    cast.send_money()
    (found,) = opal(cast, "/risk/loops")
    assert found == {
        "buyer": public_id(cast.person("ann").pk),
        "name": "Ann",
        "earned": 3,
        "lost": 3,
        "lost_minor": 3_000,
        "owed_minor": 0,
        "orders": [order.key for order in reversed(lost)],
    }
    assert [row["name"] for row in opal(cast, "/risk/loops?least=1")] == ["Ann", "Cai"]
    listed = opal(cast, f"/risk/buyers/{found['buyer']}/orders")
    assert [(row["order"], row["reason"], row["refunded_minor"]) for row in listed] == [
        (order.key, "refunded", 6_000) for order in reversed(lost)
    ]


def test_several_accounts_at_one_place_and_one_device() -> None:
    cast = Cast()
    goods = cast.product()
    for name in ("ann", "bob"):
        cast.place(name, goods, device="phone-1")
    cast.place("cai", goods, device="phone-2")
    (device,) = opal(cast, "/risk/devices")
    assert (device["mark"], device["number_of_accounts"], device["orders"]) == ("phone-1", 2, 2)
    assert set(device["accounts"]) == {public_id(cast.person(name).pk) for name in ("ann", "bob")}
    (place,) = opal(cast, "/risk/places")
    assert (place["number_of_accounts"], place["orders"], place["earned"]) == (3, 3, 0)
    assert opal(cast, "/risk/places?least=4") == []


def test_a_place_tells_of_its_own_rebates_and_latest_orders() -> None:
    cast = Cast()
    cast.campaign(threshold=5_000, rebate=1_000)
    dear, cheap = cast.product(solo=6_000), cast.product(solo=100, price=100)
    orders = [cast.buy("ann", dear), cast.buy("bob", dear)]
    refund(cast, orders[0])
    cast.send_money()
    orders += [cast.place("ann", cheap) for _ in range(21)]
    (place,) = opal(cast, "/risk/places")
    assert (place["number_of_accounts"], place["orders"]) == (2, 23)
    assert (place["earned"], place["lost"]) == (2, 1)
    assert place["accounts"] == sorted(public_id(cast.person(name).pk) for name in ("ann", "bob"))
    assert place["latest_orders"] == [order.key for order in reversed(orders)][:20]


def test_more_evidence_takes_no_more_questions() -> None:
    cast = Cast()
    cast.campaign(threshold=5_000, rebate=1_000)
    goods, acting = cast.product(solo=6_000), cast.actor("opal")
    asked = []
    for names in (("ann",), ("bob", "cai", "dan")):
        for name in names:
            for _ in range(2):
                refund(cast, cast.buy(name, goods))
                cast.send_money()
        with CaptureQueriesContext(connection) as queries:
            found = loops(acting)
        asked.append((len(found), len(queries)))
    assert [number for number, _queries in asked] == [1, 4]
    assert asked[0][1] == asked[1][1] <= 6


def test_who_owes_and_for_which_order() -> None:
    cast = Cast()
    cast.open_shop("silk", {"sun": "owner"})
    cast.campaign(threshold=5_000, rebate=5_000)
    source = cast.buy("ann", cast.product(solo=5_000))
    code = Voucher.objects.get().code
    cast.buy("ann", cast.product("silk", staff="sun", solo=6_000), voucher=code)
    _refund_little(cast, source)
    cast.send_money()
    (found,) = opal(cast, "/risk/debtors")
    assert (found["amount_minor"], found["shops"], found["orders"]) == (4_900, 1, [source.key])


@durable
def _refund_little(cast: Cast, order: Order) -> None:
    start_refund_within(order, public_id(new_id()), RefundTerms(amount_minor=100), now=cast.now)


def test_the_ledger_leads_from_an_account_to_the_event_and_its_order() -> None:
    cast = Cast()
    cast.campaign(threshold=5_000, rebate=1_000)
    order = cast.buy("ann", cast.product(solo=6_000))
    account = f"order:{order.key}"
    listed = opal(cast, f"/ledger/postings?account={account}")["items"]
    assert [(one["source"], one["amount_minor"], one["order"]) for one in listed] == [
        ("external", 6_000, order.key)
    ]
    event = opal(cast, f"/ledger/events/tea/{listed[0]['event']}")
    assert (event["what"], event["order"], event["content"]["amount"]) == ("order.paid", order.key, 6_000)
    assert event["postings"] == listed
    for name in (account, "external", "shop:tea:marketing", f"voucher:{Voucher.objects.get().code}"):
        shown = opal(cast, f"/ledger/account?account={name}")
        assert shown["balance_minor"] == shown["sum_minor"], name
    for name in ("order:tea/nobody", "shop:nobody:sales", "x", "shop:tea:x", "voucher:x"):
        assert Caller(cast, "opal").get(f"/operator/ledger/account?account={name}").status_code == 404, name
    assert Caller(cast, "opal").get("/operator/ledger/events/tea/nobody").status_code == 404


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_all_postings_are_on_the_pages_once(limit: int) -> None:
    cast = Cast()
    cast.campaign(threshold=5_000, rebate=1_000)
    order = cast.buy("ann", cast.product(solo=6_000))
    refund(cast, order)
    cast.send_money()
    seen: list[str] = []
    cursor = ""
    while True:
        page = opal(cast, f"/ledger/postings?shop=tea&limit={limit}&cursor={cursor}")
        seen += [one["posting"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == Posting.objects.count()
    assert seen == sorted(seen, reverse=True)


def test_the_overview_counts_what_waits() -> None:
    cast = Cast()
    before = opal(cast, "/overview")
    assert before == {**dict.fromkeys(before, 0), "last_audit": None}
    Anomaly.objects.create(
        id=new_id(), kind="x", key="x", provider="sandbox", detail="x", at=cast.now, last_at=cast.now
    )
    caller = Caller(cast, "opal")
    answer = caller.post("/operator/shops/tea/suspend", {"reason": "fake goods"})
    assert (answer.json()["status"], answer.status_code) == ("suspended", 200)
    after = opal(cast, "/overview")
    assert (after["anomalies"], after["suspended_shops"]) == (1, 1)
    (shop,) = opal(cast, "/shops?status=suspended")["items"]
    assert (shop["shop"], shop["products_on_sale"]) == ("tea", 0)
    assert opal(cast, "/shops?status=open")["items"] == []
    assert caller.post("/operator/shops/tea/reopen", {"reason": "all well"}).json()["status"] == "open"
    assert caller.post("/operator/shops/tea/reopen", {"reason": "again"}).status_code == 409


PATHS = (
    "/overview",
    "/shops",
    "/audits",
    "/ledger/postings",
    "/ledger/account?account=external",
    "/ledger/events/tea/opened",
    "/risk/loops",
    "/risk/places",
    "/risk/devices",
    "/risk/debtors",
    "/risk/buyers/x/orders",
)


@pytest.mark.parametrize("who", ["olive", "bob", None])
def test_to_everybody_else_there_is_no_console(who: str | None) -> None:
    cast = Cast()
    caller = Caller(cast, who)
    status = 401 if who is None else 404
    assert {caller.get(f"/operator{path}").status_code for path in PATHS} == {status}
    for path in ("/audits", "/shops/tea/suspend", "/shops/tea/reopen"):
        assert caller.post(f"/operator{path}", {"reason": "x"}).status_code == status
    assert cast.shops["tea"].status == "open"
    assert Event.objects.count() == 1


def test_a_shops_counters_are_for_everybody() -> None:
    cast = Cast()
    cast.product()
    assert Caller(cast, None).get("/shops/tea/counters").json() == {
        "shop": "tea",
        "title": "Tea",
        "completed_orders": 0,
        "products_on_sale": 1,
    }
