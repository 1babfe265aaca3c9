"""Campaigns, from a quote to their end, over the API and by the actions."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from pinback.kit.history import changes_of
from pinback.kit.ids import public_id
from pinback.kit.refusals import Conflict, Refused
from pinback.marketing import actions, queries
from pinback.marketing.funds.balances import standing_of
from pinback.marketing.models import Campaign, Standards
from pinback.marketing.rules import Standard, Terms
from pinback.payments.models import MoneyOut, Payment
from pinback.settlement.models import Campaign as SettledCampaign
from pinback.settlement.models import Event
from tests.support.calling import Caller
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")

TERMS = {"threshold_minor": 2_000, "rebate_minor": 100, "quantity": 10}
MIDNIGHT = datetime(2026, 11, 10, 16, 0, tzinfo=UTC)
"""0:00 in the shop's zone, of the day after the cast's noon."""


def draft(cast: Cast, name: str = "Autumn", **terms: Any) -> Campaign:
    """A draft that mary made."""
    return actions.create("tea", name, Terms(**{**TERMS, **terms}), acting=cast.actor("mary"), now=cast.now)


def begin_to_pay(cast: Cast, campaign: Campaign, method: str = "wechat") -> Payment:
    """Mary begins to pay."""
    return actions.pay("tea", public_id(campaign.pk), method, acting=cast.actor("mary"), now=cast.now)


def funded(cast: Cast, **terms: Any) -> Campaign:
    """A campaign whose fee came in now."""
    campaign = draft(cast, **terms)
    cast.notice(begin_to_pay(cast, campaign))
    campaign.refresh_from_db()
    return campaign


def state(cast: Cast, campaign: Campaign) -> str:
    """How a campaign stands now."""
    return queries.view_of(Campaign.objects.get(pk=campaign.pk), now=cast.now).state


def test_a_quote_has_fee_start_and_examples() -> None:
    cast = Cast()
    answer = Caller(cast, "mary").post("/shops/tea/campaigns/quote", TERMS).json()
    assert (answer["fee_minor"], answer["starts_at"], answer["unmet"]) == (1_000, "2026-11-10T16:00:00Z", [])
    assert answer["examples"] == [
        {"spend_minor": 1_999, "rebate_minor": 0, "share_basis_points": 0},
        {"spend_minor": 2_000, "rebate_minor": 100, "share_basis_points": 500},
        {"spend_minor": 4_000, "rebate_minor": 100, "share_basis_points": 250},
    ]
    assert not Event.objects.filter(content__contains="campaign.created").exists()


def test_a_quote_names_every_standard_that_is_not_met_at_its_field() -> None:
    cast = Cast()
    wrong = {"threshold_minor": 2_000, "rebate_minor": 99, "quantity": 9, "valid_days": 366}
    answer = Caller(cast, "mary").post("/shops/tea/campaigns/quote", wrong).json()
    assert [(one["code"], one["field"]) for one in answer["unmet"]] == [
        ("rebate_too_low", "rebate_minor"),
        ("too_few_vouchers", "quantity"),
        ("bad_valid_days", "valid_days"),
    ]
    assert "¥1.00" in answer["unmet"][0]["detail"]
    refused = Caller(cast, "mary").post("/shops/tea/campaigns", {**wrong, "name": "x"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "rebate_minor"
    assert not Campaign.objects.exists()


def test_from_a_draft_to_its_last_voucher() -> None:
    """No job at midnight: that it runs follows from the clock (A6)."""
    cast = Cast()
    mary = Caller(cast, "mary")
    made = mary.post("/shops/tea/campaigns", {**TERMS, "name": " Autumn  tea "}).json()
    assert (made["state"], made["name"], made["starts_at"]) == ("draft", "Autumn tea", None)
    path = f"/shops/tea/campaigns/{made['campaign']}"
    begun = mary.post(f"{path}/payment", {"method": "debit_card"})
    assert (begun.status_code, begun.json()["amount_minor"]) == (201, 1_000)
    payment = Payment.objects.get()
    assert (payment.purpose, payment.subject) == ("campaign", f"tea/{made['campaign']}")
    mary.post(f"/sandbox/payments/{payment.number}", {"outcome": "paid"})
    assert mary.get(path).json()["state"] == "scheduled"
    assert mary.get(path).json()["starts_at"] == "2026-11-10T16:00:00Z"
    funded_event = Event.objects.get(key=f"tea/{made['campaign']}-funded")
    assert '"method":"debit_card"' in funded_event.content
    cast.now = MIDNIGHT - timedelta(seconds=1)
    assert mary.get(path).json()["state"] == "scheduled"
    cast.now = MIDNIGHT
    assert mary.get(path).json()["state"] == "running"
    goods = cast.product(solo=2_000, price=1_500)
    for number in range(10):
        cast.buy(f"buyer{number}", goods)
    ended = mary.get(path).json()
    assert (ended["state"], ended["reason"], ended["left"]) == ("ended", "exhausted", 0)
    late = cast.buy("ann", goods)
    assert cast.state(late).reason == "no_campaign"


def test_the_list_goes_by_state() -> None:
    cast = Cast()
    stopped = funded(cast)
    actions.stop("tea", public_id(stopped.pk), acting=cast.actor("mary"), now=cast.now)
    running = funded(cast)
    cast.later(days=1)
    scheduled, kept, given_up = funded(cast), draft(cast), draft(cast)
    actions.abandon("tea", public_id(given_up.pk), acting=cast.actor("mary"), now=cast.now)
    mary = Caller(cast, "mary")
    listed = mary.get("/shops/tea/campaigns?limit=100").json()["items"]
    every = {
        "ended": stopped,
        "running": running,
        "scheduled": scheduled,
        "draft": kept,
        "abandoned": given_up,
    }
    assert {one["state"]: one["campaign"] for one in listed} == {
        name: public_id(row.pk) for name, row in every.items()
    }
    for name, row in every.items():
        (only,) = mary.get(f"/shops/tea/campaigns?state={name}").json()["items"]
        assert (only["campaign"], only["state"]) == (public_id(row.pk), name)


def test_a_stop_says_before_what_returns_and_returns_it() -> None:
    cast = Cast()
    campaign = funded(cast)
    cast.later(days=1)
    cast.buy("ann", cast.product(solo=2_000, price=1_500))
    mary = Caller(cast, "mary")
    path = f"/shops/tea/campaigns/{public_id(campaign.pk)}"
    before = mary.get(f"{path}/stop").json()
    assert before == {"issued": 1, "not_issued": 9, "returns_minor": 900}
    assert mary.get(path).json()["state"] == "running"
    assert mary.post(f"{path}/stop").json() == before
    assert standing_of(cast.shops["tea"]).balances["marketing"].balance_minor == 900
    ended = mary.get(path).json()
    assert (ended["state"], ended["reason"], ended["held_minor"]) == ("ended", "stopped", 0)
    assert mary.post(f"{path}/stop").status_code == 409
    assert [(one.before, one.after) for one in changes_of("campaign", campaign.pk)] == [
        ("", "draft"),
        ("draft", "scheduled"),
        ("running", "ended"),
    ]


def test_money_for_a_draft_that_was_given_up_goes_back() -> None:
    cast = Cast()
    campaign = draft(cast)
    payment = begin_to_pay(cast, campaign)
    actions.abandon("tea", public_id(campaign.pk), acting=cast.actor("mary"), now=cast.now)
    cast.notice(payment)
    payment.refresh_from_db()
    assert payment.status == "late"
    assert (MoneyOut.objects.get().purpose, MoneyOut.objects.get().amount_minor) == ("return", 1_000)
    assert SettledCampaign.objects.get().starts_at is None
    with pytest.raises(Conflict):
        begin_to_pay(cast, campaign)


def test_of_two_payments_one_funds_and_one_goes_back() -> None:
    cast = Cast()
    campaign = draft(cast)
    payments = [begin_to_pay(cast, campaign, method) for method in ("wechat", "debit_card")]
    for payment in payments:
        cast.notice(payment)
    assert sorted(Payment.objects.values_list("status", flat=True)) == ["succeeded", "unneeded"]
    assert MoneyOut.objects.get().amount_minor == 1_000
    assert SettledCampaign.objects.get().balance_minor == 1_000


def test_drafts_that_nobody_pays_are_given_up_and_funded_ones_are_not() -> None:
    cast = Cast()
    old, paid = draft(cast), funded(cast)
    cast.later(days=actions.campaigns.DRAFT_DAYS)
    fresh = draft(cast)
    assert actions.abandon_old(cast.now) == 1
    assert actions.abandon_old(cast.now) == 0
    assert [state(cast, one) for one in (old, paid, fresh)] == ["abandoned", "running", "draft"]


def test_a_name_changes_and_a_stale_one_is_a_conflict() -> None:
    cast = Cast()
    campaign = draft(cast)
    mary = Caller(cast, "mary")
    path = f"/shops/tea/campaigns/{public_id(campaign.pk)}/name"
    assert mary.put(path, {"name": "Winter", "version": 1}).json()["version"] == 2
    stale = mary.put(path, {"name": "Spring", "version": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    assert Campaign.objects.get().name == "Winter"


def test_standards_can_be_tightened_and_never_loosened_below_the_floor() -> None:
    cast = Cast()
    opal = Caller(cast, "opal")
    assert opal.get("/standards").json()["version"] == 1
    asked = {"least_rebate_percent": 8, "least_quantity": 20, "version": 1}
    assert opal.put("/operator/standards", asked).json()["version"] == 2
    assert opal.put("/operator/standards", asked).json()["code"] == "stale"
    loose = opal.put("/operator/standards", {"least_rebate_percent": 4, "version": 2})
    assert (loose.status_code, loose.json()["errors"][0]["field"]) == (422, "least_rebate_percent")
    assert Caller(cast, "olive").put("/operator/standards", asked).status_code == 404
    codes = [
        one["field"] for one in Caller(cast, "mary").post("/shops/tea/campaigns/quote", TERMS).json()["unmet"]
    ]
    assert codes == ["rebate_minor", "quantity"]


def test_the_database_keeps_the_floor_too() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Standards.objects.create(id=1, least_rebate_percent=4)


def test_standards_that_were_tightened_hold_when_a_draft_is_paid() -> None:
    cast = Cast()
    campaign, under_way = draft(cast), draft(cast)
    payment = begin_to_pay(cast, under_way)
    actions.set_standards(Standard(8), version=1, acting=cast.actor("opal"), now=cast.now)
    with pytest.raises(Refused) as refused:
        begin_to_pay(cast, campaign)
    assert refused.value.refusal.field == "rebate_minor"
    cast.notice(payment)
    assert state(cast, under_way) == "scheduled"


@pytest.mark.parametrize(
    ("who", "status"), [("mary", 201), ("olive", 201), ("faye", 403), ("bob", 404), (None, 401)]
)
def test_who_may_create(who: str | None, status: int) -> None:
    cast = Cast()
    answer = Caller(cast, who).post("/shops/tea/campaigns", {**TERMS, "name": "x"})
    assert answer.status_code == status
    assert Campaign.objects.count() == (status == 201)


def test_another_shops_campaign_is_not_there() -> None:
    cast = Cast()
    cast.open_shop("silk", {"sun": "owner"})
    campaign = public_id(funded(cast).pk)
    sun = Caller(cast, "sun")
    for path in (f"/shops/silk/campaigns/{campaign}", f"/shops/tea/campaigns/{campaign}"):
        assert sun.get(path).status_code == 404
        assert sun.post(f"{path}/stop").status_code == 404


def test_a_suspended_shop_sells_nothing_new_and_pays_no_campaign() -> None:
    cast = Cast()
    goods = cast.product()
    campaign = draft(cast)
    payment = begin_to_pay(cast, campaign)
    opal = cast.actor("opal")
    actions.suspend_shop("tea", reason="fake goods", acting=opal, now=cast.now)
    with pytest.raises(Exception, match="product"):
        cast.place("ann", goods)
    with pytest.raises(Conflict):
        draft(cast)
    cast.notice(payment)
    payment.refresh_from_db()
    assert payment.status == "late"
    with pytest.raises(Conflict):
        actions.suspend_shop("tea", reason="again", acting=opal, now=cast.now)
    actions.reopen_shop("tea", reason="all well", acting=opal, now=cast.now)
    assert cast.place("ann", goods).pk


def test_money_is_never_a_fraction() -> None:
    cast = Cast()
    answer = Caller(cast, "mary").post("/shops/tea/campaigns", {**TERMS, "name": "x", "rebate_minor": 100.5})
    assert answer.status_code == 422
    unknown = Caller(cast, "mary").post("/shops/tea/campaigns", {**TERMS, "name": "x", "fee_minor": 1})
    assert unknown.status_code == 422
