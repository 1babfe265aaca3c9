"""Themed activities: announced, joined, left, and their standards."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from pinback.kit.ids import public_id
from pinback.kit.refusals import Conflict
from pinback.marketing import actions
from pinback.marketing.models import Activity, SignUp
from pinback.marketing.rules import Standard, Terms
from tests.support.calling import Caller
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")

TERMS = {"threshold_minor": 2_000, "rebate_minor": 200, "quantity": 50}


def body(cast: Cast, **other: Any) -> dict[str, Any]:
    """An activity from tomorrow on for three days, of at least 10 %."""
    return {
        "name": "Tea week",
        "starts_at": moment(cast.now + timedelta(days=1)),
        "ends_at": moment(cast.now + timedelta(days=4)),
        "least_rebate_percent": 10,
        **other,
    }


def moment(at: datetime) -> str:
    """An instant as it is sent."""
    return at.isoformat()


def announced(cast: Cast) -> str:
    """The activity, announced by opal."""
    answer = Caller(cast, "opal").post("/operator/activities", body(cast))
    assert answer.status_code == 201, answer.json()
    activity: str = answer.json()["activity"]
    return activity


def test_the_operator_alone_announces() -> None:
    cast = Cast()
    assert Caller(cast, "olive").post("/operator/activities", body(cast)).status_code == 404
    activity = announced(cast)
    shown = Caller(cast, None).get(f"/activities/{activity}").json()
    assert (shown["state"], shown["shops"], shown["campaigns"]) == ("announced", [], [])
    cast.later(days=1)
    assert Caller(cast, None).get("/activities").json()["items"][0]["state"] == "open"
    cast.later(days=3)
    assert Caller(cast, None).get("/activities").json()["items"] == []
    assert Caller(cast, None).get("/activities?over_too=true").json()["items"][0]["state"] == "over"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"least_rebate_percent": 7}, "least_rebate_percent"),
        ({"least_quantity": 10}, "least_quantity"),
        ({"ends_at": "2026-11-10T04:00:00Z"}, "ends_at"),
        ({"starts_at": "2026-11-12T04:00:00"}, "starts_at"),
        ({"name": " "}, "name"),
    ],
)
def test_an_activity_is_at_least_as_strict_as_the_operator(wrong: dict[str, Any], field: str) -> None:
    cast = Cast()
    actions.set_standards(Standard(8, 20), version=1, acting=cast.actor("opal"), now=cast.now)
    answer = Caller(cast, "opal").post("/operator/activities", body(cast, least_quantity=20) | wrong)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].endswith(field)
    assert not Activity.objects.exists()


def test_a_campaign_of_an_activity_meets_its_standards() -> None:
    cast = Cast()
    activity = announced(cast)
    mary = Caller(cast, "mary")
    quote = "/shops/tea/campaigns/quote"
    not_in = mary.post(quote, {**TERMS, "activity": activity})
    assert (not_in.json()["code"], not_in.json()["errors"][0]["field"]) == ("not_signed_up", "activity")
    assert mary.put(f"/shops/tea/activities/{activity}", None).status_code == 200
    assert mary.put(f"/shops/tea/activities/{activity}", None).status_code == 200
    assert SignUp.objects.count() == 1
    low = mary.post(quote, {**TERMS, "rebate_minor": 199, "activity": activity}).json()["unmet"]
    assert [one["field"] for one in low] == ["rebate_minor"]
    assert mary.post(quote, {**TERMS, "rebate_minor": 199}).json()["unmet"] == []
    made = mary.post("/shops/tea/campaigns", {**TERMS, "name": "Week", "activity": activity}).json()
    payment = actions.pay("tea", made["campaign"], "wechat", acting=cast.actor("mary"), now=cast.now)
    cast.notice(payment)
    shown = Caller(cast, None).get(f"/activities/{activity}").json()
    assert shown["shops"] == ["tea"]
    assert [(one["name"], one["state"]) for one in shown["campaigns"]] == [("Week", "scheduled")]
    assert mary.delete(f"/shops/tea/activities/{activity}").json()["code"] == "has_campaigns"


def test_paid_too_late_a_campaign_would_begin_after_the_activity() -> None:
    cast = Cast()
    activity = announced(cast)
    actions.sign_up("tea", activity, acting=cast.actor("mary"), now=cast.now)
    cast.later(days=3, hours=20)
    answer = Caller(cast, "mary").post("/shops/tea/campaigns/quote", {**TERMS, "activity": activity})
    assert [one["code"] for one in answer.json()["unmet"]] == ["activity_over"]


def test_a_shop_withdraws_before_the_start_only() -> None:
    cast = Cast()
    activity = announced(cast)
    mary = Caller(cast, "mary")
    path = f"/shops/tea/activities/{activity}"
    assert mary.delete(path).json()["code"] == "not_signed_up"
    mary.put(path, None)
    assert mary.get("/shops/tea/activities").json()[0]["activity"] == activity
    assert mary.delete(path).status_code == 204
    mary.put(path, None)
    cast.later(days=1)
    assert mary.delete(path).json()["code"] == "activity_started"
    assert SignUp.objects.count() == 1


def test_a_changed_activity_keeps_its_version() -> None:
    cast = Cast()
    activity = announced(cast)
    opal = Caller(cast, "opal")
    changed = opal.put(f"/operator/activities/{activity}", body(cast, name="Tea days", version=1))
    assert (changed.json()["name"], changed.json()["version"]) == ("Tea days", 2)
    assert opal.put(f"/operator/activities/{activity}", body(cast, version=1)).json()["code"] == "stale"
    cast.later(days=4)
    assert (
        opal.put(f"/operator/activities/{activity}", body(cast, version=2)).json()["code"] == "activity_over"
    )


def test_a_shop_that_withdrew_creates_no_campaign_in_it() -> None:
    cast = Cast()
    activity = announced(cast)
    mary = cast.actor("mary")
    actions.sign_up("tea", activity, acting=mary, now=cast.now)
    draft = actions.create("tea", "x", Terms(2_000, 200, 50), activity=activity, acting=mary, now=cast.now)
    actions.abandon("tea", public_id(draft.pk), acting=mary, now=cast.now)
    actions.withdraw_sign_up("tea", activity, acting=mary, now=cast.now)
    with pytest.raises(Exception, match="not_signed_up"):
        actions.create("tea", "x", Terms(2_000, 200, 50), activity=activity, acting=mary, now=cast.now)
    with pytest.raises(Conflict):
        actions.withdraw_sign_up("tea", activity, acting=mary, now=cast.now)
