"""Files in and out: every line once, bounded memory, and each complaint of the system as one named line."""

import gzip
import io
import os
import sys
from pathlib import Path

import pytest

from pinback.kit import files
from pinback.kit.files import FileProblem, InputLines, open_output, same_file


def lines_in(folder: Path, content: bytes, name: str = "file") -> list[bytes]:
    """The lines of a file with that content."""
    path = folder / name
    path.write_bytes(content)
    lines = InputLines(str(path))
    try:
        return list(lines)
    finally:
        lines.close()


@pytest.mark.parametrize("content", [b"", b"a", b"a\n", b"a\nb", b"\n\na\r\n\n", b"\0\n\xff\n"])
def test_lines_keep_their_breaks(tmp_path: Path, content: bytes) -> None:
    assert b"".join(lines_in(tmp_path, content)) == content
    assert lines_in(tmp_path, gzip.compress(content, mtime=0), "file.gz") == lines_in(tmp_path, content)


@pytest.mark.parametrize("length", [9, 10, 11, 25])
def test_a_line_that_is_too_long_is_read_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    monkeypatch.setattr(files, "LONGEST_LINE", 10)
    found = lines_in(tmp_path, b"first\n" + b"x" * length + b"\nlast")
    long = b"x" * length + b"\n" if length < 10 else files.TOO_LONG
    assert found == [b"first\n", long, b"last"]


def test_a_last_line_that_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LONGEST_LINE", 10)
    assert lines_in(tmp_path, b"first\n" + b"x" * 25) == [b"first\n", files.TOO_LONG]


def test_how_far_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(os.urandom(10_000).hex().encode()))
    lines = InputLines(str(path))
    assert (lines.size, lines.bytes_read()) == (path.stat().st_size, 0)
    assert len(list(lines)) == 1
    assert lines.bytes_read() == lines.size
    lines.close()


def test_standard_input_is_read_and_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    given = io.TextIOWrapper(io.BytesIO(b"a\nb\n"))
    monkeypatch.setattr(sys, "stdin", given)
    lines = InputLines("-")
    assert list(lines) == [b"a\n", b"b\n"]
    assert lines.size is None
    lines.close()
    assert not given.closed


def test_a_pipe_has_no_size(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"a\n")
    os.close(writing)
    lines = InputLines(f"/proc/self/fd/{reading}")
    assert lines.size is None
    assert list(lines) == [b"a\n"]
    assert lines.bytes_read() == 0
    lines.close()
    os.close(reading)


def test_the_lines_before_the_end_of_a_cut_gzip_are_given(tmp_path: Path) -> None:
    content = b"".join(b"%d\n" % number for number in range(10_000))
    packed = gzip.compress(content, mtime=0)
    for cut in (len(packed) - 1, len(packed) - 9, len(packed) // 2, 12, 5):
        path = tmp_path / "cut.gz"
        path.write_bytes(packed[:cut])
        found: list[bytes] = []
        lines = InputLines(str(path))
        with pytest.raises(FileProblem, match=r"it ends in the middle of its compressed data$"):
            found.extend(lines)
        # `extend` keeps what it had taken before the error.
        assert content.startswith(b"".join(found))
        assert all(line.endswith(b"\n") for line in found)
        assert len(found) > 4000 or cut < 100
        lines.close()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("no.gz", b"plain text", "it is not gzip data, or damaged"),
        ("crc.gz", gzip.compress(b"text", mtime=0)[:-8] + b"\0" * 8, "it is not gzip data, or damaged"),
        ("damaged.gz", gzip.compress(b"text", mtime=0)[:10] + b"\xff" * 50, "its compressed data is damaged"),
    ],
)
def test_what_is_no_gzip_is_said(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    with pytest.raises(FileProblem, match=f"^cannot read {tmp_path}/{name}: {reason}$"):
        lines_in(tmp_path, content, name)


@pytest.mark.parametrize("name", ["out", "out.gz"])
def test_an_output_is_emptied_first(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    for content in (b"a longer text than the next", b"short"):
        with open_output(str(path)) as output:
            output.write(content)
        written = path.read_bytes()
        assert (gzip.decompress(written) if name == "out.gz" else written) == content


@pytest.mark.parametrize("name", ["full", "full.gz"])
@pytest.mark.parametrize("size", [1, 10**6])
def test_a_full_disk_is_said_whenever_it_is_noticed(tmp_path: Path, name: str, size: int) -> None:
    (tmp_path / name).symlink_to("/dev/full")
    complaint = f"^cannot write {tmp_path}/{name}: No space left on device$"
    with pytest.raises(FileProblem, match=complaint), open_output(str(tmp_path / name)) as output:
        output.write(os.urandom(size))


def test_a_reader_that_went_away_is_no_problem_of_the_file() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with pytest.raises(BrokenPipeError), open_output(f"/proc/self/fd/{writing}") as output:
        output.write(b"x" * 10**6)
    os.close(writing)


def test_standard_output_stays_open(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with open_output("-") as output:
        output.write(b"text")
    assert capfdbinary.readouterr().out == b"text"
    assert not sys.stdout.closed


def test_a_closed_standard_stream_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(FileProblem, match=r"^cannot read -: Bad file descriptor$"):
        InputLines("-")
    with pytest.raises(FileProblem, match=r"^cannot write -: Bad file descriptor$"), open_output("-"):
        pass


def test_files_are_the_same_by_whatever_way(tmp_path: Path) -> None:
    one, other, missing = (str(tmp_path / name) for name in ("one", "other", "missing"))
    Path(one).touch()
    Path(other).touch()
    (tmp_path / "hard").hardlink_to(one)
    (tmp_path / "soft").symlink_to(one)
    (tmp_path / "loose").symlink_to(missing)
    assert same_file(one, one)
    assert same_file(one, str(tmp_path / "hard"))
    assert same_file(str(tmp_path / "soft"), one)
    assert same_file(missing, missing)
    assert same_file(missing, str(tmp_path / "loose"))
    assert not same_file(one, other)
    assert not same_file(one, missing)


@pytest.mark.parametrize("path", ["-", "/dev/null", "/dev/full"])
def test_what_is_no_file_may_be_named_twice(path: str) -> None:
    assert not same_file(path, path)
