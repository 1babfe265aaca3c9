"""Payouts, the fee of a campaign and visits under threads; and what happens without the guard."""

from functools import partial
from threading import Barrier, local
from typing import Any

import pytest

from pinback.kit.ids import public_id
from pinback.marketing import actions
from pinback.marketing.actions import payouts
from pinback.marketing.funds.balances import balance_of, standing_of
from pinback.marketing.models import Campaign, Link, LinkDay, Payout
from pinback.marketing.rules import Terms
from pinback.payments.models import Payment
from pinback.settlement.models import Campaign as SettledCampaign
from tests.races_market.crowd import at_once
from tests.support.cast import Cast

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("open_market")]

CROWD = 6


def rich(cast: Cast) -> None:
    """Tea has 1,000 fen of marketing balance: a campaign that was stopped."""
    made = actions.create("tea", "x", Terms(2_000, 100, 10), acting=cast.actor("mary"), now=cast.now)
    campaign = public_id(made.pk)
    cast.notice(actions.pay("tea", campaign, "wechat", acting=cast.actor("mary"), now=cast.now))
    actions.stop("tea", campaign, acting=cast.actor("mary"), now=cast.now)


def ask(cast: Cast, amount: int) -> Any:
    """Ask for a payout."""
    return actions.request_payout("tea", "marketing", amount, acting=cast.actor("faye"), now=cast.now)


def test_payouts_asked_for_at_once_are_never_more_than_the_balance() -> None:
    cast = Cast()
    rich(cast)
    cast.actor("faye")
    answers = at_once([partial(ask, cast, 400)] * CROWD)
    assert sum(isinstance(answer, Payout) for answer in answers) == 2
    assert answers.count("not_covered") == CROWD - 2
    marketing = standing_of(cast.shops["tea"]).balances["marketing"]
    assert (marketing.requested_minor, marketing.available_minor) == (800, 200)


def test_control_looking_before_the_transaction_asks_for_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody reads the balance before anybody has written, and decides on what they saw."""
    cast = Cast()
    rich(cast)
    cast.actor("faye")
    seen = local()
    looked = Barrier(CROWD)

    def look_and_ask() -> Any:
        seen.balance = balance_of(cast.shops["tea"], "marketing")
        looked.wait(60)
        return ask(cast, 1_000)

    monkeypatch.setattr(payouts, "balance_of", lambda shop, account: seen.balance)
    at_once([look_and_ask] * CROWD)
    assert Payout.objects.count() == CROWD
    marketing = standing_of(cast.shops["tea"]).balances["marketing"]
    assert marketing.requested_minor == CROWD * 1_000 > marketing.balance_minor


def test_a_fee_that_is_paid_by_two_methods_at_once_funds_once() -> None:
    cast = Cast()
    mary = cast.actor("mary")
    made = actions.create("tea", "x", Terms(2_000, 100, 10), acting=mary, now=cast.now)
    begun = [
        actions.pay("tea", public_id(made.pk), method, acting=mary, now=cast.now)
        for method in ("wechat", "debit_card")
    ]
    at_once([partial(cast.notice, payment) for payment in begun])
    assert sorted(Payment.objects.values_list("status", flat=True)) == ["succeeded", "unneeded"]
    assert SettledCampaign.objects.get().balance_minor == 1_000


def test_a_draft_is_paid_or_given_up_and_never_both() -> None:
    cast = Cast()
    mary = cast.actor("mary")
    made = actions.create("tea", "x", Terms(2_000, 100, 10), acting=mary, now=cast.now)
    campaign = public_id(made.pk)
    payment = actions.pay("tea", campaign, "wechat", acting=mary, now=cast.now)
    give_up = partial(actions.abandon, "tea", campaign, acting=mary, now=cast.now)
    at_once([partial(cast.notice, payment), give_up])
    payment.refresh_from_db()
    made.refresh_from_db()
    is_funded = SettledCampaign.objects.get().starts_at is not None
    assert (payment.status == "succeeded") == is_funded == (made.abandoned_at is None)
    assert Campaign.objects.filter(funded_at=None).exists() != is_funded


def test_visits_at_once_count_each_visitor_once() -> None:
    cast = Cast()
    link = public_id(actions.standing_link("shop", "tea", now=cast.now).pk)
    at_once(
        [
            partial(actions.follow, link, visitor=visitor, now=cast.now)
            for visitor in ("a", "a", "b", "b", "c", "d")
        ]
    )
    assert Link.objects.get().visits == LinkDay.objects.get().visits == 4
