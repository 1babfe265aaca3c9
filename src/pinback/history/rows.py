"""Rows of an export, one at a time and in file order: from CSV (also compressed), or from Parquet.

Every value is text exactly as the file has it. What makes a file unreadable raises HistoryError with the
file's name, the line and the reason; a row with too few or too many fields is passed on as malformed.
"""

import csv
import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, NamedTuple, TypeAlias, cast

from pinback.history.mapping import Mapping
from pinback.history.problems import HistoryError
from pinback.kit.language import gettext as _

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LONGEST_RECORD = 1 << 20
"""Characters of one record; no order line is longer, a file that is no CSV easily is."""

READ_BYTES = 1 << 18
PARQUET_ROWS = 10_000
GZIP_MAGIC = b"\x1f\x8b"
PARQUET_MAGIC = b"PAR1"

Progress: TypeAlias = Callable[[int, int | None], None]
"""Called with the bytes of the file that are read and how many there are (None: standard input)."""


class SourceRow(NamedTuple):
    """A row; `values` are those of the mapping's columns in its order, None where the row is malformed."""

    line: int
    """Number of its first line in a CSV file, from 1; of the row in a Parquet file."""
    fields: tuple[str, ...]
    values: tuple[str, ...] | None

    @property
    def text(self) -> str:
        """The row as a line of CSV, cut where it is very long: an example for people."""
        written = io.StringIO()
        csv.writer(written, lineterminator="").writerow(self.fields)
        text = written.getvalue()
        return text if len(text) <= 200 else text[:199] + "…"


def read_rows(
    source: str | Path, mapping: Mapping, on_progress: Progress | None = None
) -> Iterator[SourceRow]:
    """Read all rows of a file, or of standard input for `-`.

    Raises HistoryError for what cannot be read, at the moment it is reached.
    """
    if str(source) == "-":
        yield from _read_stream(sys.stdin.buffer, _("standard input"), None, mapping, on_progress)
        return
    try:
        stream = Path(source).open("rb")  # noqa: SIM115 - closed below; only opening it may fail in these ways
    except OSError as error:
        raise HistoryError(_name_reason(source, error.strerror or str(error))) from None
    except ValueError:  # a path with a NUL character
        raise HistoryError(_("{path!r} is not the name of a file").format(path=str(source))) from None
    with stream:
        # A pipe has no size.
        size = Path(source).stat().st_size or None
        yield from _read_stream(stream, str(source), size, mapping, on_progress)


def _name_reason(name: object, reason: str) -> str:
    return f"{name}: {reason}"


def _read_stream(
    stream: BinaryIO, name: str, size: int | None, mapping: Mapping, on_progress: Progress | None
) -> Iterator[SourceRow]:
    counted = _Counted(stream, size, on_progress)
    if counted.head == PARQUET_MAGIC:
        if size is None:
            raise HistoryError(_name_reason(name, _("a Parquet file cannot be read from a pipe")))
        yield from _parquet_rows(name, size, mapping, on_progress)
    elif name.endswith(".parquet"):
        raise HistoryError(_name_reason(name, _("not a Parquet file")))
    else:
        content: IO[bytes] = io.BufferedReader(counted, READ_BYTES)
        if counted.head.startswith(GZIP_MAGIC):
            content = cast("IO[bytes]", gzip.GzipFile(fileobj=content, mode="rb"))
        yield from _csv_rows(content, name, mapping)
    counted.finish()


class _Counted(io.RawIOBase):
    """A stream whose first bytes can be looked at, and that tells how far it is read."""

    def __init__(self, stream: BinaryIO, size: int | None, on_progress: Progress | None) -> None:
        self.head = stream.read(4)
        self._pending = self.head
        self._stream = stream
        self._size = size
        self._read = 0
        self._on_progress = on_progress

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer)
        content = self._pending or self._stream.read(len(view))
        self._pending = content[len(view) :]
        content = content[: len(view)]
        view[: len(content)] = content
        self._read += len(content)
        self._tell()
        return len(content)

    def finish(self) -> None:
        """Tell that all is read, also where the end of the file was not needed."""
        self._read = self._size if self._size is not None else self._read
        self._tell()

    def _tell(self) -> None:
        if self._on_progress is not None:
            self._on_progress(self._read, self._size)


class _Lines:
    """The lines of a CSV file, refusing what no CSV file has; counts what the current record takes."""

    def __init__(self, content: IO[bytes], name: str, encoding: str) -> None:
        # newline="": the csv module must see line ends as they are.
        self._text = io.TextIOWrapper(content, encoding=_with_bom(encoding), newline="")
        self._name = name
        self.number = 0
        self.record_length = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._next():
            self.number += 1
            self.record_length += len(line)
            if self.record_length > LONGEST_RECORD:
                text = _("a record of more than {limit} characters: is a quote not closed, or is it no CSV?")
                raise self.problem(text.format(limit=LONGEST_RECORD))
            if "\0" in line:
                raise self.problem(_("a NUL character: not a text file, or its encoding is another"))
            yield line

    def _next(self) -> str:
        try:
            return self._text.readline(LONGEST_RECORD + 1)
        except UnicodeError:
            self.number += 1
            text = _("near this line is text that is not {encoding}; the mapping can name another encoding")
            raise self.problem(text.format(encoding=self._text.encoding.removesuffix("-sig"))) from None
        except EOFError:
            raise self.problem(_("the compressed file ends too early: it is cut off")) from None
        except (gzip.BadGzipFile, zlib.error):
            raise self.problem(_("the compressed file is damaged")) from None

    def problem(self, reason: str) -> HistoryError:
        """The error to raise about the current line."""
        text = _("{path}, line {line}: {reason}")
        return HistoryError(text.format(path=self._name, line=self.number, reason=reason))


def _with_bom(encoding: str) -> str:
    return "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding


def _csv_rows(content: IO[bytes], name: str, mapping: Mapping) -> Iterator[SourceRow]:
    lines = _Lines(content, name, mapping.encoding)
    reader = csv.reader(lines, delimiter=mapping.delimiter)
    try:
        header = next(reader, None)
        if header is None:
            raise HistoryError(_name_reason(name, _("the file is empty")))
        pick = itemgetter(*_positions(header, name, mapping))
        width = len(header)
        start = reader.line_num + 1
        for fields in reader:
            lines.record_length = 0
            if fields:
                values = pick(fields) if len(fields) == width else None
                yield SourceRow(start, tuple(fields), values)
            start = reader.line_num + 1
    except csv.Error as error:
        raise lines.problem(_("not CSV: {reason}").format(reason=error)) from None


def _positions(header: list[str], name: str, mapping: Mapping) -> list[int]:
    """Where the mapping's columns are in the file."""
    positions = []
    for key, column in mapping.columns.named().items():
        found = header.count(column)
        if found != 1:
            text = (
                _("there is no column {column!r} (key {key}); there are: {columns}")
                if found == 0
                else _("there are several columns {column!r} (key {key})")
            )
            there = ", ".join(repr(one[:40]) for one in header[:40])
            reason = text.format(column=column, key=f"columns.{key}", columns=there)
            raise HistoryError(_name_reason(name, reason))
        positions.append(header.index(column))
    return positions


def _parquet_rows(
    name: str, size: int, mapping: Mapping, on_progress: Progress | None
) -> Iterator[SourceRow]:
    try:
        import duckdb
    except ModuleNotFoundError:
        reason = _("reading Parquet needs one more package: pip install 'pinback[parquet]'; CSV needs none")
        raise HistoryError(_name_reason(name, reason)) from None

    # A name is a pattern to DuckDB: brackets make its special characters plain.
    literal = "".join(f"[{char}]" if char in "[*?" else char for char in str(Path(name).absolute()))
    try:
        with duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false"}) as database:
            # One thread is enough for a stream, and times with an offset are written in UTC.
            database.execute("SET threads = 1; SET TimeZone = 'UTC'")
            described = database.execute(
                "DESCRIBE SELECT * FROM read_parquet(?, hive_partitioning=false)", [literal]
            ).fetchall()
            columns = [str(record[0]) for record in described]
            pick = itemgetter(*_positions(columns, name, mapping))
            counted = database.execute(
                "SELECT count(*) FROM read_parquet(?, hive_partitioning=false)", [literal]
            ).fetchone()
            total = counted[0] if counted else 0
            # "Exactly as text" is the cast's work: DECIMAL keeps its digits, DOUBLE is written shortest.
            texts = ", ".join(f"CAST({_quoted(column)} AS VARCHAR)" for column in columns)
            query = f"SELECT {texts} FROM read_parquet(?, hive_partitioning=false)"  # noqa: S608 - quoted names
            selected = database.execute(query, [literal])
            done = 0
            while chunk := selected.fetchmany(PARQUET_ROWS):
                for number, record in enumerate(chunk, done + 1):
                    fields = tuple("" if value is None else value for value in record)
                    yield SourceRow(number, fields, pick(fields))
                done += len(chunk)
                if on_progress is not None:
                    on_progress(size * done // total, size)
    except duckdb.Error as error:
        first_line = str(error).strip().partition("\n")[0]
        reason = _("not a readable Parquet file: {reason}").format(reason=first_line)
        raise HistoryError(_name_reason(name, reason)) from None


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
