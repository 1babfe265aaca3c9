"""`pinback demo`: a real shop's orders and refunds through two campaigns, audited, reported and shown."""

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from pinback.commands.problem import CommandProblem
from pinback.commands.setup import add_database_argument
from pinback.kit.language import gettext as _

SHOP = "retail"
FOLDER = Path("demo")
HISTORY = Path("examples/online_retail_ii_2009-12_2010-07.csv.gz")
MAPPING = Path("examples/online-retail.toml")
CURRENCY = "GBP"
CAMPAIGNS = (
    "id=spring,name=Spring,threshold=30000,rebate=1500,quantity=600,valid_days=30,funded=2010-01-31",
    "id=summer,name=Summer,threshold=60000,rebate=4000,quantity=500,valid_days=30,funded=2010-05-16",
)

HELP = _("settle a real order history with two campaigns and show it")
DESCRIPTION = _("""\
Imports the order history of a real web shop (December 2009 to July 2010, see examples/README.md) into a
database of its own, demo/pinback.sqlite3, with two rebate campaigns running through it; audits the result,
prints the report, and serves the page on http://127.0.0.1:8000 until Ctrl-C.
""")


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `pinback demo`."""
    add_database_argument(parser)
    parser.add_argument("--port", type=int, default=8000, help=_("port of the page (default: 8000)"))
    parser.add_argument("--no-serve", action="store_true", help=_("stop after the report"))


def run(arguments: Namespace) -> int:
    """Run the command."""
    from pinback.commands import audit, import_orders, report, serve

    for needed in (HISTORY, MAPPING):
        if not needed.is_file():
            raise CommandProblem(
                _("{path} is not here: run this in a checkout of Pinback").format(path=needed)
            )
    FOLDER.mkdir(exist_ok=True)
    os.environ.setdefault("PINBACK_HOME", str(FOLDER))
    os.environ.setdefault("PINBACK_CURRENCY", CURRENCY)
    database = arguments.database or f"sqlite:///{(FOLDER / 'pinback.sqlite3').resolve()}"
    _say(_("1. Importing the order history of a real shop"))
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
    _say(_("2. Auditing: the event log folded again must give what is stored"))
    if audit.run(Namespace(database=database)):
        return 1
    _say(_("3. The report"))
    report.run(Namespace(shop=SHOP, database=database, json=None, currency=CURRENCY))
    if arguments.no_serve:
        return 0
    _say(_("4. The page"))
    return serve.run(Namespace(database=database, port=arguments.port))


def _say(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)
