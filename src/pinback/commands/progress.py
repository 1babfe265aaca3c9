"""A progress bar on a terminal; nothing where standard error is not one."""

import sys
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bar


class Progress:
    """Shows how far a long work is and the time left; `total` in the unit of `update`, None if unknown."""

    def __init__(self, label: str, *, total: int | None) -> None:
        self._label = label
        self._total = total
        self._bar: Bar | None = None

    def __enter__(self) -> "Progress":
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
            )
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._bar.add_task(self._label, total=self._total)
        return self

    def update(self, done: int, total: int | None = None) -> None:
        """The work has come this far (of so much, if that was not known before)."""
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=done, total=total or self._total)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
