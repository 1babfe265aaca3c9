"""Campaigns as a command line gives them: what is read, and the key that every refusal names."""

import pytest

from pinback.history import HistoryError, parse_campaign, parse_campaigns

TERMS = "threshold=20000,rebate=1000,quantity=500"


def test_all_keys() -> None:
    found = parse_campaign(
        f"{TERMS}, funded=2010-01-10 ,valid_days=30,id=spring,name=Spring offer", "Europe/London"
    )
    assert (found.id, found.threshold_minor, found.rebate_minor, found.quantity) == (
        "spring",
        20000,
        1000,
        500,
    )
    assert (found.valid_days, found.name, found.fee_minor) == (30, "Spring offer", 500_000)


def test_what_is_left_out() -> None:
    found = parse_campaign(f"{TERMS},funded=2010-01-10", "Europe/London")
    assert (found.id, found.valid_days, found.name) == ("c20000-1000-500-2010-01-10", 15, None)


@pytest.mark.parametrize(
    ("funded", "zone", "text"),
    [
        ("2010-01-10", "Europe/London", "2010-01-10T00:00:00+00:00"),
        ("2010-07-10", "Asia/Shanghai", "2010-07-10T00:00:00+08:00"),
        ("2010-07-10T12:30", "Europe/London", "2010-07-10T12:30:00+01:00"),
        ("2010-07-10 12:30:05", "Europe/London", "2010-07-10T12:30:05+01:00"),
        ("2010-07-10T12:30:05Z", "Europe/London", "2010-07-10T13:30:05+01:00"),
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04T01:00:00-02:00"),  # clocks skipped 0:00
    ],
)
def test_a_day_means_its_local_midnight(funded: str, zone: str, text: str) -> None:
    assert parse_campaign(f"{TERMS},funded={funded}", zone).funded.text == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["does not exist"]),
        ("rebate=1000,quantity=500,funded=2010-01-10", ["threshold is missing"]),
        (TERMS, ["funded is missing"]),
        (f"{TERMS},funded=2010-01-10,colour=red", ["'colour'", "valid_days"]),
        (f"{TERMS},funded=2010-01-10,rebate=5", ["rebate is given twice"]),
        (f"{TERMS},funded=", ["funded has no value"]),
        (f"{TERMS},funded", ["funded has no value"]),
        (f"{TERMS},funded=tomorrow", ["funded must be a day", "tomorrow"]),
        (f"{TERMS},funded=1999-01-10", ["funded must be"]),
        (f"{TERMS},funded=2010-02-30", ["funded must be"]),
        (
            "threshold=200.00,rebate=1000,quantity=500,funded=2010-01-10",
            ["threshold", "minor units", "200.00"],
        ),
        ("threshold=-1,rebate=1000,quantity=500,funded=2010-01-10", ["threshold"]),
        ("threshold=²,rebate=1000,quantity=500,funded=2010-01-10", ["threshold"]),
        (f"threshold={'9' * 5000},rebate=1,quantity=5,funded=2010-01-10", ["threshold"]),
        ("threshold=2,rebate=1000,quantity=many,funded=2010-01-10", ["quantity must be a whole number, not"]),
        (f"threshold=2,rebate={10**12},quantity=2,funded=2010-01-10", ["rebate times quantity"]),
        (f"{TERMS},funded=2010-01-10,id=a/b", ["id must be"]),
        (f"{TERMS},funded=2010-01-10,id={'x' * 65}", ["id must be"]),
        (f"{TERMS},funded=2010-01-10,name={'x' * 501}", ["name is longer"]),
    ],
)
def test_a_wrong_campaign_is_refused_with_its_key(text: str, words: list[str]) -> None:
    with pytest.raises(HistoryError) as refused:
        parse_campaign(text, "Europe/London")
    for word in words:
        assert word in str(refused.value)
    assert len(str(refused.value)) < 6000


def test_two_campaigns_need_two_ids() -> None:
    text = f"{TERMS},funded=2010-01-10"
    assert len(parse_campaigns([text, f"{text},id=other"], "Europe/London")) == 2
    with pytest.raises(HistoryError, match="c20000-1000-500-2010-01-10 already"):
        parse_campaigns([text, text], "Europe/London")
