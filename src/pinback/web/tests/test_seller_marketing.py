"""Planning a campaign in three steps, paying it, its page and its end; themed activities."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings

from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.marketing import actions, queries
from pinback.marketing.funds.balances import standing_of
from pinback.marketing.models import Campaign, Link, SignUp
from pinback.marketing.rules import Standard, Terms
from pinback.payments.models import Payment
from tests.support.browsing import PART, browser, text
from tests.support.cast import NOON, Cast

pytestmark = pytest.mark.usefixtures("market")

TYPED = {
    "threshold_minor": "20",
    "rebate_minor": "1",
    "quantity": "10",
    "valid_days": "15",
    "name": "Autumn",
}
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def cast(market: str) -> Any:
    """Noon of a Tuesday in the shop's zone."""
    cast = Cast()
    with clock.held_at(NOON):
        yield cast


def begun(mary: Client, method: str = "wechat") -> str:
    """The page of the payment of a campaign that was planned as typed."""
    answer = mary.post("/seller/tea/marketing/new/review", {**TYPED, "method": method})
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def funded(cast: Cast) -> Campaign:
    """A campaign whose fee came in now, and which starts at midnight."""
    campaign = actions.create("tea", "Autumn", Terms(2_000, 100, 10), acting=cast.actor("mary"), now=cast.now)
    payment = actions.pay("tea", public_id(campaign.pk), "wechat", acting=cast.actor("mary"), now=cast.now)
    cast.notice(payment)
    return campaign


def state(campaign: Campaign) -> str:
    return queries.view_of(Campaign.objects.get(pk=campaign.pk), now=clock.now()).state


# --- three steps -----------------------------------------------------------------------------------------


def test_three_steps_lead_from_nothing_to_a_paid_campaign(cast: Cast) -> None:
    mary = browser(cast, "mary")
    first = text(mary.get("/seller/tea/marketing/new"))
    asked_for = [name for name in (*TYPED, "activity") if f'name="{name}"' in first]
    assert asked_for == list(TYPED)
    second = text(mary.get("/seller/tea/marketing/new/review", TYPED))
    assert "¥10.00" in second
    assert "Wednesday 0:00" in second
    assert not Campaign.objects.exists()
    third = begun(mary)
    assert "no money moves" in text(mary.get(third))
    campaign = Campaign.objects.get()
    paid = mary.post(f"{third}decide", {"outcome": "paid"})
    assert paid.headers["Location"] == f"/seller/tea/marketing/{public_id(campaign.pk)}/"
    assert state(campaign) == "scheduled"
    page = text(mary.get(paid.headers["Location"]))
    assert "Runs from" in page
    assert "Wednesday 0:00" in page


def test_wrong_terms_are_explained_at_their_field_and_kept(cast: Cast) -> None:
    mary = browser(cast, "mary")
    wrong = TYPED | {"rebate_minor": "0.99", "quantity": "9", "name": HOSTILE}
    for answer in (
        mary.get("/seller/tea/marketing/new/review", wrong),
        mary.post("/seller/tea/marketing/new/review", {**wrong, "method": "wechat"}),
    ):
        page = text(answer)
        assert answer.status_code == 422
        assert (
            "The rebate must be at least 5 % of the threshold: ¥1.00."
            in page.partition('id="id_rebate_minor-wrong"')[2]
        )
        assert "At least 10 vouchers are needed." in page.partition('id="id_quantity-wrong"')[2]
        assert 'value="0.99"' in page
        assert HOSTILE not in page
        assert "&lt;script&gt;" in page
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("threshold_minor", "ten", "Write an amount such as 12.34."),
        ("rebate_minor", "21", "The rebate must not be above the threshold."),
        ("quantity", "ten", "Enter a whole number."),
        ("valid_days", "366", "Vouchers must be valid for 1 to 365 days."),
        ("name", "", "This field is required."),
    ],
)
def test_each_field_says_what_is_wrong_with_it(cast: Cast, field: str, typed: str, said: str) -> None:
    answer = browser(cast, "mary").get("/seller/tea/marketing/new/review", TYPED | {field: typed})
    assert answer.status_code == 422
    behind = text(answer).partition(f'id="id_{field}-wrong"')[2]
    assert said in behind.partition('class="field"')[0]


def test_the_fee_follows_what_is_typed_and_empty_fields_are_not_blamed(cast: Cast) -> None:
    mary = browser(cast, "mary")
    quote = "/seller/tea/marketing/new/quote"
    some = text(mary.get(quote, {"threshold_minor": "20", "rebate_minor": "", "quantity": ""}, headers=PART))
    assert "¥1.00" in some
    assert "This field is required." not in some
    wrong = text(mary.get(quote, TYPED | {"rebate_minor": "0.5"}, headers=PART))
    at_field = wrong.partition('data-place="id_rebate_minor-wrong"')[2].partition("</template>")[0]
    assert "at least 5 %" in at_field
    assert "not met" in wrong
    whole = text(mary.get(quote, TYPED, headers=PART))
    assert "¥10.00" in whole
    assert "not met" not in whole
    assert "<html" not in whole
    assert not Campaign.objects.exists()


def test_one_can_go_back_from_the_review_with_everything_kept(cast: Cast) -> None:
    mary = browser(cast, "mary")
    review = text(mary.get("/seller/tea/marketing/new/review", TYPED | {"name": HOSTILE}))
    assert HOSTILE not in review
    back = review.partition('href="/seller/tea/marketing/new?')[2].partition('"')[0].replace("&amp;", "&")
    first = text(mary.get(f"/seller/tea/marketing/new?{back}"))
    assert 'value="20"' in first
    assert "&lt;script&gt;" in first


def test_whoever_works_for_several_shops_chooses_the_shop(cast: Cast) -> None:
    cast.open_shop("silk", {"mary": "marketing"})
    cast.open_shop("wool", {"mary": "warehouse"})
    first = text(browser(cast, "mary").get("/seller/tea/marketing/new"))
    assert 'href="/seller/silk/marketing/new"' in first
    assert 'href="/seller/wool/marketing/new"' not in first


# --- paying ----------------------------------------------------------------------------------------------


def test_a_declined_payment_leaves_the_draft_to_be_paid_otherwise(cast: Cast) -> None:
    mary = browser(cast, "mary")
    declined = mary.post(f"{begun(mary)}decide", {"outcome": "failed"})
    page = text(mary.get(declined.headers["Location"]))
    assert "The payment was declined." in page
    campaign = Campaign.objects.get()
    assert state(campaign) == "draft"
    again = mary.post(f"{declined.headers['Location']}pay", {"method": "debit_card"})
    assert "Pay by debit card" in text(mary.get(again.headers["Location"]))
    assert mary.post(f"{declined.headers['Location']}pay", {"method": "gold"}).status_code == 302
    assert Payment.objects.count() == 2


def test_the_page_follows_when_the_money_is_there(cast: Cast) -> None:
    mary = browser(cast, "mary")
    path = begun(mary)
    assert mary.get(path, headers=PART).status_code == 204
    cast.notice(Payment.objects.get())
    done = f"/seller/tea/marketing/{public_id(Campaign.objects.get().pk)}/"
    assert mary.get(path, headers=PART).headers["HX-Redirect"] == done
    assert mary.get(path).headers["Location"] == done


def test_wechat_is_paid_by_a_code_that_is_drawn_here(cast: Cast) -> None:
    mary = browser(cast, "mary")
    path = begun(mary)
    Payment.objects.update(to_client={"kind": "wechat_native", "code_url": "weixin://wxpay/bizpayurl?pr=abc"})
    page = text(mary.get(path))
    assert "<svg" in page
    assert "weixin://" not in page
    assert "no money moves" not in page


def test_the_card_form_lets_its_provider_in_on_this_page_alone(cast: Cast) -> None:
    mary = browser(cast, "mary")
    path = begun(mary, "debit_card")
    Payment.objects.update(
        to_client={"kind": "stripe", "client_secret": "pi_1_secret_2", "publishable_key": "pk_test_1"}
    )
    assert "https://js.stripe.com" in mary.get(path).headers["Content-Security-Policy"]
    assert "stripe" not in mary.get("/seller/tea/marketing/new").headers["Content-Security-Policy"]


def test_outside_of_a_sandbox_nobody_decides(cast: Cast) -> None:
    mary = browser(cast, "mary")
    path = begun(mary)
    with override_settings(PINBACK_SANDBOX=False):
        assert mary.post(f"{path}decide", {"outcome": "paid"}).status_code == 404
    assert state(Campaign.objects.get()) == "draft"


def test_a_payment_of_one_campaign_is_not_found_at_another(cast: Cast) -> None:
    mary = browser(cast, "mary")
    path = begun(mary)
    other = actions.create("tea", "Other", Terms(2_000, 100, 10), acting=cast.actor("mary"), now=cast.now)
    campaign = public_id(Campaign.objects.get(name="Autumn").pk)
    assert mary.get(path.replace(campaign, public_id(other.pk))).status_code == 404


def test_what_cannot_be_paid_now_says_why_on_the_campaigns_page(cast: Cast) -> None:
    mary = browser(cast, "mary")
    campaign = funded(cast)
    page = f"/seller/tea/marketing/{public_id(campaign.pk)}/"
    again = mary.post(f"{page}pay", {"method": "wechat"})
    assert again.headers["Location"] == page
    assert "Only a draft can be paid." in text(mary.get(page))


# --- the list and the page -------------------------------------------------------------------------------


def test_campaigns_are_listed_by_state(cast: Cast) -> None:
    mary = browser(cast, "mary")
    assert "plan your first campaign" in text(mary.get("/seller/tea/marketing/"))
    funded(cast)
    actions.create("tea", HOSTILE, Terms(2_000, 100, 10), acting=cast.actor("mary"), now=cast.now)
    every = text(mary.get("/seller/tea/marketing/"))
    assert "Autumn" in every
    assert HOSTILE not in every
    assert "&lt;script&gt;" in every
    scheduled = text(mary.get("/seller/tea/marketing/?state=scheduled"))
    assert "Autumn" in scheduled
    assert "&lt;script&gt;" not in scheduled
    assert "No campaign is in this state." in text(mary.get("/seller/tea/marketing/?state=running"))


def test_the_page_of_a_campaign_says_whether_it_paid_off(cast: Cast) -> None:
    campaign = funded(cast)
    cast.later(days=1)
    goods = cast.product(price=2_000, solo=2_500)
    with clock.held_at(cast.now):
        for name in ("ann", "bob"):
            cast.buy(name, goods)
        page = text(browser(cast, "mary").get(f"/seller/tea/marketing/{public_id(campaign.pk)}/"))
    assert "2 orders for a net cost of ¥0.00." in page
    assert "The shop had no orders before it to compare with." in page
    for title in (
        "Vouchers left",
        "Vouchers by state",
        "Where the fee went",
        "Refunded",
        "Taken back",
        "Net cost",
    ):
        assert title in page
    assert "2 / 10" in page
    assert "chart-burn-down" in page


def test_a_new_name_is_kept_and_a_stale_one_overwrites_nothing(cast: Cast) -> None:
    mary, campaign = browser(cast, "mary"), funded(cast)
    page = f"/seller/tea/marketing/{public_id(campaign.pk)}/"
    assert mary.post(f"{page}name", {"name": HOSTILE, "version": 1}).status_code == 302
    shown = text(mary.get(page))
    assert HOSTILE not in shown
    assert "&lt;script&gt;" in shown
    mary.post(f"{page}name", {"name": "Late", "version": 1})
    assert "Somebody changed this meanwhile" in text(mary.get(page))
    mary.post(f"{page}name", {"name": "", "version": 2})
    assert "A name has 1 to 60 characters." in text(mary.get(page))
    campaign.refresh_from_db()
    assert campaign.name == HOSTILE


def test_a_link_to_share_is_made_once(cast: Cast) -> None:
    mary, campaign = browser(cast, "mary"), funded(cast)
    page = f"/seller/tea/marketing/{public_id(campaign.pk)}/"
    assert "Make a link" in text(mary.get(page))
    mary.post(f"{page}share")
    mary.post(f"{page}share")
    link = Link.objects.get(kind="campaign")
    shown = text(mary.get(page))
    assert f"/l/{public_id(link.pk)}/" in shown
    assert "<svg" in shown


def test_stopping_says_what_comes_back_before_it_does(cast: Cast) -> None:
    mary, campaign = browser(cast, "mary"), funded(cast)
    path = f"/seller/tea/marketing/{public_id(campaign.pk)}/end"
    asked = text(mary.get(path))
    assert "¥10.00 goes to your marketing balance at once." in asked
    assert state(campaign) == "scheduled"
    assert mary.post(path).status_code == 302
    assert state(campaign) == "ended"
    assert standing_of(cast.shops["tea"]).balances["marketing"].balance_minor == 1_000
    assert mary.post(path).status_code == 409
    ended = text(mary.get(path.removesuffix("end")))
    assert "threshold_minor=20.00" in ended


def test_a_draft_is_given_up(cast: Cast) -> None:
    mary = browser(cast, "mary")
    campaign = actions.create("tea", "Autumn", Terms(2_000, 100, 10), acting=cast.actor("mary"), now=cast.now)
    path = f"/seller/tea/marketing/{public_id(campaign.pk)}/end"
    assert "Nothing was paid." in text(mary.get(path))
    assert mary.post(path).headers["Location"] == "/seller/tea/marketing/"
    assert state(campaign) == "abandoned"


# --- themed activities -----------------------------------------------------------------------------------


def fair(cast: Cast, *, begins: int = 1, name: str = "Fair", about: str = "") -> str:
    """An activity that begins in so many days, lasts nine, and asks for 10 % and 20 vouchers."""
    terms = actions.ActivityTerms(
        name=name,
        about=about,
        starts_at=cast.now + timedelta(days=begins),
        ends_at=cast.now + timedelta(days=begins + 9),
        standard=Standard(10, 20, 1, 30),
    )
    return public_id(actions.announce(terms, acting=cast.actor("opal"), now=cast.now).pk)


def test_a_shop_signs_up_and_takes_part_under_stricter_standards(cast: Cast) -> None:
    mary, activity = browser(cast, "mary"), fair(cast)
    page = f"/seller/tea/activities/{activity}/"
    before = text(mary.get(page))
    assert "Sign up" in before
    assert "(5 % elsewhere)" in before
    assert mary.post(f"{page}join").status_code == 302
    assert SignUp.objects.count() == 1
    assert f"/seller/tea/marketing/new?activity={activity}" in text(mary.get(page))
    assert "selected>Fair" in text(mary.get(f"/seller/tea/marketing/new?activity={activity}"))
    typed = TYPED | {"activity": activity}
    refused = mary.get("/seller/tea/marketing/new/review", typed)
    assert refused.status_code == 422
    assert "at least 10 % of the threshold: ¥2.00" in text(refused)
    enough = typed | {"rebate_minor": "2", "quantity": "20"}
    assert mary.post("/seller/tea/marketing/new/review", {**enough, "method": "wechat"}).status_code == 302
    assert public_id(Campaign.objects.get().activity_id or 0) == activity
    assert "Autumn" in text(mary.get(page))


def test_an_activity_that_one_is_not_in_cannot_be_chosen(cast: Cast) -> None:
    mary, activity = browser(cast, "mary"), fair(cast)
    other = fair(cast, name="Other")
    mary.post(f"/seller/tea/activities/{other}/join")
    answer = mary.get("/seller/tea/marketing/new/review", TYPED | {"activity": activity})
    assert answer.status_code == 422
    assert not Campaign.objects.exists()


def test_a_shop_withdraws_until_it_starts(cast: Cast) -> None:
    mary, activity = browser(cast, "mary"), fair(cast)
    page = f"/seller/tea/activities/{activity}/"
    mary.post(f"{page}join")
    assert "Tea" in text(mary.get(f"{page}leave"))
    assert SignUp.objects.count() == 1
    assert mary.post(f"{page}leave").status_code == 302
    assert not SignUp.objects.exists()
    running = fair(cast, begins=-1)
    mary.post(f"/seller/tea/activities/{running}/join")
    assert mary.post(f"/seller/tea/activities/{running}/leave").status_code == 409


def test_what_an_operator_writes_of_an_activity_is_text(cast: Cast) -> None:
    mary = browser(cast, "mary")
    activity = fair(cast, name="<b>Fair</b>", about=HOSTILE)
    for path in ("/seller/tea/activities/", f"/seller/tea/activities/{activity}/"):
        page = text(mary.get(path))
        assert HOSTILE not in page
        assert "<b>Fair</b>" not in page


def test_activities_that_are_over_are_shown_on_demand(cast: Cast) -> None:
    mary = browser(cast, "mary")
    assert "No activity is announced now." in text(mary.get("/seller/tea/activities/"))
    fair(cast)
    cast.later(days=11)
    with clock.held_at(cast.now):
        assert "Fair" not in text(mary.get("/seller/tea/activities/"))
        assert "Fair" in text(mary.get("/seller/tea/activities/?over"))
