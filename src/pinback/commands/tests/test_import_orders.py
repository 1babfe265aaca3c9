"""`pinback import-orders`: every option, what it refuses, and that importing again changes nothing."""

import gzip
import json
from pathlib import Path

import pytest

from pinback.history.tests.shop import EXAMPLES, write
from tests.support.pinback import Ran, call_pinback, run_pinback
from tests.support.settling import fold_stream

MAPPING = EXAMPLES / "online-retail.toml"
CAMPAIGN = "id=c,threshold=1000,rebate=100,quantity=10,valid_days=3,funded=2010-01-01"


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """The export of a small shop: three orders, one refund, a line that cannot be used."""
    return write(
        tmp_path,
        "1 tea 2 2010-01-05T10:00 6.95 b1",
        "2 tea 1 2010-01-06T10:00 6.95 b2",
        "C3 tea -1 2010-01-07T10:00 6.95 b1",
        "4 cup 3 2010-01-15T10:00 x b1",
        "5 cup 3 2010-02-15T10:00 1.00 b1",
    )


def imported(database: str, path: Path | str, *options: str | Path, stdin: bytes = b"") -> Ran:
    """Import a file into the shop S."""
    words = ("import-orders", path, "--mapping", MAPPING, "--shop", "S", *options)
    return call_pinback(*words, database=database, stdin=stdin)


def test_orders_refunds_and_what_could_not_be_used(address: str, history: Path) -> None:
    ran = imported(address, history)
    lines = ran.err.splitlines()
    assert ran.code == 0
    assert lines[0] == "5 rows: 3 orders with 3 lines and 6 units, 1 refunds with 1 units"
    assert "line 5:" in ran.err
    assert lines[-1].endswith(" applied, 0 duplicates, 0 refused")
    again = imported(address, history, "--batch", "2")
    applied = lines[-1].split()[0]
    assert again.err.splitlines()[-1] == f"0 applied, {applied} duplicates, 0 refused"
    assert call_pinback("audit", database=address).code == 0


def test_a_campaign_runs_through_the_history(sqlite: str, history: Path, tmp_path: Path) -> None:
    options = ("--campaign", CAMPAIGN, "--campaign", CAMPAIGN.replace("id=c", "id=d"), "--daily-clock")
    out = tmp_path / "events.ndjson"
    assert imported(sqlite, history, *options, "--events", out).code == 0
    kinds = [json.loads(line)["type"] for line in out.read_bytes().splitlines()]
    assert kinds.count("campaign.created") == 2
    assert "clock.ticked" in kinds
    state = call_pinback("settle", out, "--state", "-", database=sqlite)
    assert state.err.startswith("0 applied, ")
    assert state.out == fold_stream(out.read_bytes())[1]
    assert json.loads(state.out)["vouchers"]


def test_a_dry_run_settles_nothing(history: Path, tmp_path: Path) -> None:
    words = ("import-orders", history, "--mapping", MAPPING, "--shop", "S", "--dry-run", "--events", "-")
    ran = run_pinback(*words, "--database", f"sqlite:///{tmp_path}/db")
    assert ran.code == 0
    assert len(ran.out.splitlines()) > 10
    assert not (tmp_path / "db").exists()
    assert "applied" not in ran.err


def test_packed_and_from_standard_input(sqlite: str, history: Path, tmp_path: Path) -> None:
    first = imported(sqlite, history, "--events", tmp_path / "events.gz")
    packed = tmp_path / "history.csv.gz"
    packed.write_bytes(gzip.compress(history.read_bytes()))
    for ran in (imported(sqlite, packed), imported(sqlite, "-", stdin=history.read_bytes())):
        assert ran.code == 0
        assert ran.err.splitlines()[:-1] == first.err.splitlines()[:-1]
        assert ran.err.splitlines()[-1].startswith("0 applied, ")
    assert gzip.decompress((tmp_path / "events.gz").read_bytes()).count(b"\n") > 10


def test_into_a_shop_that_is_open_already(sqlite: str, history: Path) -> None:
    opened = (
        b'{"id":"1","type":"shop.opened","at":"2010-01-01T00:00:00Z","shop":"S","timezone":"Europe/Rome"}'
    )
    assert call_pinback("settle", "-", database=sqlite, stdin=opened).code == 0
    assert imported(sqlite, history).err.splitlines()[-1].endswith(" applied, 0 duplicates, 0 refused")


@pytest.mark.parametrize("which", ["history", "mapping", "database"])
def test_what_is_read_is_not_overwritten(sqlite: str, history: Path, tmp_path: Path, which: str) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_bytes(MAPPING.read_bytes())
    files = {"history": history, "mapping": mapping, "database": Path(sqlite.removeprefix("sqlite:///"))}
    before = files[which].read_bytes()
    words = ("import-orders", history, "--mapping", mapping, "--shop", "S", "--events", files[which])
    ran = call_pinback(*words, database=sqlite)
    assert ran.code == 2
    assert ran.line.endswith(" are the same file")
    assert files[which].read_bytes() == before


@pytest.mark.parametrize(
    "options",
    [
        ("--shop", "a/b"),
        ("--shop", ""),
        ("--shop", "店"),
        ("--mapping", "missing.toml"),
        ("--mapping", "/dev/null"),
        ("--mapping", "/proc/self/exe"),
        ("--campaign", "what"),
        ("--campaign", "threshold=x,rebate=1,quantity=10,funded=2010-01-01"),
        ("--campaign", ""),
        ("--events", "/dev/full"),
        ("--events", "/nowhere/out"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(
    sqlite: str, history: Path, options: tuple[str, str]
) -> None:
    ran = imported(sqlite, history, *options)
    assert (ran.code, bool(ran.line)) == (2, True)


@pytest.mark.parametrize(
    "name", ["missing.csv", "folder", "binary.csv", "binary.parquet", "cut.csv.gz", "empty.csv"]
)
def test_files_that_cannot_be_read_are_told_in_one_line(sqlite: str, tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.csv").touch()
    for binary in ("binary.csv", "binary.parquet"):
        (tmp_path / binary).write_bytes(bytes(range(256)) * 50)
    packed = gzip.compress(write(tmp_path, *["1 tea 2 2010-01-05T10:00 6.95 b1"] * 9999).read_bytes())
    (tmp_path / "cut.csv.gz").write_bytes(packed[: len(packed) // 2])
    ran = imported(sqlite, tmp_path / name)
    assert (ran.code, bool(ran.line)) == (2, True)
