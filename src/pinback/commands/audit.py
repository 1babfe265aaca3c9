"""`pinback audit`: does the database say what its event log gives?"""

import sys
from argparse import ArgumentParser, Namespace

from pinback.commands.problem import CommandProblem
from pinback.commands.progress import Progress
from pinback.commands.setup import add_database_argument, one_line, open_database
from pinback.kit.language import gettext as _

HELP = _("fold the event log again and name every difference")
DESCRIPTION = _("""\
Folds the whole event log again through the rules, in memory, and compares every table, balance and counter of
the database with the result. Names each difference. Exit code 0 if there is none, 1 if there are any.
""")


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `pinback audit`."""
    add_database_argument(parser)


def run(arguments: Namespace) -> int:
    """Run the command; 1 if the audit found a difference."""
    open_database(arguments.database)
    from django.db import Error

    from pinback.settlement.audit import audit
    from pinback.settlement.models import Event

    differences = 0
    try:
        events = Event.objects.count()
        with Progress(_("auditing"), total=events) as progress:
            for difference in audit(on_progress=progress.update):
                print(difference)
                differences += 1
    except Error as error:
        raise CommandProblem(_("cannot use the database: {reason}").format(reason=one_line(error))) from error
    if differences:
        print(
            _("{number} differences in {events} events").format(number=differences, events=events),
            file=sys.stderr,
        )
        return 1
    print(_("clean: {events} events give exactly what is stored").format(events=events))
    return 0
