"""Queries and updates that are compiled once and asked often, with other values: what every request asks goes
here.

Django builds and compiles a query anew each time, which takes many times as long as SQLite takes to answer
it. A `Prepared` lets Django compile it at the first asking on a connection, with marks where values go, and
keeps the statement and what turns its rows into models. It is the same query with the same rows. `Update`
does the same for an update.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Expression, F, QuerySet
from django.db.models.sql import UpdateQuery

from pinback.kit.driver import Statement, changed, fetched, ready
from pinback.kit.rows import maker, saver

Row = TypeVar("Row")
Shape = tuple[Any, ...]

_LONGEST_LIST = 8
"""A list of values is prepared for its length; a longer one is asked as it is."""
_INTEGER = 2_147_400_000
"""Within what a column of 4 bytes holds: Django does not ask for what cannot be there."""
_TEXT = "pinback prepared mark "
_MOMENT = datetime(9000, 1, 1, tzinfo=UTC)


class Prepared(Generic[Row]):
    """A query of keyword arguments: texts, integers, moments, or lists of them.

    `build` makes the query of values; it must only put them into conditions, and never look at them.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Row]]) -> None:
        self._build = build
        self._kept: WeakKeyDictionary[Any, dict[Shape, _Query]] = WeakKeyDictionary()

    def all(self, **values: Any) -> list[Row]:
        """The rows for these values."""
        shape = _shape(values)
        if shape is None:
            return list(self._build(**values))
        connection = connections[DEFAULT_DB_ALIAS]
        kept = self._kept.setdefault(connection, {})
        query = kept.get(shape)
        if query is None:
            query = kept[shape] = _compiled(self._build, values, connection)
        rows = fetched(connection, query.statement, [slot.taken(values) for slot in query.slots])
        return query.made(rows)

    def first(self, **values: Any) -> Row | None:
        """The first row; None: there is none. The query itself says how many rows it gives at most."""
        found = self.all(**values)
        return found[0] if found else None


class More:
    """In an update: so much more than is there."""

    def __init__(self, amount: int) -> None:
        self.amount = amount


class Update:
    """An update of the rows that `build` finds, as in `Prepared`; the new values come with each call."""

    def __init__(self, build: Callable[..., QuerySet[Any]]) -> None:
        self._build = build
        self._kept: WeakKeyDictionary[Any, dict[Shape, _Written]] = WeakKeyDictionary()

    def run(self, new: Mapping[str, Any], **values: Any) -> int:
        """Give fields new values, or `More` of what they have; how many rows were there to take them."""
        shape = _shape(values)
        assert shape is not None, "an update is not asked with long lists"
        shape = (*shape, *((name, type(value) is More) for name, value in new.items()))
        connection = connections[DEFAULT_DB_ALIAS]
        kept = self._kept.setdefault(connection, {})
        update = kept.get(shape)
        if update is None:
            update = kept[shape] = _compiled_update(self._build, values, new, connection)
        return changed(connection, update.statement, [slot.taken_of(values, new) for slot in update.slots])


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where a parameter comes from: a value by its name (of a list: and its place); else it is fixed."""

    name: str = ""
    place: int = -1
    convert: Callable[[Any], Any] | None = None
    fixed: Any = None
    is_new: bool = False

    def taken(self, values: Mapping[str, Any]) -> Any:
        if not self.name:
            return self.fixed
        value = values[self.name] if self.place < 0 else values[self.name][self.place]
        return value if self.convert is None else self.convert(value)

    def taken_of(self, values: Mapping[str, Any], new: Mapping[str, Any]) -> Any:
        if not self.is_new:
            return self.taken(values)
        value = new[self.name]
        assert self.convert is not None
        return self.convert(value.amount if type(value) is More else value)


@dataclass(frozen=True, slots=True)
class _Query:
    """A compiled query: its statement, where its parameters come from, and what makes models of its rows."""

    statement: Statement
    slots: tuple[_Slot, ...]
    made: Callable[[list[Any]], list[Any]]


@dataclass(frozen=True, slots=True)
class _Written:
    """A compiled update, and where its parameters come from."""

    statement: Statement
    slots: tuple[_Slot, ...]


def _shape(values: Mapping[str, Any]) -> Shape | None:
    """What decides on the text of a statement; None: a list is empty, or too long to be prepared."""
    shape: list[Any] = []
    for value in values.values():
        if isinstance(value, list):
            if not 0 < len(value) <= _LONGEST_LIST:
                return None
            shape.append(len(value))
        else:
            shape.append(type(value))
    return tuple(shape)


def _compiled(build: Callable[..., QuerySet[Any, Any]], values: Mapping[str, Any], connection: Any) -> _Query:
    marks, slots = _marked(values, connection)
    query = build(**marks)
    compiler = query.query.get_compiler(connection=connection)
    sql, parameters = compiler.as_sql()
    return _Query(ready(sql), _placed(parameters, slots), maker(query, compiler, connection))


def _compiled_update(
    build: Callable[..., QuerySet[Any]], values: Mapping[str, Any], new: Mapping[str, Any], connection: Any
) -> _Written:
    marks, slots = _marked(values, connection)
    rows = build(**marks)
    update: Any = rows.query.chain(UpdateQuery)
    update.add_update_fields(
        [(field := rows.model._meta.get_field(name), None, _expression(field, new[name])) for name in new]
    )
    sql, parameters = update.get_compiler(connection=connection).as_sql()
    return _Written(ready(sql), _placed(parameters, slots))


def _expression(field: Any, value: Any) -> Any:
    # By its own type: a field of its own may have a say in how its values are written.
    given = _New(field)
    return F(field.name) + given if type(value) is More else given


class _New(Expression):
    """The place of a new value of a field."""

    def __init__(self, field: Any) -> None:
        super().__init__(output_field=field)
        self._field = field

    def as_sql(self, compiler: Any, connection: Any) -> Any:  # noqa: ARG002 - Django's signature
        return "%s", (_Slot(self._field.name, convert=saver(self._field, connection), is_new=True),)


def _placed(parameters: Any, slots: Mapping[Any, _Slot]) -> tuple[_Slot, ...]:
    placed = tuple(_slot_of(parameter, slots) for parameter in parameters)
    missing = {slot.name for slot in slots.values()} - {slot.name for slot in placed}
    assert not missing, f"not in the query: {missing}"
    return placed


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
    if isinstance(parameter, _Slot):
        return parameter
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
