"""A small demo market: what it has to show, that it is right, and that a seed makes it again."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.databases import private_database
from tests.support.pinback import run_pinback

_MAKE = """
import json, sys
from collections import Counter
from datetime import UTC, datetime
from pinback.commands.setup import open_database

open_database(sys.argv[1])

from pinback.demo.making import figures, is_made, make_market
from pinback.catalog.models import Picture
from pinback.checkout.models import Order
from pinback.delivery.models import Parcel
from pinback.desk.models import Compensation, Review
from pinback.groups.models import Group
from pinback.marketing.models import Activity, Campaign, Link, Payout, SignUp
from pinback.settlement.audit import audit
from pinback.settlement.models import Posting

until = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
assert not is_made()
make_market(7, is_small=True, until=until)
accounts = Counter()
for source, target, amount in Posting.objects.values_list("source", "target", "amount_minor"):
    accounts[source] -= amount
    accounts[target] += amount
one_short = sum(
    group.seats_taken == group.size - 1
    for group in Group.objects.filter(status="forming", expires_at__gt=until)
)
by_link = Order.objects.exclude(link_id=None)
liveliness = {
    "one short": one_short, "reviews": Review.objects.exclude(text="").count(),
    "Chinese": Review.objects.filter(text__contains="\u3002").count(), "link": by_link.count(),
    "compensations": Compensation.objects.count(), "signed up": SignUp.objects.count(),
    "activities": Activity.objects.count(), "in activity": Campaign.objects.exclude(activity=None).count(),
    "visits": sum(Link.objects.values_list("visits", flat=True)),
    "paid out": Payout.objects.filter(status="paid").count(),
    "asked for": Payout.objects.filter(status="requested").count(),
    "troubled": Parcel.objects.filter(status__in=("stuck", "damaged", "refused")).count(),
    "pictures": Picture.objects.count(),
}
print(json.dumps({
    "liveliness": liveliness,
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
    states = {"draft", "abandoned", "scheduled", "running", "stopped", "exhausted"}
    assert set(shown["campaigns"]) == states
    assert set(shown["refunds"]) == {"open", "closed", "succeeded"}
    assert set(shown["groups"]) == {"forming", "complete", "failed"}
    assert {"used", "reclaimed"} <= set(shown["vouchers"])
    waiting = {"waiting_for_shop", "waiting_for_return", "returning", "refused", "with_operator"}
    assert {"refunded", "withdrawn", *waiting} <= set(shown["cases"])
    assert all(one["liveliness"].values()), one["liveliness"]
    assert shown["market"]["parcels"] > 0
    assert _made_in(tmp_path / "two") == one


@pytest.mark.slow
@pytest.mark.postgres
def test_the_demo_of_a_postgresql_database_is_audited(postgres_alias: str, tmp_path: Path) -> None:
    """`pinback demo` brings everything up there as well, and what it says of the market is what is there."""
    assert postgres_alias
    env = {"PINBACK_HOME": str(tmp_path)}
    with private_database("postgres", tmp_path) as url:
        ran = run_pinback("demo", "--small", "--no-serve", "--database", url, env=env)
        assert ran.code == 0, ran.err
        assert b"2 shops, 20 buyers" in ran.out
        audited = run_pinback("audit", "--database", url, env=env)
        assert audited.code == 0, audited.err
        again = run_pinback("demo", "--small", "--no-serve", "--database", url, env=env)
        assert again.code == 0, again.err
        assert again.out.count(b"It is here already.") == 2
