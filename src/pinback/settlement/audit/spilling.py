"""Mappings that keep what was used lately in memory and the rest in a temporary file.

The audit folds a whole event log: what it knows of old orders must be at hand if one of them is refunded,
but need not take memory meanwhile.
"""

import sqlite3
from collections.abc import Iterator, MutableMapping
from tempfile import NamedTemporaryFile
from typing import Any, Generic, TypeVar

import msgspec

Value = TypeVar("Value")


class Spilling(MutableMapping[str, Value], Generic[Value]):
    """A mapping from text of which at most `most` values are in memory; iterates in the order of its keys.

    `kind` is the type of the values, one that msgspec can write. The file goes with the mapping.
    """

    def __init__(self, kind: Any, *, most: int = 20_000) -> None:
        self._most = most
        self._hot: dict[str, Value] = {}
        self._file = NamedTemporaryFile(prefix="pinback-audit-", suffix=".sqlite3")  # noqa: SIM115 - lives with self
        self._cold = sqlite3.connect(self._file.name, isolation_level=None)
        self._cold.execute("PRAGMA journal_mode=OFF")
        self._cold.execute("PRAGMA synchronous=OFF")
        self._cold.execute("CREATE TABLE spilled (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder: msgspec.msgpack.Decoder[Value] = msgspec.msgpack.Decoder(kind)

    def __getitem__(self, key: str) -> Value:
        if key in self._hot:
            return self._hot[key]
        found = self._cold.execute("SELECT value FROM spilled WHERE key = ?", (key,)).fetchone()
        if found is None:
            raise KeyError(key)
        value = self._decoder.decode(found[0])
        self._keep(key, value)
        return value

    def __setitem__(self, key: str, value: Value) -> None:
        self._hot.pop(key, None)
        self._keep(key, value)

    def __delitem__(self, key: str) -> None:
        self[key]
        del self._hot[key]
        self._cold.execute("DELETE FROM spilled WHERE key = ?", (key,))

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self.items_by_key())

    def __len__(self) -> int:
        self._spill(len(self._hot))
        count: int = self._cold.execute("SELECT count(*) FROM spilled").fetchone()[0]
        return count

    def items_by_key(self) -> Iterator[tuple[str, Value]]:
        """Everything, in the order of the keys by code point."""
        self._spill(len(self._hot))
        for key, value in self._cold.execute("SELECT key, value FROM spilled ORDER BY key"):
            yield key, self._decoder.decode(value)

    def close(self) -> None:
        """Let the file go."""
        self._cold.close()
        self._file.close()

    def _keep(self, key: str, value: Value) -> None:
        self._hot[key] = value
        if len(self._hot) > self._most:
            self._spill(self._most // 2)

    def _spill(self, count: int) -> None:
        """Write the values that were put in first to the file; a dict keeps its order."""
        keys = list(self._hot)[:count]
        self._cold.execute("BEGIN")
        self._cold.executemany(
            "INSERT OR REPLACE INTO spilled VALUES (?, ?)",
            ((key, self._encoder.encode(self._hot.pop(key))) for key in keys),
        )
        self._cold.execute("COMMIT")
