"""The mapping: a TOML file that says which column of a shop's export is what, and how its texts are written.

It is read into frozen, typed records. A key that does not exist, is missing or has a wrong value is refused
by name, because a mapping that is half understood would make wrong money.
"""

import io
import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from pinback.history.problems import HistoryError
from pinback.kit.language import gettext as _
from pinback.rules.instants import zone_names

LONGEST_MAPPING_BYTES = 1_000_000

_NOT_OF_TYPE = re.compile(
    r"Expected `(?P<wanted>[^`]+)`, got `(?P<given>[^`]+)`(?: - at `\$\.?(?P<path>.*)`)?"
)
_LIST_INDEX = re.compile(r"\[[^\]]*\]")


class Columns(Struct, frozen=True, forbid_unknown_fields=True):
    """Names of columns, exactly as the file's first line (or the Parquet schema) has them."""

    order: str
    """The order's id. Lines with the same id are one order, wherever in the file they are."""
    buyer: str
    time: str
    price: str
    """The price of one unit, in the currency's major unit ("6.95")."""
    product: str | None = None
    """Left out for a file with one row an order: then `single_product` names what every row sells."""
    quantity: str | None = None
    """Units; left out: 1 in every row."""
    discount: str | None = None
    """What the order cost less, as a whole; the first row of the order that has a value gives it."""
    postage: str | None = None
    """Postage of the order as a whole; read like `discount`."""
    status: str | None = None
    """Rows are used where this column has one of `keep_statuses`."""

    def named(self) -> dict[str, str]:
        """The keys that are given, with the columns they name."""
        given = {key: getattr(self, key) for key in self.__struct_fields__}
        return {key: column for key, column in given.items() if column is not None}


class RefundRule(Struct, frozen=True, forbid_unknown_fields=True):
    """How refunds are recognised; without this table the file has none."""

    order_prefix: str = ""
    """An order id that begins so is a refund, and its quantities are negative."""
    negative_quantity: bool = False
    """A line with a negative quantity is a refund, whatever its order id."""


class Mapping(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything there is to say about an export; one key each."""

    columns: Columns
    time_zone: str
    """IANA name of the zone in which times without an offset are meant, and of the shop that is opened."""
    time_format: str = "iso"
    """`iso` (2010-01-31, 2010-01-31 17:05:00, with or without an offset), or a strptime format."""
    minor_digits: int = 2
    """Digits after the point of the currency: 2 for pounds and yuan, 0 for yen."""
    decimal_mark: Literal[".", ","] = "."
    thousands_mark: str = ""
    delimiter: str = ","
    encoding: str = "utf-8"
    """Of CSV files; a BOM is skipped where the encoding has one."""
    empty_values: tuple[str, ...] = ()
    """Texts that mean "nothing here", besides the empty one: "NULL", "nan"."""
    single_product: str | None = None
    free_lines: bool = False
    """Whether a line with price 0 (a gift) is a line of its order; else it is counted and left out."""
    keep_statuses: tuple[str, ...] = ()
    skip_order_prefixes: tuple[str, ...] = ()
    """Order ids that begin so are bookkeeping, not orders."""
    refunds: RefundRule = field(default_factory=RefundRule)


def read_mapping(path: str | Path) -> Mapping:
    """Read a mapping from a TOML file.

    Raises HistoryError with the file, the key and the reason.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(LONGEST_MAPPING_BYTES + 1)
    except OSError as error:
        raise HistoryError(f"{path}: {error.strerror or error}") from None
    except ValueError:  # a path with a NUL character
        raise HistoryError(_("{path!r} is not the name of a file").format(path=str(path))) from None
    if len(content) > LONGEST_MAPPING_BYTES:
        raise HistoryError(_("{path}: too long to be a mapping").format(path=path))
    try:
        return parse_mapping(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise HistoryError(_("{path}: not UTF-8 text").format(path=path)) from None
    except HistoryError as error:
        raise HistoryError(f"{path}: {error}") from None


def parse_mapping(text: str) -> Mapping:
    """Make a mapping of TOML text.

    Raises HistoryError with the key and the reason.
    """
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise HistoryError(_("not TOML: {reason}").format(reason=error)) from None
    _check_keys(tables, Mapping, "")
    for key, table in (("columns", Columns), ("refunds", RefundRule)):
        if isinstance(tables.get(key), dict):
            _check_keys(tables[key], table, f"{key}.")
    try:
        mapping = msgspec.convert(tables, Mapping)
    except msgspec.ValidationError as error:
        raise HistoryError(_type_problem(str(error))) from None
    _check_columns(mapping)
    _check_values(mapping)
    return mapping


def _check_keys(table: dict[str, Any], record: type[Struct], prefix: str) -> None:
    known = {found.name: found for found in msgspec.structs.fields(record)}
    for key in table:
        if key not in known:
            text = _("the key {key} does not exist; there are: {known}")
            raise HistoryError(text.format(key=prefix + key, known=", ".join(sorted(known))))
    for key, found in known.items():
        if found.required and key not in table:
            raise HistoryError(_("the key {key} is missing").format(key=prefix + key))


def _type_problem(message: str) -> str:
    """Say in our words what msgspec found; its message is shown where it is one that we do not know."""
    found = _NOT_OF_TYPE.match(message)
    if found is None:
        key = message.rpartition("$.")[2].rstrip("`")
        return _("the key {key} is not one of the values that it can have").format(key=key)
    kinds = {
        "str": _("a text in quotes"),
        "int": _("a whole number"),
        "bool": _("true or false"),
        "array": _("a list"),
        "object": _("a table"),
        "float": _("a number with a point"),
    }
    wanted = kinds.get(found["wanted"].removesuffix(" | null"), found["wanted"])
    key = _LIST_INDEX.sub("", found["path"] or "")
    text = _("the key {key} must be {wanted}, not {given}")
    return text.format(key=key, wanted=wanted, given=kinds.get(found["given"], found["given"]))


def _check_columns(mapping: Mapping) -> None:
    columns = mapping.columns
    for key, column in columns.named().items():
        if not column:
            raise HistoryError(_("the key {key} is empty").format(key=f"columns.{key}"))
    if (columns.product is None) == (mapping.single_product is None):
        raise HistoryError(_("one of the keys columns.product and single_product is needed, and only one"))
    if (columns.status is None) != (not mapping.keep_statuses):
        raise HistoryError(_("the keys columns.status and keep_statuses belong together"))
    if columns.quantity is None and mapping.refunds != RefundRule():
        raise HistoryError(_("refunds are recognised by quantities: the key columns.quantity is missing"))


def _check_values(mapping: Mapping) -> None:
    if mapping.time_zone not in zone_names():
        text = _("time_zone: {value!r} is no zone of the IANA database")
        raise HistoryError(text.format(value=mapping.time_zone))
    if mapping.time_format != "iso" and not _is_strptime_format(mapping.time_format):
        text = _("time_format: {value!r} is neither iso nor a strptime format")
        raise HistoryError(text.format(value=mapping.time_format))
    if not 0 <= mapping.minor_digits <= 4:
        raise HistoryError(_("minor_digits must be from 0 to 4"))
    if mapping.thousands_mark not in {"", ".", ",", "'", " "} - {mapping.decimal_mark}:
        raise HistoryError(_("thousands_mark must be one of . , ' and a space, and not the decimal_mark"))
    if len(mapping.delimiter) != 1 or mapping.delimiter in '"\r\n\0':
        raise HistoryError(_("delimiter must be one character, and no quote or line end"))
    if mapping.single_product == "":
        raise HistoryError(_("the key {key} is empty").format(key="single_product"))
    if "" in mapping.skip_order_prefixes:
        raise HistoryError(_("skip_order_prefixes: an empty prefix would skip every order"))
    _check_encoding(mapping.encoding)


def _is_strptime_format(text: str) -> bool:
    try:
        datetime.strptime("", text)  # noqa: DTZ007 - no time is read here
    except re.error:  # a directive given twice
        return False
    except ValueError as error:
        # The empty text never fits; a format that is none is told by another message.
        return "%" in text and "does not match format" in str(error)
    return False


def _check_encoding(name: str) -> None:
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=name).close()
    except (LookupError, ValueError):  # unknown, or no encoding of text
        raise HistoryError(_("encoding: {value!r} is no encoding of text").format(value=name)) from None
