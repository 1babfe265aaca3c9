"""One writer for a process: callers that come at once share a transaction, and each is answered after its
commit.

On a campaign that everybody wants, transactions of one event each wait for the same shop's row and for the
disk, one after the other. The writer takes what has queued up meanwhile, settles it together, and hands out
the decisions. A caller that comes alone settles on its own thread, as without a writer.
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Condition, Lock, Thread

from django.db import connections

from pinback.rules.decisions import Decision
from pinback.settlement.actions import Incoming, settle

Answer = list[list[Decision]]
Settle = Callable[[Sequence[Incoming]], Answer]

MOST_EVENTS_TOGETHER = 1_000


class _Call:
    """What one caller brought, and where the answer goes."""

    def __init__(self, batch: Sequence[Incoming]) -> None:
        self.batch = batch
        self.answer: Future[Answer] = Future()


class Writer:
    """Settles for all threads of a process, in the database `using`. `close` it at the end.

    `settle_with` settles in one durable transaction as `actions.settle` does, and may do more in it.
    """

    def __init__(self, *, using: str = "default", settle_with: Settle | None = None) -> None:
        self._using = using
        self._settle = settle_with or (lambda batch: settle(batch, using=using))
        self._calls: deque[_Call] = deque()
        self._waiting = Condition(Lock())
        self._turn = Lock()
        self._busy = False
        self._closed = False
        self._thread = Thread(target=self._run, name="pinback-writer", daemon=True)
        self._thread.start()

    def settle(self, batch: Sequence[Incoming]) -> Answer:
        """Like `actions.settle`; returns when the transaction that holds these events is committed.

        Raises what `actions.settle` raises for this batch alone: neighbours of a failing call are settled
        without it.
        """
        if not self._busy and self._turn.acquire(blocking=False):
            try:
                return self._settle(batch)
            finally:
                self._turn.release()
        call = _Call(batch)
        with self._waiting:
            if self._closed:
                raise RuntimeError("the writer is closed")
            self._calls.append(call)
            self._waiting.notify()
        return call.answer.result()

    def close(self) -> None:
        """Settle what is queued, then stop."""
        with self._waiting:
            self._closed = True
            self._waiting.notify()
        self._thread.join()

    def _run(self) -> None:
        try:
            while calls := self._next():
                with self._turn:
                    # A connection that the database ended is not kept for the next callers.
                    connections[self._using].close_if_unusable_or_obsolete()
                    self._settle_together(calls)
        finally:
            connections[self._using].close()

    def _next(self) -> list[_Call]:
        """What has queued up, up to a size; empty when the writer is closed and nothing is left."""
        with self._waiting:
            while not self._calls and not self._closed:
                self._busy = False
                self._waiting.wait()
            calls: list[_Call] = []
            events = 0
            while self._calls and (not calls or events + len(self._calls[0].batch) <= MOST_EVENTS_TOGETHER):
                events += len(self._calls[0].batch)
                calls.append(self._calls.popleft())
            # Several at once: until the queue runs dry the others line up instead of racing for the turn.
            self._busy = len(calls) > 1 or bool(self._calls)
            return calls

    def _settle_together(self, calls: list[_Call]) -> None:
        try:
            decisions = self._settle([incoming for call in calls for incoming in call.batch])
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is the callers' to see
            self._settle_apart(calls, error)
            return
        start = 0
        for call in calls:
            call.answer.set_result(decisions[start : start + len(call.batch)])
            start += len(call.batch)

    def _settle_apart(self, calls: list[_Call], error: BaseException) -> None:
        """Together it failed and nothing was applied: settle each alone,
        so that only the cause of it fails.
        """
        if len(calls) == 1:
            calls[0].answer.set_exception(error)
            return
        for call in calls:
            self._settle_together([call])
