"""`pinback settle`: a stream of events into a database, its decisions and the state out."""

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from typing import IO, TYPE_CHECKING

from pinback.commands.problem import CommandProblem
from pinback.commands.progress import Progress
from pinback.commands.setup import add_database_argument, check_apart, one_line, open_database
from pinback.kit.files import FileProblem, InputLines, open_output
from pinback.kit.language import gettext as _

if TYPE_CHECKING:
    from pinback.rules.decisions import Decision
    from pinback.rules.records import Policy
    from pinback.settlement.actions import Incoming

MOST_EVENTS = 5_000
_SHOWN_REFUSALS = 5
_SHOWN_CHARACTERS = 300

HELP = _("settle a stream of order events into the database")
DESCRIPTION = _("""\
Reads events, one JSON object a line, and settles them into the database in the order in which they come:
vouchers are issued and taken back, sales counted, money posted. What was applied before is a duplicate and
changes nothing, so an interrupted run is continued by running it again. Refused events are reported, change
nothing, and do not stop the run.

  pinback settle events.ndjson.gz --decisions decisions.ndjson --state state.json
  zcat events.ndjson.gz | pinback settle - --database postgresql://localhost/shop --decisions -
""")


def batch_size(text: str) -> int:
    """A number of events for one transaction, 1 to 5000."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_EVENTS:
        raise ArgumentTypeError(
            _("{text} is not a number from 1 to {most}").format(text=text, most=MOST_EVENTS)
        )
    return int(text)


def add_batch_argument(parser: ArgumentParser) -> None:
    """`--batch N`, as every command has it that settles a stream."""
    parser.add_argument(
        "--batch",
        type=batch_size,
        default=1000,
        metavar="N",
        help=_("events in one transaction (default: 1000)"),
    )


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `pinback settle`."""
    parser.add_argument(
        "events", metavar="EVENTS", help=_("file of events; - for standard input; .gz is unpacked")
    )
    add_database_argument(parser)
    parser.add_argument(
        "--decisions", metavar="PATH", help=_("write the decisions here; - for standard output")
    )
    parser.add_argument(
        "--state", metavar="PATH", help=_("write the state after the stream here; - likewise")
    )
    parser.add_argument(
        "--partial-refund",
        choices=("any", "threshold"),
        help=_(
            "which partial refund loses the rebate: any, or one below the threshold; fixed at the first use"
        ),
    )
    add_batch_argument(parser)


def run(arguments: Namespace) -> int:
    """Run the command; 0 when the stream was processed to its end."""
    with ExitStack() as stack:
        lines = InputLines(arguments.events)
        stack.callback(lines.close)
        open_database(arguments.database)
        outputs = [path for path in (arguments.decisions, arguments.state) if path]
        check_apart([arguments.events, *outputs])
        decisions = stack.enter_context(open_output(arguments.decisions)) if arguments.decisions else None
        tally = _settle_all(lines, decisions, arguments.partial_refund, arguments.batch)
        if arguments.state:
            _write_state(arguments.state, tally)
    tally.show()
    return 0


def _readable(text: str) -> str:
    """The beginning of what may come from a hostile file, as a terminal can show it."""
    start = text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in start)


class Tally:
    """What became of the events, to tell at the end."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.shown: list[str] = []

    def count(self, decisions: "Iterable[Decision]") -> None:
        """Count the decisions of one event."""
        from pinback.rules.decisions import EventRefused

        first = next(iter(decisions))
        self.outcomes[first.type] += 1
        if isinstance(first, EventRefused):
            self.refusals[first.code] += 1
            if len(self.shown) < _SHOWN_REFUSALS:
                self.shown.append(f"{first.line}: {first.code}: {_readable(first.detail)}")

    def show(self) -> None:
        """Tell it on standard error."""
        applied, duplicate, refused = (
            self.outcomes[f"event.{what}"] for what in ("applied", "duplicate", "refused")
        )
        print(
            _("{applied} applied, {duplicate} duplicates, {refused} refused").format(
                applied=applied, duplicate=duplicate, refused=refused
            ),
            file=sys.stderr,
        )
        for code, number in self.refusals.most_common():
            print(f"  {number} {code}", file=sys.stderr)
        for line in self.shown:
            print("  " + _("line {what}").format(what=line), file=sys.stderr)


def database_failed(tally: Tally, error: Exception) -> CommandProblem:
    """What to tell when the database fails in the middle of a stream."""
    text = _("the database failed after {number} events: {reason}; run the same command again to continue")
    return CommandProblem(text.format(number=tally.outcomes.total(), reason=one_line(error)))


def _write_state(path: str, tally: Tally) -> None:
    from django.db import Error

    from pinback.settlement.document import state_document
    from pinback.settlement.reconnecting import look, when_connected

    try:
        when_connected(look)
        with open_output(path) as state:
            for piece in state_document():
                state.write(piece)
    except Error as error:
        raise database_failed(tally, error) from error


def _settle_all(lines: InputLines, decisions: IO[bytes] | None, policy: "Policy | None", size: int) -> Tally:
    """Settle the stream in batches. What was read before a file breaks off is settled before that is told."""
    from django.db import Error

    from pinback.rules.decisions import written
    from pinback.settlement.actions import settle
    from pinback.settlement.policy import OtherPolicy, fix_policy
    from pinback.settlement.reconnecting import when_connected

    tally = Tally()
    events = _Events(lines)
    try:
        when_connected(lambda: fix_policy(policy))
        with Progress(_("settling"), total=lines.size) as progress:
            while batch := list(islice(events.incoming, size)):
                for made in settle(batch):
                    tally.count(made)
                    if decisions is not None:
                        decisions.writelines(written(decision) + b"\n" for decision in made)
                progress.update(lines.bytes_read())
    except OtherPolicy as other:
        raise CommandProblem(
            _("--partial-refund: this database settles with {fixed}, fixed at its first use").format(
                fixed=other.fixed
            )
        ) from other
    except Error as error:
        raise database_failed(tally, error) from error
    if events.problem is not None:
        tally.show()
        raise events.problem
    return tally


class _Events:
    """The numbered events of a file; where it cannot be read further they end, and `problem` says why."""

    def __init__(self, lines: InputLines) -> None:
        self.problem: FileProblem | None = None
        self.incoming = self._read(lines)

    def _read(self, lines: InputLines) -> "Iterator[Incoming]":
        from pinback.rules.reading import lines_of, parse_line
        from pinback.settlement.actions import Incoming

        try:
            for number, line in lines_of(lines):
                yield Incoming(number, parse_line(line))
        except FileProblem as problem:
            self.problem = problem
