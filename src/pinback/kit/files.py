"""Files as commands read and write them: `-` is standard input or output, `.gz` is packed on the way.

Whatever the system has against a file becomes a `FileProblem`: one line that names the file and the reason.
"""

import errno
import gzip
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, TextIO, cast

from pinback.kit.language import gettext as _

LONGEST_LINE = 512 * 2**20
"""A line of more bytes is read over in pieces, so that memory stays bounded; it is given as `TOO_LONG`."""

TOO_LONG = b"longer than any event\n"
STANDARD = "-"


class FileProblem(Exception):
    """A file cannot be read or written; the message names it and says why, in one line."""


def _reason(error: Exception) -> str:
    if isinstance(error, EOFError):
        return _("it ends in the middle of its compressed data")
    if isinstance(error, zlib.error):
        return _("its compressed data is damaged")
    if isinstance(error, gzip.BadGzipFile):
        return _("it is not gzip data, or damaged")
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__


def same_file(one: str, other: str) -> bool:
    """Whether two paths lead to one regular file, by whatever links, or would if it were made."""
    if STANDARD in (one, other) or (Path(one).exists() and not Path(one).is_file()):
        return False
    try:
        return Path(one).samefile(other)
    except OSError:
        return os.path.realpath(one) == os.path.realpath(other)


def _bytes_of(standard: TextIO | None) -> BinaryIO:
    """The bytes behind standard input or output, which is None where the caller closed it."""
    if standard is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return standard.buffer


class InputLines:
    """The lines of a file, and how many bytes of it are read (packed ones, if it is packed)."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.size: int | None = None
        try:
            self._raw = _bytes_of(sys.stdin) if path == STANDARD else Path(path).open("rb")  # noqa: SIM115 - see close
            if path != STANDARD and Path(path).is_file():
                self.size = Path(path).stat().st_size
        except OSError as error:
            raise FileProblem(
                _("cannot read {path}: {reason}").format(path=path, reason=_reason(error))
            ) from error
        packed = path.endswith(".gz")
        self._stream = cast(BinaryIO, gzip.GzipFile(fileobj=self._raw)) if packed else self._raw

    def bytes_read(self) -> int:
        """How far the file is read."""
        try:
            return self._raw.tell()
        except OSError:
            return 0

    def __iter__(self) -> Iterator[bytes]:
        """The lines with their line breaks; raises FileProblem where the file cannot be read further."""
        try:
            while line := self._stream.readline(LONGEST_LINE):
                if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                    while (more := self._stream.readline(2**20)) and not more.endswith(b"\n"):
                        pass
                    line = TOO_LONG
                yield line
        except (OSError, EOFError, zlib.error) as error:
            raise FileProblem(
                _("cannot read {path}: {reason}").format(path=self.path, reason=_reason(error))
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        if self.path != STANDARD:
            self._stream.close()
            self._raw.close()


@contextmanager
def open_output(path: str) -> Iterator[IO[bytes]]:
    """A file to write, emptied first; raises FileProblem, also where writing fails later."""
    try:
        if path == STANDARD:
            yield _bytes_of(sys.stdout)
            _bytes_of(sys.stdout).flush()
        elif path.endswith(".gz"):
            with gzip.open(path, "wb", compresslevel=6) as packed:
                yield cast(IO[bytes], packed)
        else:
            with Path(path).open("wb") as plain:
                yield plain
    except BrokenPipeError:
        raise
    except OSError as error:
        raise FileProblem(
            _("cannot write {path}: {reason}").format(path=path, reason=_reason(error))
        ) from error
