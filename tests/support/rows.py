"""Everything that the tables of settlement hold, to compare, and single rows to take apart."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connections
from django.db.models import Model

Rows = list[tuple[Any, ...]]
Row = dict[str, Any]

MODELS: tuple[type[Model], ...] = tuple(apps.get_app_config("settlement").get_models())


def columns_of(model: type[Model]) -> list[str]:
    """The columns of a table."""
    return [field.column for field in model._meta.local_concrete_fields if field.column]


def keys_of(model: type[Model]) -> list[str]:
    """The columns of the primary key."""
    return [field.column for field in model._meta.pk_fields if field.column]


def run_sql(alias: str, sql: str, values: Sequence[Any] = ()) -> Rows:
    """Run a statement; its rows, if it has any."""
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def everything(alias: str) -> dict[str, Rows]:
    """All rows of all tables, sorted."""
    return {
        model._meta.db_table: sorted(
            run_sql(alias, f"SELECT {', '.join(columns_of(model))} FROM {model._meta.db_table}"), key=repr
        )
        for model in MODELS
    }


@contextmanager
def failing_at(alias: str, table: str) -> Iterator[None]:
    """Within this the database refuses every new and every changed row of a table, by a trigger."""
    if connections[alias].vendor == "sqlite":
        for verb in ("INSERT", "UPDATE"):
            run_sql(
                alias,
                f"CREATE TRIGGER failing_{verb} BEFORE {verb} ON {table}"
                " BEGIN SELECT RAISE(ABORT, 'the test refuses this row'); END",
            )
        undo = ["DROP TRIGGER failing_INSERT", "DROP TRIGGER failing_UPDATE"]
    else:
        run_sql(
            alias,
            "CREATE FUNCTION failing() RETURNS trigger LANGUAGE plpgsql AS"
            " $$BEGIN RAISE EXCEPTION 'the test refuses this row'; END$$",
        )
        run_sql(
            alias,
            f"CREATE TRIGGER failing BEFORE INSERT OR UPDATE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION failing()",
        )
        undo = ["DROP FUNCTION failing CASCADE"]
    try:
        yield
    finally:
        for statement in undo:
            run_sql(alias, statement)
