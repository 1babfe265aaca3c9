"""The first page of a shop: each need with its number, its time, and the list it leads to."""

import re
from datetime import datetime

import pytest

from pinback.delivery import actions as delivery
from pinback.delivery.models import Parcel
from pinback.desk import actions as desk
from pinback.kit import clock
from pinback.kit.ids import public_id
from pinback.kit.transactions import durable
from pinback.marketing import actions as marketing
from pinback.marketing.models import Campaign
from pinback.marketing.rules import Terms
from pinback.rules.events import CampaignFunded
from pinback.settlement.moments import instant_of
from pinback.settlement.recording import apply_within
from tests.support.browsing import browser, text
from tests.support.cast import Cast

pytestmark = pytest.mark.usefixtures("market")


def page_of(cast: Cast, name: str) -> str:
    return text(browser(cast, name).get("/seller/tea/"))


def needs(page: str) -> dict[str, str]:
    """The number of each need, by the address it leads to."""
    found = re.findall(r'<a href="([^"]+)">\s*<span class="todo-number">([\d,]+)</span>', page)
    return dict(found)


def test_each_need_has_its_number_and_leads_to_its_list() -> None:
    cast = Cast(now=clock.now())
    few = cast.product(title="Few", stock=9)
    sent, asked = (public_id(cast.buy("ann", few).pk) for _ in range(2))
    for _ in range(2):
        cast.buy("bob", few)
    desk.open_case(asked, desk.Asked(), acting=cast.actor("ann"), now=cast.now)
    delivery.ship("tea", sent, carrier="SF", tracking="1", acting=cast.actor("walt"), now=cast.now)
    Parcel.objects.update(status="stuck")
    page = page_of(cast, "olive")
    found = needs(page)
    assert found["/seller/tea/orders/?work=to_ship"] == "2"
    assert found["/seller/tea/orders/?work=trouble"] == "1"
    assert found["/seller/tea/refunds/"] == "1"
    assert found["/seller/tea/products/?stock=low"] == "1"
    assert "2 days left" in page
    assert "Few 500 g: 5" in page


@durable
def fund(campaign: Campaign, now: datetime) -> None:
    shop, _slash, id_ = campaign.key.partition("/")
    paid = CampaignFunded(
        id=f"{id_}-funded", at=instant_of(now), shop=shop, campaign=id_, amount=2_500, method="wechat"
    )
    apply_within(paid, now=now)


def test_a_campaign_about_to_run_out_is_named_with_what_is_left() -> None:
    cast = Cast(now=clock.now())
    goods = cast.product()
    terms = Terms(5_000, 250, 10)
    campaign = marketing.create("tea", "Autumn <b>", terms, acting=cast.actor("mary"), now=cast.now)
    fund(campaign, cast.now)
    cast.later(days=2)
    for buyer in range(7):
        cast.buy(f"buyer{buyer}", goods)
    with clock.held_at(cast.now):
        page = page_of(cast, "olive")
        assert needs(page)["/seller/tea/marketing/?state=running"] == "0"
        assert f"/seller/tea/marketing/{public_id(campaign.pk)}/" in page
        assert "7 of 10 vouchers out" in page
        cast.buy("ann", goods)
        page = page_of(cast, "olive")
    assert needs(page)["/seller/tea/marketing/?state=running"] == "1"
    assert "Autumn &lt;b&gt;: 2 vouchers left" in page


def test_a_role_sees_its_own_needs_alone() -> None:
    cast = Cast(now=clock.now())
    cast.buy("ann", cast.product())
    assert set(needs(page_of(cast, "walt"))) == {
        "/seller/tea/orders/?work=to_ship",
        "/seller/tea/orders/?work=trouble",
    }
    assert "Sales balance" not in page_of(cast, "walt")
    assert "Sales balance" in page_of(cast, "faye")


def test_the_months_figures_count_what_was_received() -> None:
    cast = Cast(now=clock.now())
    order = public_id(cast.buy("ann", cast.product()).pk)
    delivery.ship("tea", order, carrier="SF", tracking="1", acting=cast.actor("walt"), now=cast.now)
    before = page_of(cast, "olive")
    assert re.search(r"Orders received</dt><dd>0", before)
    delivery.receive("tea", order, acting=cast.actor("ann"), now=cast.now)
    after = page_of(cast, "olive")
    assert re.search(r"Orders received</dt><dd>1", after)
    assert re.search(r"Sales received</dt><dd>¥60.00", after)
