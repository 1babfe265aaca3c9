"""Whom the seller's pages of marketing, figures, money and access are for: each page and each act."""

import pytest
from django.test import Client

from pinback.accounts.actions import make_key
from pinback.api.models import Delivery, Endpoint
from pinback.api.webhooks import actions as hooks
from pinback.kit import clock
from pinback.kit.ids import new_id, public_id
from pinback.marketing import actions
from pinback.marketing.models import Payout
from pinback.marketing.rules import Terms
from tests.support.browsing import browser
from tests.support.cast import STAFF, Cast

pytestmark = pytest.mark.usefixtures("market")

MARKETING = {"olive", "mary"}
REPORTS = {"olive", "mary", "faye"}
MONEY = {"olive", "faye"}
OWNER = {"olive"}
PAGES = {
    "marketing/": MARKETING,
    "marketing/new": MARKETING,
    "marketing/new/quote": MARKETING,
    "marketing/new/review?threshold_minor=20&rebate_minor=1&quantity=10&valid_days=15&name=A": MARKETING,
    "marketing/{campaign}/": MARKETING,
    "marketing/{campaign}/end": MARKETING,
    "marketing/{campaign}/payments/{payment}/": MARKETING,
    "activities/": MARKETING,
    "activities/{activity}/": MARKETING,
    "activities/{activity}/leave": MARKETING,
    "reports/": REPORTS,
    "reports/sales.csv": REPORTS,
    "funds/": MONEY,
    "funds/statement.csv": MONEY,
    "funds/payouts/": MONEY,
    "funds/payouts/new": MONEY,
    "funds/payouts/{payout}/withdraw": MONEY,
    "staff/": OWNER,
    "staff/{person}/": OWNER,
    "keys/": OWNER,
    "keys/new": OWNER,
    "keys/{key}/revoke": OWNER,
    "webhooks/": OWNER,
    "webhooks/new": OWNER,
    "webhooks/{endpoint}/": OWNER,
    "webhooks/{endpoint}/delete": OWNER,
}
"""Every page of these rooms, and whom of the staff it is for."""

ACTS = {
    "marketing/new/review": MARKETING,
    "marketing/{campaign}/name": MARKETING,
    "marketing/{campaign}/pay": MARKETING,
    "marketing/{campaign}/share": MARKETING,
    "marketing/{campaign}/end": MARKETING,
    "marketing/{campaign}/payments/{payment}/decide": MARKETING,
    "activities/{activity}/join": MARKETING,
    "activities/{activity}/leave": MARKETING,
    "funds/payouts/new": MONEY,
    "funds/payouts/{payout}/withdraw": MONEY,
    "staff/": OWNER,
    "staff/{person}/": OWNER,
    "keys/new": OWNER,
    "keys/{key}/revoke": OWNER,
    "webhooks/new": OWNER,
    "webhooks/{endpoint}/": OWNER,
    "webhooks/{endpoint}/test": OWNER,
    "webhooks/{endpoint}/act": OWNER,
    "webhooks/{endpoint}/delete": OWNER,
    "webhooks/{endpoint}/replay": OWNER,
}
"""Everything that is posted there."""


@pytest.fixture
def cast(market: str) -> Cast:
    cast = Cast(now=clock.now())
    cast.open_shop("silk", {"sun": "owner", "olive": "owner"})
    return cast


@pytest.fixture
def things(cast: Cast) -> dict[str, str]:
    """One of everything at tea, by the name of its place in an address."""
    now, mary, olive = cast.now, cast.actor("mary"), cast.actor("olive")
    campaign = actions.create("tea", "Autumn", Terms(2_000, 100, 10), acting=mary, now=now)
    payment = actions.pay("tea", public_id(campaign.pk), "wechat", acting=mary, now=now)
    terms = actions.ActivityTerms(name="Fair", starts_at=cast.later(days=1), ends_at=cast.later(days=9))
    cast.now = now
    activity = actions.announce(terms, acting=cast.actor("opal"), now=now)
    payout = Payout.objects.create(
        id=new_id(),
        shop=cast.shops["tea"],
        account="sales",
        amount_minor=1,
        person_id=cast.person("faye").pk,
        created_at=now,
    )
    key, _secret = make_key(
        "tea", name="Stock", scopes=["orders.read"], expires_at=None, acting=olive, now=now
    )
    endpoint = hooks.create("tea", "https://shop.example/hook", [], acting=olive, now=now)
    return {
        "campaign": public_id(campaign.pk),
        "payment": public_id(payment.pk),
        "activity": public_id(activity.pk),
        "payout": public_id(payout.pk),
        "person": public_id(cast.person("walt").pk),
        "key": public_id(key.pk),
        "endpoint": public_id(endpoint.pk),
    }


@pytest.mark.slow
def test_a_page_is_for_those_whose_work_it_is(cast: Cast, things: dict[str, str]) -> None:
    wrong: list[tuple[str, object]] = []
    for page, for_whom in PAGES.items():
        path = f"/seller/tea/{page.format(**things)}"
        answers = {name: browser(cast, name).get(path).status_code for name in STAFF}
        let_in = {name for name, status in answers.items() if status == 200}
        if let_in != for_whom or not set(answers.values()) <= {200, 403, 404}:
            wrong.append((page, answers))
        if {browser(cast, name).get(path).status_code for name in ("ann", "sun")} != {404}:
            wrong.append((page, "a stranger"))
        if Client().get(path).status_code != 302:
            wrong.append((page, "a visitor"))
    assert wrong == []


@pytest.mark.slow
def test_an_act_is_for_those_whose_work_it_is(cast: Cast, things: dict[str, str]) -> None:
    wrong = []
    for act, for_whom in ACTS.items():
        path = f"/seller/tea/{act.format(**things)}"
        others = sorted(STAFF.keys() - for_whom)
        wrong += [(act, name) for name in others if browser(cast, name).post(path).status_code != 403]
        if {browser(cast, name).post(path).status_code for name in ("ann", "sun")} != {404}:
            wrong.append((act, "a stranger"))
        if Client().post(path).status_code != 302:
            wrong.append((act, "a visitor"))
        if Client(enforce_csrf_checks=True).post(path).status_code != 403:
            wrong.append((act, "another site"))
    assert wrong == []


def test_another_shops_things_are_not_in_mine(cast: Cast, things: dict[str, str]) -> None:
    olive = browser(cast, "olive")
    named = [page.format(**things) for page in PAGES if "{" in page and "activity" not in page]
    assert {page: olive.get(f"/seller/silk/{page}").status_code for page in named} == dict.fromkeys(
        named, 404
    )
    posted = [act.format(**things) for act in ACTS if "{" in act and "activity" not in act]
    answers = {act: olive.post(f"/seller/silk/{act}").status_code for act in posted}
    assert answers == dict.fromkeys(posted, 404)
    assert Endpoint.objects.count() == 1
    assert not Delivery.objects.exists()
