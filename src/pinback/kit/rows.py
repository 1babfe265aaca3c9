"""Rows: models made of what a compiled query gave, and new ones inserted by statements that are kept.

Models are made as Django makes them, but for signals and constructors, of which no model here has any.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet
from django.db.models.base import ModelState
from django.db.models.query import FlatValuesListIterable, ModelIterable, ValuesListIterable
from django.db.models.signals import post_init, pre_init

from pinback.kit.driver import Statement, changed, ready

Convert = Callable[[Any], Any]


def maker(query: QuerySet[Any, Any], compiler: Any, connection: Any) -> Callable[[list[Any]], list[Any]]:
    """What makes models, or values, of the rows of a query, as Django's own iterables do."""
    converters = _converters(compiler, connection)
    iterable = query._iterable_class  # noqa: SLF001
    if iterable is FlatValuesListIterable:
        ((_place, convert),) = converters or ((0, None),)
        if convert is None:
            return lambda rows: [row[0] for row in rows]
        return lambda rows: [convert(row[0]) for row in rows]
    if iterable is ValuesListIterable:
        return (lambda rows: list(map(tuple, _converted(rows, converters)))) if converters else list
    assert iterable is ModelIterable, iterable
    assert not compiler.annotation_col_map, "a model with annotations"
    made = _model_maker(compiler.klass_info, compiler.select, connection.alias)
    return lambda rows: list(map(made, _converted(rows, converters)))


def _converted(rows: list[Any], converters: Sequence[tuple[int, Convert]]) -> list[Any]:
    if not converters:
        return rows
    found = []
    for row in rows:
        values = list(row)
        for place, convert in converters:
            values[place] = convert(values[place])
        found.append(values)
    return found


def _converters(compiler: Any, connection: Any) -> list[tuple[int, Convert]]:
    """By column, what makes a value of what the driver gives."""
    fields = [entry[0] for entry in compiler.select[: compiler.col_count]]
    return [
        (place, _one_of([_converter(each, expression, connection) for each in converters]))
        for place, (converters, expression) in compiler.get_converters(fields).items()
    ]


def _converter(convert: Callable[..., Any], expression: Any, connection: Any) -> Convert:
    if connection.vendor == "sqlite" and convert == connection.ops.convert_datetimefield_value:
        assert connection.timezone is UTC
        return _moment
    return lambda value: convert(value, expression, connection)


def _moment(value: datetime | None) -> datetime | None:
    """A moment as SQLite keeps it: in UTC, without saying so."""
    return None if value is None else value.replace(tzinfo=UTC)


def _one_of(converters: list[Convert]) -> Convert:
    if len(converters) == 1:
        return converters[0]

    def convert(value: Any) -> Any:
        for each in converters:
            value = each(value)
        return value

    return convert


def _model_maker(about: Any, select: Any, alias: str) -> Callable[[Any], Any]:
    """What makes a model of a row, with those that were selected with it."""
    model, fields = about["model"], about["select_fields"]
    begin, end = fields[0], fields[-1] + 1
    names = tuple(entry[0].target.attname for entry in select[begin:end])
    whole = tuple(field.attname for field in model._meta.concrete_fields)
    assert names == whole, "only whole rows are made into models"
    assert not any(signal.has_listeners(model) for signal in (pre_init, post_init)), model
    assert model.__init__ is Model.__init__, model
    key = begin + names.index(model._meta.pk_fields[0].attname)
    related = [
        (_model_maker(each, select, alias), each["local_setter"], each["remote_setter"])
        for each in about.get("related_klass_infos", ())
    ]
    new = model.__new__

    def made(row: Any) -> Any:
        if row[key] is None:
            return None
        found = new(model)
        found.__dict__.update(zip(names, row[begin:end], strict=True))
        state = found._state = ModelState()  # noqa: SLF001
        state.adding, state.db = False, alias
        for make, set_here, set_there in related:
            other = make(row)
            set_here(found, other)
            if other is not None:
                set_there(other, found)
        return found

    return made


_inserts: WeakKeyDictionary[Any, dict[type[Model], "_Insert"]] = WeakKeyDictionary()

_Insert = tuple[Statement, Statement, list[tuple[str, Convert]]]


def insert(row: Model) -> None:
    """Insert a row with an id of ours, as `row.save(force_insert=True)` does; no signals are sent, and no
    field says at this moment what it is. Raises IntegrityError.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    plain, _lenient, fields = _insert_of(type(row), connection)
    changed(connection, plain, _values(row, fields))
    _is_there(row, connection)


def insert_new(row: Model) -> bool:
    """Insert a row unless one with a unique key of it is there; whether it was inserted."""
    connection = connections[DEFAULT_DB_ALIAS]
    _plain, lenient, fields = _insert_of(type(row), connection)
    if not changed(connection, lenient, _values(row, fields)):
        return False
    _is_there(row, connection)
    return True


def _is_there(row: Model, connection: Any) -> None:
    state = row._state  # noqa: SLF001
    state.adding, state.db = False, connection.alias


def _values(row: Model, fields: list[tuple[str, Convert]]) -> list[Any]:
    kept = row.__dict__
    return [convert(kept[name]) for name, convert in fields]


def saver(field: Any, connection: Any) -> Convert:
    """What makes of a field's value what the driver is given, as Django does; texts and integers, of which
    Django makes the same after several questions, are not asked about.
    """
    save = field.get_db_prep_save
    kind = (field.target_field if field.remote_field else field).get_internal_type()
    if kind in ("CharField", "TextField"):
        return lambda value: value if type(value) is str else save(value, connection)
    if kind.endswith("IntegerField"):
        # PostgreSQL's driver has a type for each size of them.
        sized = getattr(connection.ops, "integerfield_type_map", {}).get(kind, int)
        return lambda value: sized(value) if type(value) is int else save(value, connection)
    return lambda value: save(value, connection)


def _insert_of(model: type[Model], connection: Any) -> _Insert:
    kept = _inserts.setdefault(connection, {})
    known = kept.get(model)
    if known is None:
        quote = connection.ops.quote_name
        columns = ", ".join(quote(field.column) for field in model._meta.concrete_fields)
        places = ", ".join(["%s"] * len(model._meta.concrete_fields))
        fields = [(field.attname, saver(field, connection)) for field in model._meta.concrete_fields]
        table = quote(model._meta.db_table)
        sql = f"INSERT INTO {table} ({columns}) VALUES ({places})"  # noqa: S608 - names of our own
        lenient = f"{sql} ON CONFLICT DO NOTHING"
        known = kept[model] = ready(sql), ready(lenient), fields
    return known
