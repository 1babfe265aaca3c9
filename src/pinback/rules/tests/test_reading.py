"""Section 10 to the letter: what is an event and what is none, field by field and character by character."""

import json
from typing import Any

import pytest

from pinback.rules.instants import zone_names
from pinback.rules.reading import BadEvent, content_of, event_of, lines_of, parse_line
from tests.support.settling import fold_stream
from tests.support.story import Market, as_line

MOST = 10**12
SHARED = {"id": "e1", "shop": "tea", "at": "2026-11-10T10:00:00+08:00"}
LINE = {"product": "oolong", "quantity": 1, "unit_price": 50_00}

EVENTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "shop.opened": ({}, {"timezone": "Asia/Shanghai"}),
    "campaign.created": (
        {"campaign": "spring", "threshold": 100_00, "rebate": 20_00, "quantity": 10},
        {"valid_days": 15, "name": "春"},
    ),
    "campaign.funded": ({"campaign": "spring", "amount": 200_00, "method": "wechat"}, {}),
    "campaign.stopped": ({"campaign": "spring"}, {}),
    "order.placed": (
        {"order": "o1", "buyer": "Li", "lines": [LINE]},
        {"discount": 0, "postage": 0, "voucher": "tea/spring/1"},
    ),
    "order.paid": ({"order": "o1", "amount": 50_00}, {"method": "微信"}),
    "order.confirmed": ({"order": "o1"}, {}),
    "order.shipped": ({"order": "o1"}, {}),
    "order.received": ({"order": "o1"}, {}),
    "order.cancelled": ({"order": "o1"}, {"reason": "不想要了"}),
    "refund.requested": ({"order": "o1", "refund": "r1"}, {"reason": "不想要了"}),
    "refund.succeeded": (
        {"order": "o1", "refund": "r1"},
        {"lines": [{"line": 1, "quantity": 1}], "amount": 1, "postage": 1},
    ),
    "refund.closed": ({"order": "o1", "refund": "r1"}, {}),
    "compensation.paid": ({"order": "o1", "amount": 1}, {"reason": "补差价"}),
    "debt.paid": ({"buyer": "Li", "amount": 1}, {}),
    "clock.ticked": ({}, {}),
}
"""The table of section 10: the fields that each type must have, and those it may have."""

TEXTS = [
    ("campaign.created", "name"),
    ("order.placed", "voucher"),
    ("order.paid", "method"),
    ("order.cancelled", "reason"),
    ("refund.requested", "reason"),
    ("compensation.paid", "reason"),
]
REQUIRED = [(kind, name) for kind, (needed, _) in EVENTS.items() for name in (*SHARED, "type", *needed)]
ALL_FIELDS = REQUIRED + [(kind, name) for kind, (_, optional) in EVENTS.items() for name in optional]


def plain(kind: str, **changes: Any) -> dict[str, Any]:
    """An event of that type with the fields it must have, and changes."""
    return {"type": kind, **SHARED, **EVENTS[kind][0], **changes}


def is_event(fields: Any) -> bool:
    """Whether such a line is an event."""
    line = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
    return not isinstance(parse_line(line), BadEvent)


def with_amount(spelling: str) -> bytes:
    """A payment whose amount is spelled like this."""
    return as_line(plain("order.paid", amount=777)).replace(b"777", spelling.encode())


# --- fields -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", EVENTS)
def test_needed_fields_alone_and_every_optional_one(kind: str) -> None:
    assert is_event(plain(kind))
    for name, value in EVENTS[kind][1].items():
        assert is_event(plain(kind, **{name: value}))


@pytest.mark.parametrize(("kind", "name"), REQUIRED)
def test_a_missing_field(kind: str, name: str) -> None:
    fields = plain(kind)
    del fields[name]
    assert not is_event(fields)


@pytest.mark.parametrize("kind", EVENTS)
@pytest.mark.parametrize("name", ["colour", "Id", "line", "", "buyer_id"])
def test_an_unknown_field(kind: str, name: str) -> None:
    assert not is_event(plain(kind, **{name: 1}))


@pytest.mark.parametrize(("kind", "name"), ALL_FIELDS)
def test_null_and_values_of_another_type(kind: str, name: str) -> None:
    others: tuple[Any, ...] = (None, True, 1.5, {}, [[]], ["x"])
    for value in others:
        assert not is_event(plain(kind, **{name: value})), value
    right = plain(kind, **EVENTS[kind][1])[name]
    assert not is_event(plain(kind, **{name: 7 if isinstance(right, str) else "7"}))


@pytest.mark.parametrize(
    "line",
    [
        {"quantity": 1, "unit_price": 1},
        {"product": "a", "unit_price": 1},
        {"product": "a", "quantity": 1},
        LINE | {"colour": "red"},
        LINE | {"product": "a b"},
        LINE | {"quantity": "1"},
        LINE | {"unit_price": None},
        [],
        1,
    ],
)
def test_a_wrong_line_of_an_order(line: Any) -> None:
    assert not is_event(plain("order.placed", lines=[LINE, line]))


@pytest.mark.parametrize(
    "line",
    [{"line": 1}, {"quantity": 1}, {"line": 1, "quantity": 1, "product": "a"}, {"line": "1", "quantity": 1}],
)
def test_a_wrong_line_of_a_refund(line: Any) -> None:
    assert not is_event(plain("refund.succeeded", lines=[line]))


@pytest.mark.parametrize(
    "kind", ["", "order", "order.Placed", "order.placed ", "order.refunded", "event.applied"]
)
def test_a_type_that_is_not_in_the_table(kind: str) -> None:
    assert not is_event({"type": kind, **SHARED})


def test_one_events_fields_are_not_anothers() -> None:
    assert not is_event(plain("campaign.stopped", amount=1))
    assert not is_event(plain("order.confirmed", reason="x"))
    assert not is_event(plain("refund.requested", amount=1))
    assert not is_event(plain("refund.succeeded", reason="x"))
    assert not is_event(plain("refund.closed", reason="x"))
    assert not is_event(plain("campaign.funded", name="x"))
    assert not is_event(plain("clock.ticked", timezone="UTC"))


# --- bounds -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "name", "least", "most"),
    [
        ("campaign.created", "threshold", -MOST, MOST),
        ("campaign.created", "rebate", -MOST, MOST),
        ("campaign.created", "quantity", -MOST, MOST),
        ("campaign.created", "valid_days", -MOST, MOST),
        ("campaign.funded", "amount", -MOST, MOST),
        ("order.placed", "discount", 0, MOST),
        ("order.placed", "postage", 0, MOST),
        ("order.paid", "amount", -MOST, MOST),
        ("refund.succeeded", "amount", 1, MOST),  # 0 without postage is a refund of nothing
        ("refund.succeeded", "postage", 0, MOST),
        ("compensation.paid", "amount", 1, MOST),
        ("debt.paid", "amount", 1, MOST),
    ],
)
def test_integers_between_their_bounds(kind: str, name: str, least: int, most: int) -> None:
    for value, good in ((least - 1, False), (least, True), (most, True), (most + 1, False)):
        assert is_event(plain(kind, **{name: value})) is good, value


@pytest.mark.parametrize(("name", "least", "most"), [("quantity", 1, 10**6), ("unit_price", 0, MOST)])
def test_numbers_of_an_order_line(name: str, least: int, most: int) -> None:
    for value, good in ((least - 1, False), (least, True), (most, True), (most + 1, False)):
        assert is_event(plain("order.placed", lines=[LINE | {name: value}])) is good, value


@pytest.mark.parametrize(("name", "least", "most"), [("quantity", 1, 10**6), ("line", 1, MOST)])
def test_numbers_of_a_refund_line(name: str, least: int, most: int) -> None:
    for value, good in ((least - 1, False), (least, True), (most, True), (most + 1, False)):
        line = {"line": 1, "quantity": 1, name: value}
        assert is_event(plain("refund.succeeded", lines=[line])) is good, value


@pytest.mark.parametrize(("count", "good"), [(0, False), (1, True), (1000, True), (1001, False)])
def test_how_many_lines_an_order_has(count: int, good: bool) -> None:
    assert is_event(plain("order.placed", lines=[LINE] * count)) is good


def test_how_many_lines_a_refund_names() -> None:
    lines = [{"line": n, "quantity": 1} for n in range(1, 1500)]
    assert not is_event(plain("refund.succeeded", lines=[]))
    assert is_event(plain("refund.succeeded", lines=lines))
    assert not is_event(plain("refund.succeeded", lines=[*lines, lines[7]]))


@pytest.mark.parametrize("name", ["id", "shop", "campaign", "order", "buyer", "refund"])
@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("!", True),
        ("~", True),
        (".0", True),
        ("!\"#$%&'()*+,-.0123456789:;<=>?@[\\]^_`{|}~", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("", False),
        ("a/b", False),
        ("/", False),
        (" ", False),
        ("a b", False),
        ("a\x7f", False),
        ("a\n", False),
        ("\x00", False),
        ("茶", False),
        ("é", False),
        ("ａ", False),
    ],
)
def test_ids(name: str, value: str, good: bool) -> None:
    kind = next(kind for kind in EVENTS if name in plain(kind))
    assert is_event(plain(kind, **{name: value})) is good
    assert is_event(plain("order.placed", lines=[LINE | {"product": value}])) is good


@pytest.mark.parametrize(("kind", "name"), TEXTS)
@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("", True),
        ("x" * 500, True),
        ("x" * 501, False),
        ("茶" * 500, True),
        ("茶" * 501, False),
        ("\U0001f375" * 500, True),  # counted in code points
        ("\U0001f375" * 501, False),
        ("\ud83c\udf75", True),  # a pair of escapes is one character
        ("\ud83c", False),
        ("\udf75 \ud83c", False),
        ("a\x00\n\t\x7f\u2028", True),
    ],
)
def test_texts(kind: str, name: str, value: str, good: bool) -> None:
    assert is_event(plain(kind, **{name: value})) is good


@pytest.mark.parametrize("method", ["WeChat", "alipay", "", "debit card", "wechat "])
def test_how_a_campaign_is_not_paid(method: str) -> None:
    assert not is_event(plain("campaign.funded", method=method))


def test_every_zone_that_tzdata_lists() -> None:
    assert len(zone_names()) > 590
    for name in zone_names():
        assert is_event(plain("shop.opened", timezone=name))


@pytest.mark.parametrize(
    "name",
    ["localtime", "Factory", "posixrules", "", "asia/shanghai", "Asia/Peking", "Asia", "+08:00", "../UTC"],
)
def test_what_is_no_zone(name: str) -> None:
    assert not is_event(plain("shop.opened", timezone=name))


@pytest.mark.parametrize("name", ["UTC", "PRC", "Etc/GMT-14", "EST5EDT", "America/Argentina/ComodRivadavia"])
def test_zones_of_all_kinds(name: str) -> None:
    assert is_event(plain("shop.opened", timezone=name))


# --- instants -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2026-11-10T10:00:00Z", "2026-11-10T10:00:00Z"),
        ("2026-11-10T10:00:00+08:00", "2026-11-10T02:00:00Z"),
        ("2026-11-10T10:00:00-03:30", "2026-11-10T13:30:00Z"),
        ("2026-11-10T10:00:00+00:00", "2026-11-10T10:00:00Z"),
        ("2026-11-10T10:00:00-00:00", "2026-11-10T10:00:00Z"),
        ("2026-11-10T10:00:00.9Z", "2026-11-10T10:00:00Z"),
        ("2026-11-10T10:00:00.99999999999999999999+08:00", "2026-11-10T02:00:00Z"),
        ("2026-11-10T23:59:59+23:59", "2026-11-10T00:00:59Z"),
        ("2026-11-10T00:00:00-23:59", "2026-11-10T23:59:00Z"),
        ("2000-01-01T00:00:00Z", "2000-01-01T00:00:00Z"),
        ("2000-01-01T00:00:00+23:59", "1999-12-31T00:01:00Z"),
        ("2099-12-31T23:59:59Z", "2099-12-31T23:59:59Z"),
        ("2099-12-31T23:59:59-23:59", "2100-01-01T23:58:59Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
        ("2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"),
    ],
)
def test_instants(written: str, shown: str) -> None:
    market = Market()
    (applied,) = market.tell(as_line(plain("clock.ticked", at=written)))
    assert applied["at"] == shown


@pytest.mark.parametrize(
    "written",
    [
        "1999-12-31T23:59:59Z",
        "1999-12-31T23:59:59-08:00",
        "2100-01-01T00:00:00Z",
        "2100-01-01T00:00:00+08:00",
        "2026-11-10T10:00:00+24:00",
        "2026-11-10T10:00:00-24:00",
        "2026-11-10T10:00:00+08:60",
        "2026-11-10T10:00:00",  # naive
        "2026-11-10T10:00:00.5",
        "2026-11-10T10:00Z",
        "2026-11-10T10Z",
        "2026-11-10",
        "2026-11-10 10:00:00Z",
        "2026-11-10t10:00:00Z",
        "2026-11-10T10:00:00z",
        "2026-11-10T10:00:00.Z",
        "2026-11-10T10:00:00,5Z",
        "2026-11-10T10:00:00+0800",
        "2026-11-10T10:00:00+08",
        "2026-11-10T10:00:00+8:00",
        "2026-11-10T10:00:00 +08:00",
        "2026-11-10T10:00:00Z ",
        " 2026-11-10T10:00:00Z",
        "2026-11-10T10:00:00Z\n",
        "2026-11-10T24:00:00Z",
        "2026-11-10T10:60:00Z",
        "2026-11-10T10:00:60Z",
        "2026-13-01T10:00:00Z",
        "2026-00-01T10:00:00Z",
        "2026-11-31T10:00:00Z",
        "2026-11-00T10:00:00Z",
        "2026-02-29T10:00:00Z",
        "2026-1-10T10:00:00Z",
        "20261110T100000Z",
        "+2026-11-10T10:00:00Z",
        "２026-11-10T10:00:00Z",
        "2026-11-10T10:00:00.٣Z",
        "2026-11-10T10:00:00Zjunk",
        "",
        "now",
    ],
)
def test_what_is_no_instant(written: str) -> None:
    assert not is_event(plain("clock.ticked", at=written))


def test_an_instant_is_a_text() -> None:
    assert not is_event(plain("clock.ticked", at=1794276000))


# --- JSON ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("spelling", ["-0", " 0", "7 ", "-7", "1000000000000"])
def test_numbers_in_plain_digits(spelling: str) -> None:
    assert is_event(with_amount(spelling))


def test_minus_nought_is_nought() -> None:
    first, again = parse_line(with_amount("-0")), parse_line(with_amount("0"))
    assert first == again
    assert not isinstance(first, BadEvent)
    assert content_of(first) == content_of(again)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "spelling",
    [
        "1.0",
        "1e2",
        "1E2",
        "0.0",
        "-0.0",
        "1e0",
        "10e-1",
        "1.5",
        "1e400",
        '"1"',
        "true",
        "1" * 13,
        "-" + "9" * 5000,
    ],
)
def test_numbers_otherwise(spelling: str) -> None:
    read = parse_line(with_amount(spelling))
    assert isinstance(read, BadEvent)
    assert (read.cause, read.shop, read.at) == (
        "e1",
        "tea",
        1794276000,
    )  # JSON it is, and the rest can be read


@pytest.mark.parametrize(
    "spelling",
    ["NaN", "Infinity", "-Infinity", "01", "-", "+1", "1.", ".5", "0x10", "1_000", "1e", "'1'", "", "nul"],
)
def test_what_is_no_json_number(spelling: str) -> None:
    assert parse_line(with_amount(spelling))[:3] == (None, None, None)  # type: ignore[index]


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"}",
        b"null",
        b"7",
        b'"text"',
        b"[]",
        b"[{}]",
        b"hello",
        b"\x00",
        b"\xff\xfe{\x00}\x00",
        b"\x0b",
        b"\x0c",
        "\u00a0".encode(),
        b"{}{}",
        as_line(plain("clock.ticked")) + b",",
        as_line(plain("clock.ticked")) * 2,
        as_line(plain("clock.ticked"))[:-1],
        as_line(plain("clock.ticked")).replace(b'"e1"', b"'e1'"),
        as_line(plain("clock.ticked")).replace(b'"e1"', b'"e1",'),
        as_line(plain("clock.ticked")) + b"//",
        as_line(plain("order.cancelled", reason="QQ")).replace(b"QQ", b"a\tb"),
        as_line(plain("order.cancelled", reason="QQ")).replace(b"QQ", b"\\x41"),
        as_line(plain("order.cancelled", reason="QQ")).replace(b"QQ", b"\\u12"),
        as_line(plain("order.cancelled", reason="QQ")).replace(b"QQ", b"\xff"),
        as_line(plain("order.cancelled", reason="QQ")).replace(b"QQ", b"\xc0\x80"),
        as_line(plain("order.cancelled", reason="QQ")).replace(b"QQ", b"\xed\xa0\x80"),
        as_line(plain("order.cancelled", reason="QQ")).replace(b"QQ", b"\xf4\x90\x80\x80"),
        as_line(plain("order.cancelled")).replace(b'"order":', b'"reason":"\xff","reason":"x","order":'),
    ],
)
def test_what_cannot_be_read_at_all(line: bytes) -> None:
    market = Market()
    with market.refuses("bad_event"):
        (refused,) = market.tell(line)
    assert (refused["cause"], refused["shop"], refused["at"]) == (None, None, None)


@pytest.mark.parametrize(
    "line",
    [
        b'{"id":7,"id":"e1","type":"clock.ticked","shop":"tea","at":"2026-11-10T02:00:00Z"}',
        b'{"id":null,"type":"clock.ticked","shop":"tea","at":"2026-11-10T02:00:00Z","id":"e1"}',
        b'{"type":"order.paid","id":"e1","shop":"tea","at":"2026-11-10T02:00:00Z","type":"clock.ticked"}',
        b'{"type":[1.5],"id":"e1","shop":"tea","at":"2026-11-10T02:00:00Z","type":"clock.ticked"}',
        b'{"at":"yesterday","type":"clock.ticked","id":"e1","shop":"tea","at":"2026-11-10T02:00:00Z"}',
        b'{"shop":"\\ud800","type":"clock.ticked","id":"e1","shop":"tea","at":"2026-11-10T02:00:00Z"}',
        b'{"id":99999999999999999999999999,"type":"clock.ticked","id":"e1","shop":"tea","at":"2026-11-10T02:00:00Z"}',
        b'{"\\u0069d":"e1","type":"clock.ticked","shop":"tea","at":"2026-11-10T02:00:00Z"}',
        b' \t\r{ "id" : "e1" ,\t"type":"clock\\u002eticked","shop":"tea","at":"2026-11-10T02:00:00Z"} \r',
    ],
)
def test_of_a_key_given_twice_the_last_counts(line: bytes) -> None:
    expected = parse_line(b'{"id":"e1","type":"clock.ticked","shop":"tea","at":"2026-11-10T02:00:00Z"}')
    assert not isinstance(expected, BadEvent)
    assert parse_line(line) == expected


@pytest.mark.parametrize(
    ("extra", "shown"),
    [
        (b'"id":7', (None, "tea", 1794276000)),
        (b'"shop":"a/b"', ("e1", None, 1794276000)),
        (b'"at":"2026-11-10T02:00:00"', ("e1", "tea", None)),
        (b'"type":"order.paid"', ("e1", "tea", 1794276000)),
        (b'"type":7', ("e1", "tea", 1794276000)),
        (b'"at":null,"id":"","shop":[]', (None, None, None)),
        (b'"id":"e2","reason":1', ("e2", "tea", 1794276000)),
    ],
)
def test_the_last_counts_also_where_it_is_wrong(extra: bytes, shown: tuple[Any, ...]) -> None:
    line = b'{"id":"e1","type":"clock.ticked","shop":"tea","at":"2026-11-10T02:00:00Z",%s}' % extra
    assert parse_line(line)[:3] == shown  # type: ignore[index]


@pytest.mark.parametrize(("depth", "good"), [(16, True), (17, False), (100_000, False)])
@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_nesting(depth: int, good: bool, brackets: str) -> None:
    opening = "[" if brackets == "[]" else '{"a":'
    deep = opening * (depth - 1) + "1" + brackets[1] * (depth - 1)
    line = (
        b'{"id":%s,"id":"e1","type":"clock.ticked","shop":"tea","at":"2026-11-10T02:00:00Z"}' % deep.encode()
    )
    assert is_event(line) is good


def test_brackets_in_a_text_are_no_nesting() -> None:
    text = '[{"\\' * 100
    assert is_event(plain("order.cancelled", reason=text))
    twice = as_line(plain("order.cancelled", reason=text)).replace(b'"id":', b'"id":7,"id":')
    assert is_event(twice)


def test_many_deep_values_side_by_side_are_not_deep() -> None:
    line = b'{"id":[%s],"id":"e1","type":"clock.ticked","shop":"tea","at":"2026-11-10T02:00:00Z"}'
    assert is_event(line % b",".join([b"[[[[[[[[[[[[[[]]]]]]]]]]]]]]"] * 50))


# --- streams ------------------------------------------------------------------------------------


def test_a_bom_at_the_start_and_blank_lines_are_skipped_but_counted() -> None:
    stream = [b"\xef\xbb\xbf\n", b" \t\r\n", b"first\r\n", b"\n", b"second\n", b"  last"]
    assert list(lines_of(stream)) == [(3, b"first\r"), (5, b"second"), (6, b"  last")]


def test_a_bom_before_the_first_event_and_nowhere_else() -> None:
    bom = b"\xef\xbb\xbf"
    assert list(lines_of([bom + b"first\n", bom + b"second\n"])) == [(1, b"first"), (2, bom + b"second")]
    assert list(lines_of([bom + bom + b"first\n"])) == [(1, bom + b"first")]
    assert not is_event(bom + as_line(plain("clock.ticked")))


@pytest.mark.parametrize("blank", [b"\x0b", b"\x0c", b"\x00", b"\x1f", b"\xc2\xa0", b"\xe2\x80\xa8"])
def test_other_white_space_is_not_blank(blank: bytes) -> None:
    assert list(lines_of([blank + b"\n"])) == [(1, blank)]


def test_a_refusal_shows_the_number_of_its_line() -> None:
    good = as_line(plain("clock.ticked"))
    decisions, _ = fold_stream(b"\xef\xbb\xbf" + good + b"\r\n\n \t\nno\n" + good)
    shown = [json.loads(decision) for decision in decisions]
    assert [d["type"] for d in shown] == ["event.applied", "event.refused", "event.duplicate"]
    assert (shown[1]["line"], shown[1]["code"]) == (4, "bad_event")


@pytest.mark.parametrize("kind", EVENTS)
def test_what_the_event_log_keeps_is_the_event(kind: str) -> None:
    for extra in ({}, *({name: value} for name, value in EVENTS[kind][1].items())):
        event = parse_line(as_line(plain(kind, **extra)))
        assert not isinstance(event, BadEvent)
        assert event_of(content_of(event)) == event
        assert event.type == kind


def test_depth_is_counted_down_again_at_each_end() -> None:
    inside = "[" * 15 + "]" * 15
    line = '{"id":[[],[],%s],"id":"e1","type":"clock.ticked","shop":"tea","at":"2026-11-10T02:00:00Z"}'
    assert not is_event((line % inside).encode())
    assert is_event((line % inside[1:-1]).encode())


@pytest.mark.parametrize(
    "hostile", [b'{"a":"' + b'\\"' * 1_000_000, b'"' * 1_000_000, b'{"a":"' + b"\\" * 1_000_001]
)
def test_a_long_hostile_line_is_read_over_once(hostile: bytes) -> None:
    # Read over again from each of its quotes this would take an hour.
    assert not is_event(hostile)
