"""`pinback demo`: a lively market in the sandbox beside a real shop's history, audited and shown."""

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from pinback.commands.problem import CommandProblem
from pinback.commands.serve import ADDRESS, port_number
from pinback.commands.setup import open_database
from pinback.kit.language import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable

SHOP = "retail"
FOLDER = Path("demo")
HISTORY = Path("examples/online_retail_ii_2009-12_2010-07.csv.gz")
MAPPING = Path("examples/online-retail.toml")
CURRENCY = "GBP"
SEED = 7
CAMPAIGNS = (
    "id=spring,name=Spring,threshold=30000,rebate=1500,quantity=600,valid_days=30,funded=2010-01-31",
    "id=summer,name=Summer,threshold=60000,rebate=4000,quantity=500,valid_days=30,funded=2010-05-16",
)

HELP = _("bring up a lively market beside a real order history, and show it")
DESCRIPTION = _("""\
Makes a database of its own, demo/pinback.sqlite3: imports the order history of a real web shop (December 2009
to July 2010, see examples/README.md) with two rebate campaigns running through it, and makes a market in the
sandbox from a seed: shops, products, buyers, weeks of orders, groups, campaigns, parcels and refunds, up to
now. Audits everything, prints how to sign in, and serves it on http://127.0.0.1:8000 until Ctrl-C. Run again,
it serves the market that is there.
""")


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `pinback demo`."""
    # Not DATABASE_URL: whoever has set it for a market of their own would find the demo in it.
    parser.add_argument(
        "--database",
        metavar="URL",
        help=_(
            "postgresql://… or sqlite:///PATH (default: demo/pinback.sqlite3, whatever DATABASE_URL says)"
        ),
    )
    parser.add_argument("--port", type=port_number, default=8000, help=_("port of the page (default: 8000)"))
    parser.add_argument("--no-serve", action="store_true", help=_("stop after the audit"))
    parser.add_argument("--seed", type=int, default=SEED, help=_("another seed is another market"))
    parser.add_argument("--small", action="store_true", help=_("a market of 2 shops, quickly made"))


def run(arguments: Namespace) -> int:
    """Run the command."""
    from pinback.commands import audit, report, serve

    for needed in (HISTORY, MAPPING):
        if not needed.is_file():
            raise CommandProblem(
                _("{path} is not here: run this in a checkout of Pinback").format(path=needed)
            )
    FOLDER.mkdir(exist_ok=True)
    os.environ.setdefault("PINBACK_HOME", str(FOLDER))
    database = arguments.database or f"sqlite:///{(FOLDER / 'pinback.sqlite3').resolve()}"
    open_database(database)
    _say(_("1. The order history of a real shop"))
    _import(database)
    report.run(Namespace(shop=SHOP, database=database, json=None, currency=CURRENCY))
    _say(_("2. A market in the sandbox"))
    _make(arguments.seed, is_small=arguments.small)
    _say(_("3. Auditing: the event log folded again must give what is stored"))
    if audit.run(Namespace(database=database)):
        return 1
    _say(_("4. Looking around"))
    _tell_how_to_sign_in(arguments.port)
    if arguments.no_serve:
        return 0
    return serve.run(Namespace(database=database, port=arguments.port, no_worker=False))


def _import(database: str) -> None:
    """Import the history; where it is already, nothing changes."""
    from pinback.commands import import_orders
    from pinback.demo.making import is_made

    if _asked(is_made):
        print(_("It is here already."))
        return
    import_orders.run(
        Namespace(
            file=str(HISTORY),
            mapping=str(MAPPING),
            shop=SHOP,
            campaign=list(CAMPAIGNS),
            daily_clock=True,
            events=None,
            dry_run=False,
            database=database,
            batch=1000,
        )
    )


def _make(seed: int, *, is_small: bool) -> None:
    """Make the market up to now, unless it is there, and say what there is."""
    from pinback.demo.making import figures, is_made, make_market
    from pinback.insight.folding import fold_all
    from pinback.kit import clock

    now = clock.now()
    if _asked(is_made):
        print(_("It is here already."))
    else:
        make_market(seed, is_small=is_small, until=now)
        while fold_all(now):
            pass
    for what, numbers in figures(now).items():
        print(f"  {what}: " + ", ".join(f"{number} {name}" for name, number in numbers.items()))


def _asked(is_made: "Callable[[], bool]") -> bool:
    from pinback.demo.making import HalfMade

    try:
        return is_made()
    except HalfMade:
        raise CommandProblem(
            _("the making of this demo was broken off; remove its database, and run this again")
        ) from None


def _tell_how_to_sign_in(port: int) -> None:
    from pinback.demo.plan import BUYER_LOGIN, OPERATOR_LOGIN, OWNER_LOGIN, PASSWORD

    for who, login in ((_("buyer"), BUYER_LOGIN), (_("owner"), OWNER_LOGIN), (_("operator"), OPERATOR_LOGIN)):
        print(f"  {who}: {login}")
    print(_("  password of everybody: {password}").format(password=PASSWORD))
    api = f"http://{ADDRESS}:{port}/api/v1"
    print(_("  the API is at {address}, described at {address}/docs; for example:").format(address=api))
    print(f"  curl -s {api}/products?limit=3")


def _say(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)
