"""Events as they come over HTTP: the body goes to a file first, unpacked and bounded; then it is read.

A caller may send all of its events before it reads the first answer, or read while it sends: neither can stop
the other, and no transaction waits for a slow caller. Memory does not grow with the body.
"""

import zlib
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO

from django.http import HttpRequest
from ninja.errors import HttpError

from pinback.rules.reading import lines_of, parse_line
from pinback.settlement.actions import Incoming

MOST_BYTES = 2**30
"""Of a body, unpacked."""
_FREE_BYTES = 2**20
_MOST_EXPANSION = 200
"""A packed body may grow so many times: events pack to a tenth, bombs to a thousandth."""
_LONGEST_LINE = 8 * 2**20
_TOO_LONG = b"longer than any event\n"
_CHUNK = 2**16
_IN_MEMORY = 2**20
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


def receive(request: HttpRequest) -> IO[bytes]:
    """The body, whole and unpacked, as a file to read from its start. Raises HttpError: 400, 413 or 415."""
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", ""):
        raise HttpError(415, "Content-Encoding: gzip, or none")
    kept: IO[bytes] = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - its reader closes it
    try:
        for piece in _unpacked(request) if encoding == "gzip" else _pieces(request):
            kept.write(piece)
            if kept.tell() > MOST_BYTES:
                raise HttpError(413, f"a body has at most {MOST_BYTES} bytes, unpacked")
    except BaseException:
        kept.close()
        raise
    kept.seek(0)
    return kept


def incoming_of(kept: IO[bytes]) -> Iterator[Incoming]:
    """The events of a received body, numbered by its lines."""
    for number, line in lines_of(_lines(kept)):
        yield Incoming(number, parse_line(line))


def _lines(kept: IO[bytes]) -> Iterator[bytes]:
    while line := kept.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
            while (more := kept.readline(_CHUNK)) and not more.endswith(b"\n"):
                pass
            line = _TOO_LONG
        yield line


def _pieces(request: HttpRequest) -> Iterator[bytes]:
    # Django reads as much as Content-Length says. A body in chunks has none; its end is the server's to find.
    chunked = not request.META.get("CONTENT_LENGTH") and "HTTP_TRANSFER_ENCODING" in request.META
    source = request.META["wsgi.input"] if chunked else request
    while piece := source.read(_CHUNK):
        yield piece


def _unpacked(request: HttpRequest) -> Iterator[bytes]:
    packed = unpacked = 0
    unpacking = zlib.decompressobj(_GZIP_WINDOW)
    try:
        for piece in _pieces(request):
            packed += len(piece)
            rest = piece
            while rest:
                found = unpacking.decompress(rest, _CHUNK)
                unpacked += len(found)
                if unpacked > _FREE_BYTES + _MOST_EXPANSION * packed:
                    raise HttpError(413, f"a packed body grows at most {_MOST_EXPANSION} times")
                yield found
                rest = unpacking.unconsumed_tail
                if unpacking.eof:
                    # Several packed parts, one behind the other, are one stream.
                    rest = unpacking.unused_data
                    unpacking = zlib.decompressobj(_GZIP_WINDOW)
        yield unpacking.flush()
    except zlib.error:
        raise HttpError(400, "the body is not gzip data, or damaged") from None
