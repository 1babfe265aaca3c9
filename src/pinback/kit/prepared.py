"""Queries that are compiled once and asked often, with other values: what every request asks goes here.

Django builds and compiles a query anew each time, which takes many times as long as SQLite takes to answer
it. A `Prepared` lets Django compile it at the first asking on a connection, with marks where values go, and
keeps the statement and what turns its rows into models. It is the same query with the same rows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import Model, QuerySet
from django.db.models.query import (
    FlatValuesListIterable,
    ModelIterable,
    ValuesListIterable,
    get_related_populators,
)

Row = TypeVar("Row")
Shape = tuple[tuple[type, int], ...]

_LONGEST_LIST = 8
"""A list of values is prepared for its length; a longer one is asked as it is."""
_INTEGER = 7_310_000_000_000_000_000
_TEXT = "pinback prepared mark "
_MOMENT = datetime(9000, 1, 1, tzinfo=UTC)


class Prepared(Generic[Row]):
    """A query of keyword arguments: texts, integers, moments, or lists of them.

    `build` makes the query of values; it must only put them into conditions, and never look at them.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Row]]) -> None:
        self._build = build
        self._kept: WeakKeyDictionary[Any, dict[Shape, _Statement]] = WeakKeyDictionary()

    def all(self, **values: Any) -> list[Row]:
        """The rows for these values."""
        shape = tuple(
            (type(value), len(value) if isinstance(value, list) else 0) for value in values.values()
        )
        if any(length > _LONGEST_LIST or (kind is list and not length) for kind, length in shape):
            return list(self._build(**values))
        connection = connections[DEFAULT_DB_ALIAS]
        kept = self._kept.setdefault(connection, {})
        statement = kept.get(shape)
        if statement is None:
            statement = kept[shape] = _compiled(self._build, values, connection)
        return statement.rows(values, connection)

    def first(self, **values: Any) -> Row | None:
        """The first row; None: there is none. The query itself says how many rows it gives at most."""
        found = self.all(**values)
        return found[0] if found else None


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where a parameter comes from: a value by its name (of a list: and its place); else it is fixed."""

    name: str = ""
    place: int = -1
    convert: Callable[[Any], Any] | None = None
    fixed: Any = None

    def taken(self, values: Mapping[str, Any]) -> Any:
        if not self.name:
            return self.fixed
        value = values[self.name] if self.place < 0 else values[self.name][self.place]
        return value if self.convert is None else self.convert(value)


@dataclass(frozen=True, slots=True)
class _Statement:
    """A compiled query: its text, where its parameters come from, and what makes rows of the answer."""

    sql: str
    slots: tuple[_Slot, ...]
    converters: Any
    compiler: Any
    made: Callable[[Any], Any]

    def rows(self, values: Mapping[str, Any], connection: Any) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(self.sql, tuple(slot.taken(values) for slot in self.slots))
            rows = cursor.fetchall()
        if self.converters:
            rows = self.compiler.apply_converters(rows, self.converters)
        return [self.made(row) for row in rows]


def _compiled(
    build: Callable[..., QuerySet[Any, Any]], values: Mapping[str, Any], connection: Any
) -> _Statement:
    marks, slots = _marked(values, connection)
    query = build(**marks)
    compiler = query.query.get_compiler(connection=connection)
    sql, parameters = compiler.as_sql()
    placed = tuple(_slot_of(parameter, slots) for parameter in parameters)
    missing = {slot.name for slot in slots.values()} - {slot.name for slot in placed}
    assert not missing, f"not in the query: {missing}"
    fields = [entry[0] for entry in compiler.select[: compiler.col_count]]
    return _Statement(
        sql, placed, compiler.get_converters(fields), compiler, _maker(query, compiler, connection)
    )


def _marked(values: Mapping[str, Any], connection: Any) -> tuple[dict[str, Any], dict[Any, _Slot]]:
    """Marks in place of the values, and what each mark, as the database is given it, stands for."""
    marks: dict[str, Any] = {}
    slots: dict[Any, _Slot] = {}
    number = 0
    for name, value in values.items():
        inside = []
        for place, one in enumerate(value if isinstance(value, list) else [value]):
            number += 1
            mark, convert = _mark_of(one, number, connection)
            slot = _Slot(name, place if isinstance(value, list) else -1, convert)
            slots[mark if convert is None else convert(mark)] = slot
            inside.append(mark)
        marks[name] = inside if isinstance(value, list) else inside[0]
    return marks, slots


def _mark_of(value: Any, number: int, connection: Any) -> tuple[Any, Callable[[Any], Any] | None]:
    if isinstance(value, datetime):
        return _MOMENT + timedelta(seconds=number), connection.ops.adapt_datetimefield_value
    if isinstance(value, str):
        return f"{_TEXT}{number}", None
    assert isinstance(value, int), f"{value!r} cannot be prepared"
    assert not isinstance(value, bool), "write what is true or false into the query"
    return _INTEGER + number, None


def _slot_of(parameter: Any, slots: Mapping[Any, _Slot]) -> _Slot:
    try:
        slot = slots.get(parameter)
    except TypeError:
        return _Slot(fixed=parameter)
    if slot is None:
        return _Slot(fixed=parameter)
    if isinstance(parameter, int) and type(parameter) is not int:
        # The driver's own type of integer, such as one of 8 bytes.
        return _Slot(slot.name, slot.place, type(parameter))
    return slot


def _maker(query: QuerySet[Any, Any], compiler: Any, connection: Any) -> Callable[[Any], Any]:
    """What makes a model, or values, of a row, as Django's own iterables do."""
    iterable = query._iterable_class  # noqa: SLF001
    if iterable is FlatValuesListIterable:
        return lambda row: row[0]
    if iterable is ValuesListIterable:
        return tuple
    assert iterable is ModelIterable, iterable
    about, select = compiler.klass_info, compiler.select
    model, fields = about["model"], about["select_fields"]
    begin, end = fields[0], fields[-1] + 1
    names = [entry[0].target.attname for entry in select[begin:end]]
    populate: Callable[..., Any] = get_related_populators
    populators = populate(about, select, connection.alias)

    def made(row: Any) -> Any:
        found = model.from_db(connection.alias, names, row[begin:end])
        for populator in populators:
            populator.populate(row, found)
        return found

    return made


_inserts: WeakKeyDictionary[Any, dict[type[Model], tuple[str, tuple[Any, ...]]]] = WeakKeyDictionary()


def insert(row: Model) -> None:
    """Insert a row with an id of ours, as `row.save(force_insert=True)` does; no signals are sent, and no
    field says at this moment what it is. Raises IntegrityError.
    """
    _insert(row, "")


def insert_new(row: Model) -> bool:
    """Insert a row unless one with a unique key of it is there; whether it was inserted."""
    return _insert(row, " ON CONFLICT DO NOTHING")


def _insert(row: Model, otherwise: str) -> bool:
    connection = connections[DEFAULT_DB_ALIAS]
    kept = _inserts.setdefault(connection, {})
    known = kept.get(type(row))
    if known is None:
        known = kept[type(row)] = _insert_of(type(row), connection)
    sql, fields = known
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
    with transaction.mark_for_rollback_on_error(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(sql + otherwise, values)
        if cursor.rowcount == 0:
            return False
    state = row._state  # noqa: SLF001
    state.adding, state.db = False, connection.alias
    return True


def _insert_of(model: type[Model], connection: Any) -> tuple[str, tuple[Any, ...]]:
    quote = connection.ops.quote_name
    fields = tuple(model._meta.concrete_fields)
    columns = ", ".join(quote(field.column) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    table = quote(model._meta.db_table)
    return f"INSERT INTO {table} ({columns}) VALUES ({places})", fields  # noqa: S608 - names of our own
