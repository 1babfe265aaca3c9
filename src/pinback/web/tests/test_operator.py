"""The operator's console: what needs them, decisions with what follows said first, money, books, clock."""

import re
from typing import Any

import pytest
from django.test import Client, override_settings

from pinback.accounts.models import Shop
from pinback.delivery.actions import receive, ship
from pinback.desk import actions as desk
from pinback.desk.models import Case
from pinback.insight.models import AuditRun
from pinback.kit import clock
from pinback.kit.ids import id_of, public_id
from pinback.kit.models import SandboxClock
from pinback.marketing.models import Activity, Payout
from pinback.marketing.queries import standards
from pinback.payments.models import Anomaly, MoneyOut
from pinback.web.sessions import COOKIE
from tests.access.world import World

pytestmark = pytest.mark.usefixtures("market")


class Console:
    """The operator at the console of a market that has one of everything."""

    def __init__(self) -> None:
        self.world = World()
        self.cast = self.world.cast
        self.client = Client(headers={"accept-language": "en"})
        self.client.cookies[COOKIE] = self.world.secrets["opal"]

    def get(self, address: str, expected: int = 200, /, **query: Any) -> str:
        """A page, as it is read."""
        with clock.held_at(self.cast.now):
            response = self.client.get(f"/operator/{address}", query)
        assert response.status_code == expected
        return response.content.decode()

    def post(self, address: str, expected: int = 302, /, **given: Any) -> str:
        """What comes of a post: where it leads, or the page that says what is wrong."""
        with clock.held_at(self.cast.now):
            response = self.client.post(f"/operator/{address}", given)
        assert response.status_code == expected, response.content.decode()
        return str(response["Location"]) if expected == 302 else response.content.decode()

    def escalated(self) -> Case:
        """Ann's case, refused by the shop, with the operator."""
        case = self.world.names["case"]
        desk.refuse(case, "It was fine when it left", acting=self.cast.actor("sam"), now=self.cast.now)
        return desk.escalate(case, acting=self.cast.actor("ann"), now=self.cast.now)


@pytest.fixture
def console() -> Console:
    """The operator at the console."""
    return Console()


def test_the_overview_says_what_waits_and_where(console: Console) -> None:
    console.escalated()
    page = " ".join(re.sub(r"<[^>]*>", " ", console.get("")).split())
    assert re.search(r"\b1 Refunds to decide", page)
    assert re.search(r"\b1 Money that did not arrive", page)
    assert re.search(r"\b1 Payouts that shops ask for", page)
    assert re.search(r"\b1 What does not add up", page)
    assert re.search(r"\b1 News that no webhook took", page)
    assert re.search(r"\b0 Shops that owe the platform", page)


def test_a_case_shows_both_sides_and_what_each_decision_comes_to(console: Console) -> None:
    case = console.escalated()
    page = console.get("refunds/", case=public_id(case.pk))
    assert "It was fine when it left" in page
    assert "¥60.00 goes to Ann now" in page
    assert "Nothing is refunded: Ann gets no money" in page
    part = console.get("refunds/", case=public_id(case.pk), amount_minor="12.34")
    assert "¥12.34 goes to Ann now, and the case is closed" in part


def test_a_part_is_decided_and_no_more_than_was_asked_for(console: Console) -> None:
    case = public_id(console.escalated().pk)
    assert "more than was asked for" in console.get("refunds/", 422, case=case, amount_minor="60.01")
    page = console.post(f"refunds/{case}", 422, act="part", amount_minor="60.01")
    assert "more than was asked for" in page
    console.post(f"refunds/{case}", act="part", amount_minor="12.34", note="Both are a little right")
    out = MoneyOut.objects.get(subject=f"tea/{case}")
    assert (out.amount_minor, Case.objects.get(pk=id_of(case)).amount_minor) == (1_234, 1_234)


def test_a_case_is_decided_for_the_shop(console: Console) -> None:
    case = public_id(console.escalated().pk)
    console.post(f"refunds/{case}", act="shop", note="The photos show no fault")
    assert Case.objects.get(pk=id_of(case)).state == "rejected"
    assert "The photos show no fault" in console.get("refunds/", case=case)


def test_money_that_failed_is_sent_again_or_paid_by_hand(console: Console) -> None:
    out = console.world.names["money_out"]
    assert "is asked once more to pay ¥60.00 to Ann" in console.get(f"money-out/{out}/")
    assert "This field is required" in console.post(f"money-out/{out}/by-hand", 422, note="")
    console.post(f"money-out/{out}/by-hand", note="Bank transfer 4711")
    assert MoneyOut.objects.get(pk=id_of(out)).by_hand
    console.post(f"money-out/{out}/retry", 409)
    MoneyOut.objects.filter(pk=id_of(out)).update(status="failed", by_hand=False)
    console.post(f"money-out/{out}/retry")
    assert MoneyOut.objects.get(pk=id_of(out)).status in ("pending", "sent", "confirmed")


def test_a_payout_that_is_not_covered_cannot_be_noted_as_paid(console: Console) -> None:
    payout = console.world.names["payout"]
    Payout.objects.update(amount_minor=10**9)
    assert "The balance has fallen below" in console.get(f"payouts/{payout}/")
    assert "has fallen below" in console.post(f"payouts/{payout}/", 422, act="paid", note="x")
    assert "Say whether it was paid" in console.post(f"payouts/{payout}/", 422, note="x")
    console.post(f"payouts/{payout}/", act="refuse", note="The account is not yours")
    assert Payout.objects.get(pk=id_of(payout)).status == "refused"


def test_an_anomaly_is_resolved_with_a_note(console: Console) -> None:
    anomaly = console.world.names["anomaly"]
    assert "Paid with the wrong amount" in console.get("anomalies/")
    assert "This field is required" in console.post(f"anomalies/{anomaly}", 422, note=" ")
    console.post(f"anomalies/{anomaly}", note="Paid back by hand")
    assert Anomaly.objects.get(pk=id_of(anomaly)).note == "Paid back by hand"
    assert "Everything adds up" in console.get("anomalies/")


def test_a_shop_is_suspended_for_a_reason_and_let_in_again(console: Console) -> None:
    assert "products go off sale" in console.get("shops/tea/")
    assert "This field is required" in console.post("shops/tea/suspend", 422, reason="")
    console.post("shops/tea/suspend", reason="Counterfeit goods")
    assert Shop.objects.get(name="tea").status == "suspended"
    assert "Tea" in console.get("shops/", status="suspended")
    assert "in that state already" in console.post("shops/tea/suspend", 422, reason="again")
    console.post("shops/tea/reopen", reason="It was a mistake")
    page = console.get("shops/tea/")
    assert "Counterfeit goods" in page
    assert "It was a mistake" in page


def test_somebody_is_found_by_login_and_shown_with_their_orders(console: Console) -> None:
    page = console.get("people/", q="ann@example.com")
    assert ("ann@example.com" in page, "bob@example.com" in page) == (True, False)
    person = console.get(f"people/{console.world.names['buyer']}/")
    assert f"/operator/ledger/tea/orders/{console.world.names['order']}/" in person
    assert "Nobody fits" in console.get("people/", q="nobody at all")


def test_standards_are_never_below_the_floor_and_say_what_changes(console: Console) -> None:
    asked = {"least_rebate_percent": 8, "least_quantity": 20, "least_threshold_minor": "1", "version": 1}
    low = console.get("standards/", 422, **{**asked, "least_rebate_percent": 4, "most_valid_days": 30})
    assert "greater than or equal to 5" in low
    page = console.get("standards/", **asked, most_valid_days=30)
    assert ("5 %" in page, "8 %" in page) == (True, True)
    assert "1 planned campaign that is not paid would not meet them" in page
    assert standards().least_quantity == 10
    console.post("standards/", **asked, most_valid_days=30)
    assert (standards().least_rebate_percent, standards().least_quantity) == (8, 20)
    stale = {**asked, "least_quantity": 30, "most_valid_days": 30}
    assert "Somebody changed this meanwhile" in console.post("standards/", 422, **stale)


def test_an_activity_is_announced_in_the_shops_time_and_changed(console: Console) -> None:
    asked = {
        "name": "Spring",
        "about": "Flowers",
        "starts_at": "2027-03-01T00:00",
        "ends_at": "2027-02-01T00:00",
        "least_rebate_percent": 10,
        "least_quantity": 50,
        "least_threshold_minor": "20",
        "most_valid_days": 30,
    }
    page = console.post("activities/new", 422, **asked)
    assert "It must end after it starts" in page
    assert "Flowers" in page
    console.post("activities/new", **{**asked, "ends_at": "2027-03-09T00:00"})
    made = Activity.objects.get(name="Spring")
    assert made.starts_at.isoformat() == "2027-02-28T16:00:00+00:00"
    changed = {**asked, "ends_at": "2027-03-10T00:00", "version": made.version}
    console.post(f"activities/{public_id(made.pk)}/", **changed)
    made.refresh_from_db()
    assert made.ends_at.isoformat() == "2027-03-09T16:00:00+00:00"


def test_two_clicks_lead_from_the_ledger_to_the_order_that_changed_a_balance(console: Console) -> None:
    cast = console.cast
    gift = cast.buy("bob", cast.product(title="Bowl", price=4_000, solo=4_000))
    order = public_id(gift.pk)
    ship("tea", order, carrier="sandbox", tracking="T9", acting=cast.actor("walt"), now=cast.now)
    receive("tea", order, acting=cast.actor("bob"), now=cast.now)
    ledger = console.get("ledger/")
    (first,) = re.findall(r'href="/operator/(ledger/tea/\?account=sales[^"]*)">\+¥40.00', ledger)
    address, query = first.replace("&amp;", "&").split("?")
    lines = console.get(address, **dict(part.split("=") for part in query.split("&")))
    assert f"/operator/ledger/tea/orders/{order}/" in lines
    assert "+¥40.00 in all" in lines
    shown = console.get(f"ledger/tea/orders/{order}/")
    assert "Order received" in shown
    assert "Bowl" in shown


def test_an_account_is_counted_two_ways(console: Console) -> None:
    page = console.get("ledger/postings/", account=f"order:tea/{console.world.names['order']}")
    assert "the same" in page
    assert "Order paid" in page
    console.get("ledger/postings/", 404, account="order:tea/none")


def test_an_audit_is_asked_for_shows_its_progress_and_its_result(console: Console) -> None:
    AuditRun.objects.all().delete()
    address = console.post("audits/run").removeprefix("/operator/")
    page = console.get(address)
    assert "Waiting for a worker" in page
    assert 'hx-trigger="every 2s"' in page
    AuditRun.objects.update(status="running", events=1_000, events_done=400)
    assert "400 of 1,000 events" in console.get(address)
    AuditRun.objects.update(status="done", differences=1, first_differences=["order tea/x: sum"])
    done = console.get(address)
    assert "order tea/x: sum" in done
    assert "hx-trigger" not in done.split('id="progress"')[1]


def test_settings_show_no_secret(console: Console) -> None:
    held = {
        "SECRET_KEY": "sk_live_1",
        "PUBLISHABLE_KEY": "pk_live_1",
        "WEBHOOK_SECRET": "",
        "BASE": "https://s",
    }
    with override_settings(PINBACK_STRIPE=held, SECRET_KEY="very secret"):
        page = console.get("settings/")
    assert "pk_live_1" in page
    assert "sk_live_1" not in page
    assert "very secret" not in page


def test_the_clock_is_set_forward_after_it_was_said_what_that_does(console: Console) -> None:
    page = console.get("clock/", days=1, hours=0, minutes=0)
    assert "it cannot be set back" in page
    assert not SandboxClock.objects.exists()
    assert "Say how far" in console.get("clock/", 422, days=0, hours=0, minutes=0)
    console.post("clock/", days=1, hours=2, minutes=0)
    assert SandboxClock.objects.get().offset_seconds == 26 * 3_600


@override_settings(PINBACK_SANDBOX=False)
def test_there_is_no_clock_to_set_outside_the_sandbox(console: Console) -> None:
    console.get("clock/", 404)
    console.post("clock/", 404, days=1, hours=0, minutes=0)
    assert "Sandbox clock" not in console.get("")


@pytest.mark.parametrize("kind", ["loops", "places", "devices", "debtors"])
def test_risk_shows_evidence_of_each_kind(console: Console, kind: str) -> None:
    page = console.get("risk/", kind=kind)
    assert "evidence, not a verdict" in page
    if kind == "places":
        assert f"/operator/risk/{console.world.names['buyer']}/" in page
