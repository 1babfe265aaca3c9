"""Opens the database of a command: the address, Django, the connection, its tables at their newest shape."""

import logging
import os
from argparse import ArgumentParser
from collections.abc import Sequence
from importlib import resources
from itertools import combinations
from typing import TYPE_CHECKING, Any

from pinback.commands.problem import CommandProblem
from pinback.kit.files import same_file
from pinback.kit.language import gettext as _

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def add_database_argument(parser: ArgumentParser) -> None:
    """`--database URL`, as every command has it that needs one."""
    parser.add_argument(
        "--database",
        metavar="URL",
        help=_("postgresql://…, sqlite:///PATH or :memory: (default: DATABASE_URL, else ./pinback.sqlite3)"),
    )


def open_database(url: str | None) -> list[str]:
    """Set Django up for the database at `url`, bring its tables up to date, return the migrations applied.

    Raises CommandProblem, one line, if the address is wrong, nothing answers there, or what answers is no
    database of Pinback's.
    """
    if url:
        os.environ["DATABASE_URL"] = url
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pinback.config.settings")
    try:
        import django

        django.setup()
    except ValueError as error:
        raise CommandProblem(str(error)) from error
    # What the driver has to say of a connection that is lost, the command says in its one line.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    from django.core.exceptions import ImproperlyConfigured
    from django.db import Error

    from pinback.settlement.reconnecting import when_connected

    try:
        _connect()
        _check_encoding()
        return when_connected(bring_up_to_date)
    except (Error, ImproperlyConfigured, TypeError, ValueError) as error:
        # Drivers raise the latter for an address that they cannot make sense of.
        raise CommandProblem(_("cannot use the database: {reason}").format(reason=one_line(error))) from error


def _connect() -> None:
    """Connect to the database; a server that is full, still starting, or hung up on us is waited for.

    One that was there a moment ago is waited for also while nobody answers: it restarts.
    """
    from django.db import OperationalError, connection

    from pinback.kit.patience import Patience
    from pinback.settlement.reconnecting import passes

    patience = Patience()
    was_there = False
    while True:
        try:
            connection.ensure_connection()
        except OperationalError as error:
            was_there = was_there or passes(error)
            if not was_there or not patience.wait():
                raise
        else:
            return


def _check_encoding() -> None:
    """Raises CommandProblem where the database could not store every text that an event may hold."""
    from django.db import connection

    if connection.vendor == "postgresql":
        encoding = connection.connection.info.parameter_status("server_encoding")
        if encoding not in ("UTF8", "SQL_ASCII"):
            raise CommandProblem(
                _("the database's encoding is {name}; it must be UTF8").format(name=encoding)
            )


def one_line(error: BaseException) -> str:
    """An error's message, folded into one line."""
    return " ".join(str(error).split()) or type(error).__name__


def bring_up_to_date() -> list[str]:
    """Apply the migrations that the database lacks, all or none; returns their names.

    Other processes may do the same at the same time: one of them does it, the others wait.
    """
    from django.db import Error, connection, connections

    try:
        return _apply_missing() if _missing() else []
    except Error:
        # Where the last statements of a migration fail, Django does not leave its transaction: a connection
        # that nothing was begun with is the only one that may go again.
        connection.close()
        del connections[connection.alias]
        raise


def _apply_missing() -> list[str]:
    from django.core.management import call_command
    from django.db import connection, transaction

    # One transaction, for Django notes a migration in another one than that of the migration itself: killed
    # between the two, it would leave a database that is never usable again.
    with connection.constraint_checks_disabled(), transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # A large table takes the time that it takes, and so does the one who was first.
                cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext('pinback migrate'))")
        missing = _missing()
        if missing:
            call_command("migrate", verbosity=0)
        return missing


def _missing() -> list[str]:
    from django.apps import apps
    from django.db import connection

    known = {
        (app.label, entry.name.removesuffix(".py"))
        for app in apps.get_app_configs()
        for entry in _migrations_of(app.name)
        if entry.name[0].isdigit() and entry.name.endswith(".py")
    }
    applied: set[Any] = set()
    if "django_migrations" in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            applied = {(app, name) for app, name in cursor.fetchall()}
    ours = {app.label for app in apps.get_app_configs() if app.name.startswith("pinback.")}
    if any(app in ours for app, name in applied - known):
        raise CommandProblem(
            _("this database was made by a newer Pinback; use that one, or another database")
        )
    return sorted(f"{app}.{name}" for app, name in known - applied)


def _migrations_of(app: str) -> "list[Traversable]":
    try:
        return list(resources.files(f"{app}.migrations").iterdir())
    except ModuleNotFoundError:
        return []


def check_apart(paths: Sequence[str], *, database: bool = True) -> None:
    """Raises CommandProblem where two files of a command are one file, with that of its open database."""
    from django.db import connection

    files = list(paths)
    if database and connection.vendor == "sqlite":
        files.append(str(connection.settings_dict["NAME"]))
    for one, other in combinations(files, 2):
        if same_file(one, other):
            raise CommandProblem(_("{one} and {other} are the same file").format(one=one, other=other))
