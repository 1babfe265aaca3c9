"""Hostile input: whatever stands in a file, no traceback, and no good event beside it is lost."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.pinback import Ran, call_pinback, run_pinback, without_powers

pytestmark = pytest.mark.slow

BLANKS_100_MB = 100 * 2**20


def opened(number: int, **more: Any) -> bytes:
    """A good event: a shop opens."""
    event = {"id": f"e{number}", "type": "shop.opened", "at": "2026-11-10T10:00:00Z", "shop": f"s{number}"}
    return json.dumps(event | more, ensure_ascii=False).encode()


def settled(database: str, path: Path, *options: str) -> Ran:
    """Settle a file."""
    return call_pinback("settle", path, *options, database=database)


def counts(ran: Ran) -> str:
    """How many events were applied, duplicates, refused."""
    return ran.err.splitlines()[0]


def in_file(folder: Path, content: bytes, name: str = "events.ndjson") -> Path:
    """A file with that content."""
    path = folder / name
    path.write_bytes(content)
    return path


# --- files that cannot be read ----------------------------------------------------------------------------


def test_no_such_file(sqlite: str, tmp_path: Path) -> None:
    ran = settled(sqlite, tmp_path / "missing")
    assert (ran.code, ran.line) == (2, f"cannot read {tmp_path}/missing: No such file or directory")


def test_a_folder(sqlite: str, tmp_path: Path) -> None:
    ran = settled(sqlite, tmp_path)
    assert (ran.code, ran.line) == (2, f"cannot read {tmp_path}: Is a directory")


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = in_file(tmp_path, opened(1))
    path.chmod(0)
    ran = run_pinback("settle", path, "--database", ":memory:", before=without_powers())
    assert (ran.code, ran.line) == (2, f"cannot read {path}: Permission denied")


def test_a_file_that_breaks_off(sqlite: str) -> None:
    # Memory that is not there.
    ran = settled(sqlite, Path("/proc/self/mem"))
    assert ran.code == 2
    assert ran.err.splitlines()[-1] == "pinback: cannot read /proc/self/mem: Input/output error"


def test_a_file_that_is_not_gzip(sqlite: str, tmp_path: Path) -> None:
    ran = settled(sqlite, in_file(tmp_path, opened(1), "events.gz"))
    assert ran.code == 2
    assert ran.err.splitlines()[-1].endswith("events.gz: it is not gzip data, or damaged")


@pytest.mark.parametrize("batch", ["7", "1000"])
def test_the_complete_lines_of_a_truncated_gzip_are_settled(sqlite: str, tmp_path: Path, batch: str) -> None:
    stream = b"".join(opened(number) + b"\n" for number in range(1000))
    packed = gzip.compress(stream)
    half = in_file(tmp_path, packed[: len(packed) // 2], "half.gz")
    ran = settled(sqlite, half, "--batch", batch)
    first, *_, last = ran.err.splitlines()
    applied = int(first.split()[0])
    assert ran.code == 2
    assert first == f"{applied} applied, 0 duplicates, 0 refused"
    assert last == f"pinback: cannot read {half}: it ends in the middle of its compressed data"
    assert applied > 300
    whole = settled(sqlite, in_file(tmp_path, packed, "whole.gz"))
    assert counts(whole) == f"{1000 - applied} applied, {applied} duplicates, 0 refused"


def test_what_stands_before_damage_in_a_gzip_is_settled(sqlite: str, tmp_path: Path) -> None:
    good = gzip.compress(b"".join(opened(number) + b"\n" for number in range(10)))
    ran = settled(sqlite, in_file(tmp_path, good + b"no gzip at all", "events.gz"))
    assert ran.code == 2
    assert counts(ran) == "10 applied, 0 duplicates, 0 refused"
    damaged = bytearray(gzip.compress(os.urandom(100_000)))
    damaged[50_000:50_010] = b"\0" * 10
    ran = settled(sqlite, in_file(tmp_path, bytes(damaged), "damaged.gz"))
    assert ran.code == 2
    assert "Traceback" not in ran.err


# --- files that hold no events ----------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n\n\r\n \t\n", b"\xef\xbb\xbf\n"])
def test_a_file_without_events(sqlite: str, tmp_path: Path, content: bytes) -> None:
    ran = settled(sqlite, in_file(tmp_path, content), "--decisions", "-", "--state", "-")
    assert ran.code == 0
    assert counts(ran) == "0 applied, 0 duplicates, 0 refused"
    empty = b'{"campaigns":{},"debts":{},"orders":{},"sales":{},"shops":{},"vouchers":{}}\n'
    assert ran.out == empty


def test_an_empty_gzip(sqlite: str, tmp_path: Path) -> None:
    assert settled(sqlite, in_file(tmp_path, gzip.compress(b""), "events.gz")).code == 0
    assert settled(sqlite, in_file(tmp_path, b"", "nothing.gz")).code in (0, 2)


@pytest.mark.parametrize("seed", range(3))
def test_a_binary_file(sqlite: str, tmp_path: Path, seed: int) -> None:
    noise = bytes((seed * 251 + number * number * 7919 >> 3) % 256 for number in range(200_000))
    ran = settled(sqlite, in_file(tmp_path, opened(1) + b"\n" + noise + b"\n" + opened(2)))
    assert ran.code == 0
    assert counts(ran).startswith("2 applied, 0 duplicates, ")
    assert "Traceback" not in ran.err
    assert all(character.isprintable() for character in ran.err.replace("\n", ""))


# --- lines ------------------------------------------------------------------------------------------------


def test_line_breaks_of_all_kinds(sqlite: str, tmp_path: Path) -> None:
    content = (
        b"\xef\xbb\xbf" + opened(1) + b"\r\n\r\n" + opened(2) + b"\n \n" + opened(3) + b"\r\n" + opened(4)
    )
    ran = settled(sqlite, in_file(tmp_path, content), "--decisions", "-")
    assert counts(ran) == "4 applied, 0 duplicates, 0 refused"
    assert [json.loads(line)["cause"] for line in ran.out.splitlines()] == ["e1", "e2", "e3", "e4"]


def sparse(path: Path, before: bytes, after: bytes) -> Path:
    """A file with 100 MB of NUL between two texts, which takes no room on the disk."""
    with path.open("wb") as file:
        file.write(before)
        file.seek(BLANKS_100_MB, os.SEEK_CUR)
        file.write(after)
    return path


def test_a_valid_event_with_100_mb_of_blanks_in_it_is_applied(sqlite: str, tmp_path: Path) -> None:
    path = tmp_path / "long"
    with path.open("wb") as file:
        file.write(opened(1) + b"\n" + opened(2)[:-1])
        for _ in range(100):
            file.write(b" " * 2**20)
        file.write(b"}\n" + opened(3) + b"\n")
    ran = settled(sqlite, path)
    assert counts(ran) == "3 applied, 0 duplicates, 0 refused"


def test_100_mb_of_rubbish_in_a_line_are_refused(sqlite: str, tmp_path: Path) -> None:
    path = sparse(tmp_path / "long", opened(1) + b"\n" + b'{"id":"', b'"}\n' + opened(2) + b"\n")
    ran = settled(sqlite, path)
    assert counts(ran) == "2 applied, 0 duplicates, 1 refused"
    path = sparse(tmp_path / "last", opened(3) + b"\n", b"\0")
    assert counts(settled(sqlite, path)) == "1 applied, 0 duplicates, 1 refused"


@pytest.mark.parametrize("character", [b"x", b"\xf0\x9f\x8d\xb5"])
def test_a_value_of_10_mb_is_refused_in_a_short_line(sqlite: str, tmp_path: Path, character: bytes) -> None:
    long = character * (10**7 // len(character))
    event = opened(1).replace(b"shop.opened", long)
    ran = settled(sqlite, in_file(tmp_path, event + b"\n" + opened(2) + b"\n"))
    assert counts(ran) == "1 applied, 0 duplicates, 1 refused"
    assert len(ran.err) < 1000


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 10**6,
        b'{"a":' * 10**6,
        b"[" * 10**6 + b"]" * 10**6,
        opened(1)[:-1] + b',"x":' + b"[" * 10**5 + b"]" * 10**5 + b"}",
        opened(1)[:-1] + b',"x":' + b'{"x":' * 17 + b"1" + b"}" * 18,
        b"9" * 10**5,
        opened(1)[:-1] + b',"x":' + b"9" * 10**5 + b"}",
        opened(1)[:-1] + b',"x":1e' + b"9" * 10**5 + b"}",
        opened(1)[:-1] + b',"x":NaN}',
        opened(1)[:-1] + b',"x":-Infinity}',
        b'{"id":"x","type":"order.paid","at":"2026-11-10T10:00:00Z","shop":"s","order":"o","amount":NaN}',
        b'{"id":"\\ud800","type":"shop.opened","at":"2026-11-10T10:00:00Z","shop":"s"}',
        opened(1)[:-1] + b',"\\ud800":1}',
        opened(1)[:-1] + b',"\\ud800":"\\udfff"}',
        opened(1).replace(b'"s1"', b'"\\u0000"'),
        opened(1).replace(b'"s1"', b'"s\\/1"'),
        opened(1).replace(b'"s1"', '"店"'.encode()),
        opened(1).replace(b'"s1"', b'""'),
        opened(1) + b"\0",
        b"\0" + opened(1),
        opened(1) + opened(1),
        opened(1).decode().encode("utf-16"),
        b"\xff\xfe\x00",
        b'{"id":"\xed\xa0\x80"}',
        b"null",
        b'"text"',
        b"{}",
        b'{"a":"' + b'\\"' * 1000,
    ],
    ids=range(28),
)
def test_a_bad_line_is_refused_and_its_neighbours_are_applied(
    sqlite: str, tmp_path: Path, line: bytes
) -> None:
    ran = settled(sqlite, in_file(tmp_path, opened(7) + b"\n" + line + b"\n" + opened(8) + b"\n"))
    assert ran.code == 0
    assert counts(ran) == "2 applied, 0 duplicates, 1 refused"
    assert "  line 2: bad_event: " in ran.err
    assert len(ran.err) < 1000
    assert all(character.isprintable() for character in ran.err.replace("\n", ""))


def test_what_a_hostile_line_says_cannot_command_the_terminal(sqlite: str, tmp_path: Path) -> None:
    line = opened(1)[:-1] + b',"\\u001b[2J\\u0007\\n\\r\\u202e":1}'
    ran = settled(sqlite, in_file(tmp_path, line))
    assert "unknown field" in ran.err
    assert all(character.isprintable() for character in ran.err.replace("\n", ""))
    assert len(ran.err.splitlines()) == 3


# --- texts and ids ----------------------------------------------------------------------------------------

ODD_IDS = (
    "'",
    '"',
    "\\",
    "%s",
    "{}",
    "?",
    "[]",
    "$1",
    "--",
    ";",
    ",",
    "\\N",
    "\\.",
    "~" * 64,
    "0",
    "-1",
    "NULL",
    "|",
    "`",
)


def test_ids_of_odd_characters_and_texts_of_all_characters(address: str, tmp_path: Path) -> None:
    texts = [
        "\0",
        "a\0b",
        "\\0",
        "\t\n\r\\N\\.",
        "🍵" * 500,
        "👩‍👩‍👧‍👦",
        "é",
        "\u202e",
        "'; DROP TABLE settlement_event; --",
        "",
    ]
    lines: list[bytes] = []

    def tell(kind: str, shop: str, **fields: Any) -> None:
        event = {"id": f"{kind}{len(lines)}", "type": kind, "at": "2026-11-10T10:00:00Z", "shop": shop}
        lines.append(json.dumps(event | fields).encode())

    for number, odd in enumerate(ODD_IDS):
        text = texts[number % len(texts)]
        product = {"product": odd, "quantity": 1, "unit_price": 5}
        terms = {"threshold": 5, "rebate": 1, "quantity": 10}
        tell("campaign.created", odd, campaign=odd, **terms, name=text)
        tell("campaign.funded", odd, campaign=odd, amount=10, method="wechat")
        tell("order.placed", odd, order=odd, buyer=odd, lines=[product])
        tell("order.paid", odd, order=odd, amount=5, method=text)
        tell("order.confirmed", odd, order=odd)
        tell("order.received", odd, order=odd)
        tell("refund.requested", odd, order=odd, refund=odd, reason=text)
        tell("refund.succeeded", odd, order=odd, refund=odd)
    path = in_file(tmp_path, b"\n".join(lines))
    for options in (("--batch", "3"), ("--batch", "5000")):
        ran = settled(address, path, *options)
        assert counts(ran).endswith(" duplicates, 0 refused"), ran.err
    assert call_pinback("audit", database=address).code == 0


def test_a_voucher_that_is_any_text_is_only_unavailable(address: str, tmp_path: Path) -> None:
    lines: list[bytes] = []
    for number, voucher in enumerate(
        ["\0", "s/c/1", "x/y/" + "9" * 400, "🍵" * 500, "s/c/0", "//", "%s", ""]
    ):
        event = {"id": f"e{number}", "type": "order.placed", "at": "2026-11-10T10:00:00Z", "shop": "s"}
        line = [{"product": "p", "quantity": 1, "unit_price": 1}]
        fields = {"order": f"o{number}", "buyer": "b", "lines": line, "voucher": voucher}
        lines.append(json.dumps(event | fields).encode())
    ran = settled(address, in_file(tmp_path, b"\n".join(lines)))
    assert ran.err.splitlines()[:2] == ["0 applied, 0 duplicates, 8 refused", "  8 voucher_unavailable"]


def test_a_closed_standard_input_is_told() -> None:
    ran = run_pinback("settle", "-", "--database", ":memory:", preexec_fn=lambda: os.close(0))
    assert (ran.code, ran.line) == (2, "cannot read -: Bad file descriptor")
