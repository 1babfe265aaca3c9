"""`pinback import-orders`: a shop's order history from CSV or Parquet into events, and through settlement."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from typing import TYPE_CHECKING, Any

from pinback.commands.problem import CommandProblem
from pinback.commands.progress import Progress
from pinback.commands.settle import Tally, add_batch_argument, database_failed
from pinback.commands.setup import add_database_argument, check_apart, open_database
from pinback.kit.files import open_output
from pinback.kit.language import gettext as _

if TYPE_CHECKING:
    from pinback.history import HistoryReport

HELP = _("settle a shop's order history from CSV or Parquet")
DESCRIPTION = _("""\
Reads order history by a mapping of its columns, makes the events of its orders and refunds, and settles them.
Rows that cannot be used are counted by reason, with an example of each. Campaigns given here run through the
history, so one sees what they would have done; amounts are minor units (20000 is 200.00).

  pinback import-orders orders.csv.gz --mapping examples/online-retail.toml --shop retail \\
      --campaign "id=spring,threshold=20000,rebate=1000,quantity=500,funded=2010-01-10"
""")


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `pinback import-orders`."""
    parser.add_argument("file", metavar="FILE", help=_("CSV, CSV.gz or Parquet; - for CSV on standard input"))
    parser.add_argument("--mapping", required=True, metavar="MAP.toml", help=_("which column is what"))
    parser.add_argument("--shop", required=True, metavar="ID", help=_("the shop whose history it is"))
    parser.add_argument(
        "--campaign",
        action="append",
        default=[],
        metavar="TERMS",
        help=_("threshold=,rebate=,quantity=,funded=DATE[,valid_days=][,id=][,name=]; may be given again"),
    )
    parser.add_argument(
        "--daily-clock",
        action="store_true",
        help=_("let the clock pass each 0:00 of the history, so that unused vouchers expire (of all shops)"),
    )
    parser.add_argument(
        "--events", metavar="PATH", help=_("write the events here as well; - for standard output")
    )
    parser.add_argument(
        "--dry-run", action="store_true", help=_("settle nothing: read, count, and write --events")
    )
    add_database_argument(parser)
    add_batch_argument(parser)


def run(arguments: Namespace) -> int:
    """Run the command."""
    from pinback.history import HistoryError, HistoryReport

    _check_shop(arguments.shop)
    report = HistoryReport()
    tally = Tally()
    try:
        if not arguments.dry_run:
            open_database(arguments.database)
        paths = [path for path in (arguments.file, arguments.mapping, arguments.events) if path]
        check_apart(paths, database=not arguments.dry_run)
        with Progress(_("importing"), total=None) as progress:
            for lines in _written(arguments, _events(arguments, report, progress), arguments.batch):
                if not arguments.dry_run:
                    _settle(lines, tally)
    except HistoryError as error:
        raise CommandProblem(str(error)) from error
    show(report)
    if not arguments.dry_run:
        tally.show()
    return 0


def _check_shop(shop: str) -> None:
    import re

    from pinback.rules.events import ID_PATTERN

    if not re.match(ID_PATTERN, shop):
        raise CommandProblem(_("--shop must be 1 to 64 characters from ! to ~, without /"))


def _events(arguments: Namespace, report: "HistoryReport", progress: Progress) -> Iterator[dict[str, Any]]:
    from pinback.history import history_events, parse_campaigns, read_mapping

    mapping = read_mapping(arguments.mapping)
    return history_events(
        arguments.file,
        mapping,
        shop=arguments.shop,
        report=report,
        campaigns=parse_campaigns(arguments.campaign, mapping.time_zone),
        daily_clock=arguments.daily_clock,
        open_shop=arguments.dry_run or not _is_open_otherwise(arguments.shop),
        on_progress=progress.update,
    )


def _is_open_otherwise(shop: str) -> bool:
    """Whether the shop opened by anything but an import, so that opening it again would be refused."""
    from pinback.settlement.models import Event, Shop

    if not Shop.objects.filter(name=shop).exists():
        return False
    return not Event.objects.filter(key=f"{shop}/opened:{shop}").exists()


def _written(arguments: Namespace, events: Iterator[dict[str, Any]], size: int) -> Iterator[list[bytes]]:
    """The events as lines, in batches, written to `--events` on the way."""
    import msgspec

    with ExitStack() as stack:
        output = stack.enter_context(open_output(arguments.events)) if arguments.events else None
        lines = (msgspec.json.encode(event) + b"\n" for event in events)
        while batch := list(islice(lines, size)):
            if output is not None:
                output.writelines(batch)
            yield batch


def _settle(lines: list[bytes], tally: Tally) -> None:
    from django.db import Error

    from pinback.rules.reading import parse_line
    from pinback.settlement.actions import Incoming, settle

    first = tally.outcomes.total() + 1
    try:
        for made in settle(
            [Incoming(number, parse_line(line)) for number, line in enumerate(lines, start=first)]
        ):
            tally.count(made)
    except Error as error:
        raise database_failed(tally, error) from error


def show(report: "HistoryReport") -> None:
    """Tell on standard error what was read and what could not be used."""
    from pinback.history import reason_text

    def tell(text: str) -> None:
        print(text, file=sys.stderr)

    tell(
        _(
            "{rows} rows: {orders} orders with {lines} lines and {units} units,"
            " {refunds} refunds with {back} units"
        ).format(
            rows=report.rows,
            orders=report.orders,
            lines=report.order_lines,
            units=report.units,
            refunds=report.refunds,
            back=report.units_refunded,
        )
    )
    skipped_or_odd = [(reason_text(reason), skipped) for reason, skipped in report.skipped.items()]
    skipped_or_odd += [(reason_text(oddity), odd) for oddity, odd in report.oddities.items()]
    for text, skipped in skipped_or_odd:
        tell(f"  {skipped.rows} {text}")
        if skipped.example is not None:
            tell(
                "    "
                + _("line {number}: {text}").format(number=skipped.example.line, text=skipped.example.text)
            )
    for tally, text in (
        (report.unmatched, _("{units} units of {rows} refund lines find no earlier order")),
        (
            report.partly_matched,
            _("{units} units of {rows} refund lines are more than the earlier orders have left"),
        ),
    ):
        if tally.rows:
            tell("  " + text.format(units=tally.units, rows=tally.rows))
            if tally.example is not None:
                tell(
                    "    "
                    + _("line {number}: {text}").format(number=tally.example.line, text=tally.example.text)
                )
