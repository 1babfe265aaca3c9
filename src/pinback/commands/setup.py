"""Opens the database of a command: the address, Django, the connection, and its tables at their newest shape."""

import os
import time
from argparse import ArgumentParser
from importlib import resources
from typing import Any

from pinback.commands.problem import CommandProblem
from pinback.kit.language import gettext as _

_TRIES = 20
_WAIT_SECONDS = 0.5


def add_database_argument(parser: ArgumentParser) -> None:
    """`--database URL`, as every command has it that needs one."""
    parser.add_argument(
        "--database",
        metavar="URL",
        help=_("postgresql://…, sqlite:///PATH or :memory: (default: DATABASE_URL, else ./pinback.sqlite3)"),
    )


def open_database(url: str | None, *, migrate: bool = True) -> None:
    """Set Django up for the database at `url`, and bring its tables up to date.

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
    from django.db import Error, connection

    try:
        connection.ensure_connection()
        if migrate:
            bring_up_to_date()
    except Error as error:
        raise CommandProblem(_("cannot use the database: {reason}").format(reason=one_line(error))) from error


def one_line(error: BaseException) -> str:
    """An error's message, folded into one line."""
    return " ".join(str(error).split()) or type(error).__name__


def bring_up_to_date() -> list[str]:
    """Apply the migrations that the database lacks; returns their names. Safe beside other processes doing the same."""
    from django.db import DatabaseError

    for attempt in range(1, _TRIES + 1):
        missing = _missing()
        if not missing:
            return []
        try:
            _migrate()
        except DatabaseError:
            # Another process may be making the same tables: look again when it is done.
            if attempt == _TRIES:
                raise
            time.sleep(_WAIT_SECONDS)
        else:
            return missing
    return []


def _missing() -> list[str]:
    from django.db import connection

    known = {
        entry.name.removesuffix(".py")
        for entry in resources.files("pinback.settlement.migrations").iterdir()
        if entry.name[0].isdigit() and entry.name.endswith(".py")
    }
    applied: set[Any] = set()
    if "django_migrations" in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM django_migrations WHERE app = 'settlement'")
            applied = {name for (name,) in cursor.fetchall()}
    if applied - known:
        raise CommandProblem(_("this database was made by a newer Pinback; use that one, or another database"))
    return sorted(known - applied)


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import connection

    if connection.vendor != "postgresql":
        call_command("migrate", verbosity=0)
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('pinback migrate'))")
        try:
            call_command("migrate", verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('pinback migrate'))")
