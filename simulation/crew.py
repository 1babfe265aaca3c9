"""Hands batches to the engine: one after the other, or by several workers at once, each in its own thread."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import NamedTuple

from simulation.auditing.records import Fault, Fields
from simulation.engines import Engine, ask
from simulation.network import Parcel

Batch = list[tuple[int, Parcel]]


class Settled(NamedTuple):
    """A batch with its answers; `placed`: whether the event log tells its place among the others."""

    batch: Batch
    answers: list[list[Fields]]
    placed: bool


class Failed(Exception):
    """The engine raised on a batch."""

    def __init__(self, fault: Fault, batch: Batch) -> None:
        super().__init__(str(fault))
        self.fault = fault
        self.batch = batch


def settle(engine: Engine, batch: Batch) -> list[list[Fields]]:
    """The answers to a batch. Raises Failed whatever the engine raises."""
    try:
        return ask(engine, [(number, parcel.line) for number, parcel in batch])
    except Fault as fault:
        raise Failed(fault, batch) from fault


class Crew:
    """So many workers on one engine."""

    def __init__(self, engine: Engine, workers: int) -> None:
        self._engine = engine
        self._workers = workers
        self._barrier = Barrier(workers)
        self._pool = ThreadPoolExecutor(workers) if workers > 1 else None

    def settle(self, batches: Sequence[Batch]) -> Iterator[Settled]:
        """The batches in the order in which they were applied; those without anything applied last."""
        if self._pool is None or len(batches) < 2:
            for batch in batches:
                yield Settled(batch, settle(self._engine, batch), True)
        else:
            yield from self._settle_at_once(self._pool, batches)

    def close(self) -> None:
        """Let every worker put down what it holds."""
        if self._pool is not None:
            list(self._pool.map(lambda _: self._leave(), range(self._workers)))
            self._pool.shutdown()

    def _settle_at_once(self, pool: ThreadPoolExecutor, batches: Sequence[Batch]) -> list[Settled]:
        shares = [batches[worker :: self._workers] for worker in range(self._workers)]
        futures = [pool.submit(self._work, share) for share in shares]
        settled = [found for future in futures for found in future.result()]
        keys = [_key(parcel) for batch, answers in settled for parcel in _applied(batch, answers)]
        places = self._engine.log_order(keys)
        ordered = [
            (
                min((places[_key(parcel)] for parcel in _applied(batch, answers)), default=len(keys)),
                batch,
                answers,
            )
            for batch, answers in settled
        ]
        ordered.sort(key=lambda found: found[0])
        return [Settled(batch, answers, place < len(keys)) for place, batch, answers in ordered]

    def _work(self, share: Sequence[Batch]) -> list[tuple[Batch, list[list[Fields]]]]:
        return [(batch, settle(self._engine, batch)) for batch in share]

    def _leave(self) -> None:
        # Each thread waits for the others, so that each takes one of the calls.
        self._barrier.wait()
        self._engine.leave()


def _applied(batch: Batch, answers: list[list[Fields]]) -> list[Parcel]:
    return [p for (_, p), answer in zip(batch, answers, strict=True) if answer[0]["type"] == "event.applied"]


def _key(parcel: Parcel) -> str:
    return f"{parcel.letter.event['shop']}/{parcel.letter.event['id']}"
