"""A small demo market: what it has to show, that it is right, and that a seed makes it again."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_MAKE = """
import json, sys
from collections import Counter
from datetime import UTC, datetime
from pinback.commands.setup import open_database

open_database(sys.argv[1])

from pinback.demo.making import figures, is_made, make_market
from pinback.settlement.audit import audit
from pinback.settlement.models import Posting

until = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
assert not is_made()
make_market(7, is_small=True, until=until)
accounts = Counter()
for source, target, amount in Posting.objects.values_list("source", "target", "amount_minor"):
    accounts[source] -= amount
    accounts[target] += amount
print(json.dumps({
    "figures": figures(until), "made": is_made(), "differences": [str(one) for one in audit()],
    "sum": sum(accounts.values()), "accounts": sorted(accounts.values()),
}))
"""


def _made_in(folder: Path) -> dict[str, Any]:
    folder.mkdir()
    made = subprocess.run(
        [sys.executable, "-c", _MAKE, f"sqlite:///{folder / 'market.sqlite3'}"],
        env={**os.environ, "PINBACK_HOME": str(folder), "DJANGO_SETTINGS_MODULE": "pinback.config.settings"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    told: dict[str, Any] = json.loads(made.stdout.splitlines()[-1])
    return told


@pytest.mark.slow
def test_a_small_market_shows_every_state_is_right_and_comes_again_from_its_seed(tmp_path: Path) -> None:
    """Twice from one seed, in two databases."""
    one = _made_in(tmp_path / "one")
    assert one["made"]
    assert one["differences"] == []
    assert one["sum"] == 0
    assert any(one["accounts"])
    shown = one["figures"]
    assert shown["market"]["shops"] == 2
    assert shown["market"]["buyers"] == 20
    assert set(shown["campaigns"]) == {"draft", "scheduled", "running", "stopped", "exhausted"}
    assert set(shown["refunds"]) == {"open", "closed", "succeeded"}
    assert set(shown["groups"]) == {"forming", "complete", "failed"}
    assert {"used", "reclaimed"} <= set(shown["vouchers"])
    assert {"refunded", "withdrawn", "waiting_for_shop"} <= set(shown["cases"])
    assert shown["market"]["parcels"] > 0
    assert _made_in(tmp_path / "two") == one
