"""First migrations that create each table in one go: `python -m tools.migrations fold`, or `check`.

Django's makemigrations adds the indexes and CHECKs of a new model in operations of their own as soon as
another model refers to it. For each of them all related models are built anew, on SQLite the table as well: a
new database took three times as long to make. Its own optimizemigration sees nothing to be done there.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import django
from django.apps import apps
from django.core.management.utils import run_formatters
from django.db.migrations import AddConstraint, AddIndex, CreateModel, Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.writer import MigrationWriter


def folded(operations: Sequence[Operation], app_label: str) -> list[Operation]:
    """The same operations; what a table gets right after it was created, it is created with."""
    found: list[Operation] = []
    for operation in operations:
        place = _creation(found, operation) if isinstance(operation, AddIndex | AddConstraint) else None
        if place is None:
            found.append(operation)
        else:
            created = found[place].reduce(operation, app_label)
            assert isinstance(created, list)
            found[place] = created[0]
    return found


def _creation(before: Sequence[Operation], adding: AddIndex | AddConstraint) -> int | None:
    """Where the table is created, if only other tables were touched since."""
    for place in reversed(range(len(before))):
        operation = before[place]
        if isinstance(operation, CreateModel):
            if operation.name_lower == adding.model_name_lower:
                return place
        else:
            # Whatever else there is may be what the index is about.
            return None
    return None


def first_migrations() -> list[Migration]:
    """Those of Pinback's apps."""
    loader = MigrationLoader(None)
    ours = {app.label for app in apps.get_app_configs() if app.name.startswith("pinback.")}
    return [
        found
        for (app, name), found in sorted(loader.disk_migrations.items())
        if app in ours and found.initial
    ]


def main(words: list[str]) -> int:
    """Fold what can be, or say where there is something."""
    if words not in (["fold"], ["check"]):
        print(__doc__, file=sys.stderr)
        return 2
    status = 0
    for migration in first_migrations():
        operations = folded(migration.operations, migration.app_label)
        if len(operations) == len(migration.operations):
            continue
        if words == ["check"]:
            print(f"{migration.app_label}: python -m tools.migrations fold", file=sys.stderr)
            status = 1
            continue
        migration.operations = operations  # type: ignore[misc]  # as Django's own command does
        writer = MigrationWriter(migration)
        Path(writer.path).write_text(writer.as_string(), encoding="utf-8")
        run_formatters([writer.path])
        print(f"{migration.app_label}: {len(operations)} operations")
    return status


if __name__ == "__main__":
    django.setup()
    sys.exit(main(sys.argv[1:]))
