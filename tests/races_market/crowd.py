"""A crowd of threads that call at the same moment."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connections

from pinback.kit.refusals import Refused
from tests.support.databases import when_admitted

SECONDS = 120


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each call came to, in a thread of its own: what it returned, or the code it was refused with."""
    answers: list[Any] = [None] * len(calls)
    line = threading.Barrier(len(calls))

    def run(number: int) -> None:
        try:
            when_admitted(connections["default"].ensure_connection)
            line.wait(SECONDS)
            answers[number] = calls[number]()
        except Refused as refused:
            answers[number] = refused.refusal.code
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            answers[number] = error
            line.abort()
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert not any(thread.is_alive() for thread in threads)
    broken = [answer for answer in answers if isinstance(answer, BaseException)]
    assert not broken, broken
    return answers
