"""`pinback reconcile`: a provider's statement beside what is in the database."""

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from datetime import datetime
from io import BytesIO
from pathlib import Path

from pinback.commands.problem import CommandProblem
from pinback.commands.setup import add_database_argument, open_database
from pinback.kit.files import FileProblem
from pinback.kit.language import gettext as _
from pinback.kit.language import ngettext

HELP = _("compare a payment provider's statement with the database")
DESCRIPTION = _("""\
Reads the statement that a payment provider made and names every difference to what the database has, one
a line: what only one of the two has, other amounts, currencies or states, rows that come twice, sums that do
not add up. Nothing is changed. The exit code is 1 when there is any difference. A statement whose unit cannot
be known for certain is not read.

  pinback reconcile wechat 20261125.csv
  pinback reconcile card itemized.csv --since 2026-11-25T00:00+08:00 --until 2026-11-26T00:00+08:00
""")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(_("{text} is no time").format(text=text)) from error
    if moment.tzinfo is None:
        raise ArgumentTypeError(_("{text} needs an offset, such as +08:00").format(text=text))
    return moment


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `pinback reconcile`."""
    parser.add_argument("provider", metavar="PROVIDER", choices=("wechat", "card", "sandbox"))
    parser.add_argument(
        "file", metavar="FILE", help=_("a trade bill of WeChat Pay, an itemized report of Stripe")
    )
    parser.add_argument(
        "--since", type=_moment, metavar="TIME", help=_("begin of the time to compare (default: first row)")
    )
    parser.add_argument("--until", type=_moment, metavar="TIME", help=_("its end (default: last row)"))
    add_database_argument(parser)


def run(arguments: Namespace) -> int:
    """Run the command; 1 when there is any difference."""
    try:
        content = sys.stdin.buffer.read() if arguments.file == "-" else Path(arguments.file).read_bytes()
    except OSError as error:
        raise FileProblem(
            _("cannot read {path}: {reason}").format(path=arguments.file, reason=error.strerror or error)
        ) from error
    open_database(arguments.database)
    from pinback.kit.refusals import NotFound
    from pinback.payments.providers.contract import StatementProblem
    from pinback.payments.reconciling import reconcile

    try:
        found = reconcile(arguments.provider, BytesIO(content), since=arguments.since, until=arguments.until)
    except StatementProblem as problem:
        raise CommandProblem(f"{arguments.file}: {problem}") from problem
    except NotFound as error:
        raise CommandProblem(_("{name} is not set up here").format(name=arguments.provider)) from error
    for one in found:
        place = _("line {number}").format(number=one.line) if one.line else "-"
        print(f"{one.kind}\t{place}\t{one.number}\t{one.detail}")
    text = ngettext("{number} difference", "{number} differences", len(found))
    print(text.format(number=len(found)), file=sys.stderr)
    return 1 if found else 0
