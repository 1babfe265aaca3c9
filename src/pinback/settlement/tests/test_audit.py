"""The audit: clean after any stream; whatever is changed behind Pinback's back is named, in every column."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.db.models import Model

from pinback.rules.records import Policy
from pinback.settlement.audit import Difference, audit
from tests.model.streams import generate
from tests.support.databases import alias_of, private_database
from tests.support.rows import MODELS, Row, columns_of, keys_of, run_sql
from tests.support.settling import settle_stream
from tests.support.steady import steady_stream

pytestmark = pytest.mark.slow

POLICIES: tuple[Policy, ...] = ("any", "threshold")
UNIQUE_COLUMNS = {
    "settlement_shop": ("id", "name"),
    "settlement_event": ("id", "key"),
    "settlement_campaign": ("id", "key"),
    "settlement_voucher": ("id", "code", "serial", "source_key"),
    "settlement_order": ("id", "key"),
    "settlement_line": ("number",),
    "settlement_refund": ("id", "key"),
    "settlement_debt": ("voucher_code",),
    "settlement_posting": ("number",),
    "settlement_productsales": ("key",),
    "settlement_productmonth": ("month",),
}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("seed", [21, 22])
def test_clean_after_any_stream(database: str, policy: Policy, seed: int) -> None:
    stream = generate(seed, 400, policy=policy)
    settle_stream(stream, using=database, policy=policy, batch=61)
    assert list(audit(using=database)) == []
    # Sent again, refused events may be accepted now.
    settle_stream(stream, using=database, batch=1000)
    assert list(audit(using=database)) == []


def test_an_empty_database_is_clean(database: str) -> None:
    assert list(audit(using=database)) == []


def test_progress_is_told_in_events(database: str) -> None:
    event = '{"id":"%d","type":"clock.ticked","at":"2026-11-10T10:00:00Z","shop":"s"}'
    settle_stream("\n".join(event % number for number in range(2500)).encode(), using=database)
    told: list[int] = []
    assert list(audit(using=database, on_progress=told.append)) == []
    assert told == sorted(told)
    assert 0 < told[-1] <= 2500


# --- one settled database of each kind, taken apart and put together again --------------------------------


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def settled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The alias of a settled database in which every table has rows and no CHECK is in the way."""
    request.getfixturevalue(f"{request.param}_alias")
    folder: Path = tmp_path_factory.mktemp("audit")
    with private_database(request.param, folder, migrated=True) as url, alias_of(url) as alias:
        settle_stream(steady_stream(28, 700), using=alias)
        if request.param == "sqlite":
            run_sql(alias, "PRAGMA ignore_check_constraints = ON")
        else:
            for table, name in run_sql(
                alias,
                "SELECT conrelid::regclass::text, conname FROM pg_constraint"
                " WHERE contype = 'c' AND conrelid > 0",
            ):
                run_sql(alias, f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        yield alias


def rows_of(alias: str, model: type[Model]) -> list[Row]:
    """The rows of a table, the latest first."""
    columns = columns_of(model)
    order = ", ".join(f"{column} DESC" for column in keys_of(model))
    found = run_sql(alias, f"SELECT {', '.join(columns)} FROM {model._meta.db_table} ORDER BY {order}")
    return [dict(zip(columns, row, strict=True)) for row in found]


def insert(alias: str, model: type[Model], row: Row) -> None:
    """Insert a row."""
    marks = ", ".join(["%s"] * len(row))
    run_sql(
        alias, f"INSERT INTO {model._meta.db_table} ({', '.join(row)}) VALUES ({marks})", list(row.values())
    )


def delete(alias: str, model: type[Model], row: Row) -> None:
    """Delete a row."""
    where = " AND ".join(f"{key} = %s" for key in keys_of(model))
    run_sql(alias, f"DELETE FROM {model._meta.db_table} WHERE {where}", [row[key] for key in keys_of(model)])


def replace(alias: str, model: type[Model], old: Row, new: Row) -> None:
    """Put a row in the place of another."""
    if model.__name__ == "Setting":
        # There is one only; another one may have been made meanwhile.
        run_sql(alias, "DELETE FROM settlement_setting")
    delete(alias, model, old)
    insert(alias, model, new)


def other(value: Any, *, short: bool = False) -> Any:
    """Another value of the same type that is not in the table."""
    if isinstance(value, int):
        return value + (1 if short else 100_003)
    if isinstance(value, str):
        return value[:-1] + ("~" if value[-1:] != "~" else "}")
    return value


def changed(model: type[Model], column: str, value: Any) -> Any:
    """Another value for a column, which may be null now."""
    (kind,) = (f.get_internal_type() for f in model._meta.local_concrete_fields if f.column == column)
    if value is None:
        return "~" if kind == "CharField" else 7
    return other(value, short=kind in ("PositiveSmallIntegerField", "IntegerField"))


def named(alias: str, differences: list[Difference], model: type[Model], row: Row, column: str) -> bool:
    """Whether a difference names this table, row and column.

    The log and the policy are what all else is held against: where they are changed, something else is named.
    """
    table = model._meta.db_table.removeprefix("settlement_")
    if table in ("event", "setting"):
        return bool(differences)
    key = shown_key(alias, row)
    return any(d.table == table and key in d.key and d.column in (column, "row") for d in differences)


def shown_key(alias: str, row: Row) -> str:
    """How the audit names a row: by its key, a line by that of its order."""
    if "order_id" in row:
        found = run_sql(alias, "SELECT key FROM settlement_order WHERE id = %s", [row["order_id"]])
        return f"{found[0][0]} {row['number']}"
    return str(
        next(row[column] for column in ("key", "name", "code", "voucher_code", "event_id") if column in row)
    )


def victim(alias: str, model: type[Model], column: str) -> Row:
    """A row whose column has a value, if there is one; of the log, an event that moved money."""
    rows = rows_of(alias, model)
    if model._meta.db_table == "settlement_event":
        moved = {
            row["event_id"] for row in rows_of(alias, next(m for m in MODELS if m.__name__ == "Posting"))
        }
        rows = [row for row in rows if row["id"] in moved and '"order.paid"' in row["content"]]
    return next((row for row in rows if row[column] is not None), rows[len(rows) // 2])


def test_every_table_has_rows(settled: str) -> None:
    assert [model.__name__ for model in MODELS if not rows_of(settled, model)] == []
    assert set(UNIQUE_COLUMNS) | {"settlement_setting"} == {model._meta.db_table for model in MODELS}
    assert list(audit(using=settled)) == []


@pytest.mark.parametrize(
    ("model", "column"),
    [
        pytest.param(model, column, id=f"{model.__name__}.{column}")
        for model in MODELS
        for column in columns_of(model)
    ],
)
def test_a_changed_column_is_named(settled: str, model: type[Model], column: str) -> None:
    old = victim(settled, model, column)
    new = {**old, column: changed(model, column, old[column])}
    if column == "partial_refund":
        new[column] = "threshold"
    elif column == "content":
        # A payment of another amount; the text of an event that means the same is not looked at.
        new[column] = old[column].replace('"amount":', '"amount":1')
    replace(settled, model, old, new)
    try:
        differences = list(audit(using=settled))
    finally:
        replace(settled, model, new, old)
    assert named(settled, differences, model, old, column), differences
    assert list(audit(using=settled)) == []


NULLABLE = [
    (model, field.column)
    for model in MODELS
    for field in model._meta.local_concrete_fields
    if field.null and field.column
]


@pytest.mark.parametrize(
    ("model", "column"), NULLABLE, ids=[f"{model._meta.model_name}.{column}" for model, column in NULLABLE]
)
def test_a_value_where_there_was_none_or_none_where_there_was_one(
    settled: str, model: type[Model], column: str
) -> None:
    rows = rows_of(settled, model)
    with_value = [row for row in rows if row[column] is not None][:1]
    without = [row for row in rows if row[column] is None][:1]
    assert with_value
    for old in with_value + without:
        new = {**old, column: None if old[column] is not None else changed(model, column, None)}
        replace(settled, model, old, new)
        differences = list(audit(using=settled))
        replace(settled, model, new, old)
        assert named(settled, differences, model, old, column), differences


STORED = [model for model in MODELS if model._meta.db_table in UNIQUE_COLUMNS]


@pytest.mark.parametrize("model", STORED, ids=lambda model: model.__name__)
@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_a_row_that_is_missing_is_named(settled: str, model: type[Model], place: str) -> None:
    rows = rows_of(settled, model)
    if model.__name__ == "Debt":
        # A debt that is paid may keep its row, at 0, or lose it.
        rows = [row for row in rows if row["amount_minor"]]
    row = rows[{"first": -1, "middle": len(rows) // 2, "last": 0}[place]]
    delete(settled, model, row)
    try:
        differences = list(audit(using=settled))
    finally:
        insert(settled, model, row)
    assert named(settled, differences, model, row, "row"), differences
    assert list(audit(using=settled)) == []


@pytest.mark.parametrize("model", STORED, ids=lambda model: model.__name__)
def test_a_row_that_is_invented_is_named(settled: str, model: type[Model]) -> None:
    row = rows_of(settled, model)[0]
    if model.__name__ == "Debt":
        row = {**row, "amount_minor": 1}
    unique = UNIQUE_COLUMNS[model._meta.db_table]
    invented = {**row, **{column: changed(model, column, row[column]) for column in unique}}
    insert(settled, model, invented)
    try:
        differences = list(audit(using=settled))
    finally:
        delete(settled, model, invented)
    assert named(settled, differences, model, invented, "row"), differences


def test_a_setting_that_is_missing_is_named_and_not_made_anew(settled: str) -> None:
    model = next(model for model in MODELS if model.__name__ == "Setting")
    (row,) = rows_of(settled, model)
    delete(settled, model, row)
    try:
        differences = list(audit(using=settled))
        assert differences
        assert rows_of(settled, model) == []
    finally:
        replace(settled, model, row, row)


@pytest.mark.parametrize(
    "content",
    ["", "{}", "null", "not JSON", '{"type":"order.paid"}', "\U0001f375", '{"type":"clock.ticked","id":"a"}'],
)
def test_an_event_that_is_none_any_more_is_named(settled: str, content: str) -> None:
    model = next(model for model in MODELS if model.__name__ == "Event")
    old = victim(settled, model, "content")
    replace(settled, model, old, {**old, "content": content})
    try:
        differences = list(audit(using=settled))
    finally:
        replace(settled, model, old, old)
    assert any(d.table == "event" and d.key == old["key"] for d in differences)


def test_two_events_that_changed_places_are_named(settled: str) -> None:
    model = next(model for model in MODELS if model.__name__ == "Event")
    rows = rows_of(settled, model)
    paid = next(row for row in rows if '"order.paid"' in row["content"])
    placed = next(
        row
        for row in rows
        if '"order.placed"' in row["content"] and f'"order":"{order_of(paid)}"' in row["content"]
    )
    for one, id_ in ((paid, -1), (placed, paid["id"]), ({**paid, "id": -1}, placed["id"])):
        replace(settled, model, one, {**one, "id": id_})
    try:
        differences = list(audit(using=settled))
    finally:
        for id_ in (paid["id"], placed["id"]):
            run_sql(settled, "DELETE FROM settlement_event WHERE id = %s", [id_])
        insert(settled, model, paid)
        insert(settled, model, placed)
    assert any(d.table == "event" and d.key == paid["key"] and d.column == "decision" for d in differences)


def order_of(event: Row) -> str:
    """The order that an event of the log names."""
    start = event["content"].index('"order":"') + len('"order":"')
    return str(event["content"][start : event["content"].index('"', start)])


def test_the_audit_changes_nothing_and_leaves_nothing_open(settled: str) -> None:
    connection = connections[settled]
    list(audit(using=settled))
    assert not connection.in_atomic_block
    iterator = audit(using=settled)
    replaced = rows_of(settled, MODELS[0])
    next(iterator, None)
    assert rows_of(settled, MODELS[0]) == replaced
