"""Ids: ascending, above what is asked for, never the same in two threads, 63 bits for decades."""

import os
import threading
import time
from itertools import pairwise

import pytest

from pinback.kit.ids import IdMaker, take_ids


def test_ids_ascend_within_and_over_calls() -> None:
    taken = [id_ for count in (1, 5000, 0, 3, 1) for id_ in take_ids(count)]
    assert len(taken) == 5005
    assert all(one < other for one, other in pairwise(taken))


def test_ids_are_above_what_is_asked_for() -> None:
    (now,) = take_ids(1)
    for after in (now, now + 1, now + 10**12, now + 1023):
        taken = take_ids(3, after=after)
        assert after < taken[0] < taken[1] < taken[2]
    assert take_ids(1)[0] > taken[-1]


def test_ids_are_63_bits_until_2089(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = int(time.mktime((2089, 1, 1, 0, 0, 0, 0, 0, 0)))
    monkeypatch.setattr(time, "time_ns", lambda: seconds * 10**9)
    assert 2**62 < IdMaker().take(5000)[-1] < 2**63


def test_ids_ascend_when_the_clock_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    maker, now = IdMaker(), time.time_ns()
    first = maker.take(10)
    monkeypatch.setattr(time, "time_ns", lambda: now - 3600 * 10**9)
    assert maker.take(1)[0] > first[-1]


def test_threads_share_no_id() -> None:
    taken: list[int] = []
    start = threading.Barrier(8)

    def work() -> None:
        start.wait()
        for count in range(200):
            mine = list(take_ids(count % 7))
            assert mine == sorted(mine)
            taken.extend(mine)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 8 * sum(count % 7 for count in range(200))


def test_a_fork_draws_a_node_of_its_own() -> None:
    before = [id_ & 1023 for id_ in take_ids(1)]
    nodes = set()
    for _ in range(4):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writing, str(take_ids(1)[0]).encode())
            os._exit(0)
        os.close(writing)
        nodes.add(int(os.read(reading, 100)) & 1023)
        os.close(reading)
        os.waitpid(child, 0)
    # Four draws of 1024 and the parent's are hardly ever all the same.
    assert len(nodes | set(before)) > 1
    assert [id_ & 1023 for id_ in take_ids(1)] == before
