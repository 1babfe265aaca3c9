"""What is called after a commit opens its own transactions, and its failure is not the transaction's. What
only reads sees one moment and stands in nobody's way.
"""

from threading import Thread

import pytest
from django.db import DatabaseError, connection

from pinback.kit.models import SandboxClock
from pinback.kit.transactions import (
    after_commit,
    assert_open,
    durable,
    is_snapshot,
    snapshot,
)

pytestmark = pytest.mark.usefixtures("open_market")


@durable
def write_row(seconds: int) -> None:
    """Write the one row of the clock."""
    assert_open()
    SandboxClock.objects.update_or_create(id=1, defaults={"offset_seconds": seconds})


def test_a_transaction_after_the_commit_is_a_real_one() -> None:
    @durable
    def act() -> None:
        write_row(1)
        after_commit(lambda: write_row(2))

    act()
    assert SandboxClock.objects.get().offset_seconds == 2


def test_a_failure_after_the_commit_leaves_what_was_committed() -> None:
    def fail() -> None:
        assert not connection.in_atomic_block
        raise RuntimeError("the world is gone")

    @durable
    def act() -> str:
        write_row(1)
        after_commit(fail)
        return "done"

    assert act() == "done"
    assert SandboxClock.objects.get().offset_seconds == 1


def _offset() -> int:
    return SandboxClock.objects.get().offset_seconds


def _written_by_another(seconds: int) -> None:
    """Write in a thread with a connection of its own, to the end."""

    def write() -> None:
        write_row(seconds)
        connection.close()

    other = Thread(target=write)
    other.start()
    other.join(timeout=20)
    assert not other.is_alive(), "it waits for who only reads"


def test_a_snapshot_sees_one_moment_and_writers_go_on_meanwhile() -> None:
    @snapshot
    def read() -> list[int]:
        assert is_snapshot()
        before = _offset()
        _written_by_another(2)
        return [before, _offset()]

    @durable
    def read_twice() -> list[int]:
        before = _offset()
        _written_by_another(3)
        return [before, _offset()]

    write_row(1)
    assert read() == [1, 1]
    assert not is_snapshot()
    assert _offset() == 2
    # Control: what may write sees what others have committed, or keeps them waiting.
    if connection.vendor == "postgresql":
        assert read_twice() == [2, 3]


def test_a_snapshot_writes_nothing_and_leaves_writing_to_the_next() -> None:
    @snapshot
    def write() -> None:
        SandboxClock.objects.update(offset_seconds=9)

    write_row(1)
    with pytest.raises((AssertionError, DatabaseError)):
        write()
    assert _offset() == 1
    write_row(4)
    assert _offset() == 4


def test_a_snapshot_inside_a_transaction_sees_what_that_wrote() -> None:
    read = snapshot(lambda: (_offset(), is_snapshot()))
    write_row(1)

    @durable
    def act() -> tuple[int, bool]:
        write_row(5)
        return read()

    assert act() == (5, False)


def test_others_have_their_turn_after_a_failure_and_while_the_world_is_asked() -> None:
    """Neither keeps the one turn to write that a process has on SQLite."""

    @durable
    def fail() -> None:
        write_row(7)
        raise RuntimeError("refused")

    @durable
    def ask_the_world() -> None:
        write_row(2)
        after_commit(lambda: _written_by_another(3))

    write_row(1)
    with pytest.raises(RuntimeError):
        fail()
    _written_by_another(8)
    assert _offset() == 8
    ask_the_world()
    assert _offset() == 3


def test_writers_take_turns() -> None:
    """Each of many writers at once writes what it read, one more; none is lost, and none is refused."""

    @durable
    def add() -> None:
        row = SandboxClock.objects.select_for_update().get()
        row.offset_seconds += 1
        row.save()

    def work() -> None:
        for _time in range(5):
            add()
        connection.close()

    write_row(0)
    crowd = [Thread(target=work) for _ in range(6)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    assert _offset() == 30
