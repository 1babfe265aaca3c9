"""Section 2: what a campaign may promise, what it costs, when it starts and how it ends."""

import pytest

from tests.support.story import Campaign, Market, Shop

MOST = 10**12


@pytest.mark.parametrize(
    ("spend", "get", "vouchers", "valid_days"),
    [
        (1, 1, 10, 15),  # the smallest; a rebate as large as the threshold
        (100_00, 100_00, 10, 15),
        (100, 5, 10, 15),  # exactly 5 %
        (100_00, 20_00, 10, 1),
        (100_00, 20_00, 10, 365),
        (10**11, 10**11, 10, 15),  # a fee of exactly 10^12 fen
    ],
)
def test_terms_that_hold(tea: Shop, spend: int, get: int, vouchers: int, valid_days: int) -> None:
    drawn = tea.draft("spring", spend=spend, get=get, vouchers=vouchers, valid_days=valid_days)
    assert (drawn.status, drawn.reason, drawn.issued, drawn.starts_at) == ("draft", None, 0, None)
    assert (drawn.threshold, drawn.rebate, drawn.quantity) == (spend, get, vouchers)


@pytest.mark.parametrize(
    ("spend", "get", "vouchers", "valid_days"),
    [
        (0, 0, 10, 15),
        (-1, -1, 10, 15),
        (1, 0, 10, 15),
        (0, 1, 10, 15),
        (100_00, 100_01, 10, 15),  # a rebate 1 fen above the threshold
        (101, 5, 10, 15),  # 1 fen below 5 %
        (100_00, 20_00, 9, 15),
        (100_00, 20_00, 0, 15),
        (100_00, 20_00, -10, 15),
        (100_00, 20_00, 10, 0),
        (100_00, 20_00, 10, 366),
        (99_990_001, 99_990_001, 10_001, 15),  # a fee of 10^12 + 1 fen
        (MOST, MOST, 10, 15),
    ],
)
def test_terms_that_do_not_hold(
    market: Market, tea: Shop, spend: int, get: int, vouchers: int, valid_days: int
) -> None:
    with market.refuses("bad_terms"):
        tea.draft("spring", spend=spend, get=get, vouchers=vouchers, valid_days=valid_days)


def test_a_campaign_id_is_taken_once_in_its_shop(market: Market, tea: Shop, silk: Shop) -> None:
    tea.draft("spring", spend=100_00, get=20_00)
    with market.refuses("already_exists"):
        tea.draft("spring", spend=200_00, get=20_00)
    assert silk.draft("spring", spend=200_00, get=20_00).status == "draft"


def test_the_fee_is_rebate_times_quantity_to_the_fen(market: Market, tea: Shop) -> None:
    spring = tea.draft("spring", spend=100_00, get=20_01, vouchers=11)
    with market.refuses("amount_mismatch"):
        spring.fund(220_10)
        spring.fund(220_12)
    spring.fund(220_11)
    assert market.account("campaign:tea/spring") == 220_11
    assert market.account("external") == -220_11


@pytest.mark.parametrize("method", ["wechat", "debit_card"])
def test_funding_says_when_the_campaign_starts(market: Market, tea: Shop, method: str) -> None:
    spring = tea.draft("spring", spend=100_00, get=20_00).fund(method=method)
    assert market.kinds == ["event.applied", "campaign.scheduled"]
    assert market.said("campaign.scheduled") == [{"campaign": "spring", "starts_at": "2026-11-10T16:00:00Z"}]
    assert (spring.status, spring.starts_at) == ("scheduled", "2026-11-10T16:00:00Z")


@pytest.mark.parametrize("funded", ["draft", "scheduled", "running", "stopped", "exhausted"])
def test_only_a_draft_is_funded(market: Market, tea: Shop, funded: str) -> None:
    spring = tea.draft("spring", spend=100, get=20)
    if funded == "draft":
        spring.fund()
        return
    spring.fund(at="2026-11-10 10:00" if funded == "scheduled" else "2026-11-09 10:00")
    if funded == "stopped":
        spring.stop()
    if funded == "exhausted":
        for n in range(10):
            tea.deal(f"o{n}", "Li", "1 x oolong @ 1.00")
    with market.refuses("wrong_state"):
        spring.fund()


@pytest.mark.parametrize(
    ("funded", "starts"),
    [
        ("2026-11-09 23:59:59", "2026-11-09T16:00:00Z"),
        ("2026-11-10 00:00:00", "2026-11-10T16:00:00Z"),  # strictly after the moment of funding
        ("2026-11-10 00:00:01", "2026-11-10T16:00:00Z"),
    ],
)
def test_it_starts_at_the_first_midnight_after_funding(tea: Shop, funded: str, starts: str) -> None:
    spring = tea.campaign("spring", spend=100_00, get=20_00, funded=funded)
    assert spring.starts_at == starts


def test_it_runs_from_its_first_instant_on(market: Market, tea: Shop) -> None:
    spring = tea.campaign("spring", spend=100_00, get=20_00, funded="2026-11-10 12:00")
    early = tea.order("o1", "Li", "1 x oolong @ 100.00").pay()
    late = tea.order("o2", "Wang", "1 x oolong @ 100.00").pay()
    market.clock = "2026-11-10 23:59:59"
    assert spring.status == "scheduled"
    assert early.confirm().standing == ("not_eligible", "no_campaign")
    assert spring.status == "scheduled"
    market.clock = "2026-11-11 00:00:00"
    assert late.confirm().standing == ("issued", None)
    assert spring.status == "running"


def test_a_draft_issues_nothing(tea: Shop) -> None:
    tea.draft("spring", spend=100_00, get=20_00)
    assert tea.deal("o1", "Li", "1 x oolong @ 100.00").standing == ("not_eligible", "no_campaign")


def test_the_last_voucher_ends_it(market: Market, tea: Shop, spring: Campaign) -> None:
    for n in range(9):
        tea.deal(f"o{n}", f"buyer{n}", "1 x oolong @ 100.00")
        assert (spring.status, spring.reason, spring.issued) == ("running", None, n + 1)
    tea.deal("o9", "Li", "1 x oolong @ 100.00")
    assert market.kinds == ["event.applied", "rebate.decided", "voucher.issued", "campaign.ended"]
    assert market.said("campaign.ended") == [{"campaign": "spring", "reason": "exhausted", "returned": 0}]
    assert (spring.status, spring.reason, spring.issued) == ("ended", "exhausted", 10)
    assert market.account("campaign:tea/spring") == 0
    eleventh = tea.deal("o10", "Wang", "1 x oolong @ 100.00")
    assert eleventh.standing == ("not_eligible", "no_campaign")
    assert tea.marketing == 0


def test_a_voucher_taken_back_is_not_issued_again(market: Market, tea: Shop, spring: Campaign) -> None:
    deals = [tea.deal(f"o{n}", "Li", "1 x oolong @ 100.00") for n in range(9)]
    deals[0].refund("r0")
    assert spring.issued == 9
    tenth = tea.deal("o9", "Li", "1 x oolong @ 100.00")
    assert tenth.earned.code == "tea/spring/10"
    deals[1].refund("r1")
    assert (spring.status, spring.issued) == ("ended", 10)
    assert tea.deal("o10", "Li", "1 x oolong @ 100.00").standing == ("not_eligible", "no_campaign")


def test_stopping_returns_what_is_not_issued(market: Market, tea: Shop, spring: Campaign) -> None:
    for n in range(3):
        tea.deal(f"o{n}", "Li", "1 x oolong @ 100.00")
    spring.stop()
    assert market.kinds == ["event.applied", "campaign.ended"]
    assert market.said("campaign.ended") == [
        {"campaign": "spring", "reason": "stopped", "returned": 7 * 20_00}
    ]
    assert (spring.status, spring.reason, spring.issued) == ("ended", "stopped", 3)
    assert tea.marketing == 7 * 20_00
    assert market.account("campaign:tea/spring") == 0
    assert market.account("voucher:tea/spring/1") == 20_00


def test_stopping_before_the_start_returns_the_whole_fee(market: Market, tea: Shop) -> None:
    spring = tea.campaign("spring", spend=100_00, get=20_00, funded="2026-11-10 09:00")
    spring.stop()
    assert tea.marketing == 200_00
    assert (spring.status, spring.reason) == ("ended", "stopped")
    assert spring.starts_at == "2026-11-10T16:00:00Z"


def test_a_draft_cannot_be_stopped_and_nothing_ends_twice(market: Market, tea: Shop) -> None:
    spring = tea.draft("spring", spend=100_00, get=20_00)
    with market.refuses("wrong_state"):
        spring.stop()
    spring.fund().stop()
    with market.refuses("wrong_state"):
        spring.stop()
        spring.fund()


def test_no_campaign_no_funding(market: Market, tea: Shop, silk: Shop) -> None:
    spring = tea.draft("spring", spend=100_00, get=20_00)
    elsewhere = Campaign(silk, "spring", spring.fee)
    with market.refuses("unknown_campaign"):
        elsewhere.fund()
        elsewhere.stop()


def test_inside_counts_by_what_was_processed_not_by_the_clock(
    market: Market, tea: Shop, spring: Campaign
) -> None:
    before = tea.order("o1", "Li", "1 x oolong @ 100.00").pay()
    after = tea.order("o2", "Li", "1 x oolong @ 100.00").pay()
    market.clock = "2026-11-12 10:00"
    before.confirm()
    market.clock = "2026-11-11 10:00"
    spring.stop()  # at an earlier instant than the deal, but processed after it
    market.clock = "2026-11-10 12:00"
    after.confirm()  # an instant while it ran, but processed after the stop
    assert before.standing == ("issued", None)
    assert after.standing == ("not_eligible", "no_campaign")


def test_ten_vouchers_are_numbered_in_the_order_of_issue(tea: Shop, spring: Campaign) -> None:
    codes = [tea.deal(f"o{n}", "Li", "1 x oolong @ 100.00").earned.code for n in (2, 0, 1)]
    assert codes == ["tea/spring/1", "tea/spring/2", "tea/spring/3"]


def test_a_shop_opens_once_and_before_anything_else(market: Market, tea: Shop, silk: Shop) -> None:
    tea.opens("Europe/London")
    with market.refuses("already_exists"):
        tea.opens("Europe/Paris")
    silk.tick()
    with market.refuses("already_exists"):
        silk.opens()
    assert set(market.document["shops"]) == {"silk", "tea"}
