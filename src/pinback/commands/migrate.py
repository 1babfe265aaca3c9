"""`pinback migrate`: bring the tables of a database to their newest shape."""

from argparse import ArgumentParser, Namespace

from pinback.commands.setup import add_database_argument, open_database
from pinback.kit.language import gettext as _

HELP = _("make or update the tables of the database")
DESCRIPTION = _("""\
Makes the tables of a new database, or updates those of an older Pinback. Other commands do it on their own;
this one is for whoever wants it done at a time of their choosing.
""")


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `pinback migrate`."""
    add_database_argument(parser)


def run(arguments: Namespace) -> int:
    """Run the command."""
    done = open_database(arguments.database)
    print(_("applied: {names}").format(names=", ".join(done)) if done else _("nothing to do"))
    return 0
