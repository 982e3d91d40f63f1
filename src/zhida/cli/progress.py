"""How far is it? Bars on a terminal's standard error, and nothing where nobody watches."""

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)

from zhida.cli.output import printable


class Bars:
    """Progress bars. A context: they are drawn while it lasts; rich knows terminals and NO_COLOR."""

    def __init__(self, *, of_bytes: bool = False) -> None:
        """``of_bytes``: amounts are sizes, not counts."""
        amounts = (
            (DownloadColumn(), TransferSpeedColumn())
            if of_bytes
            else (TextColumn("{task.completed:.0f}/{task.total:.0f}"),)
        )
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            *amounts,
            TextColumn("{task.fields[remark]}", style="red", markup=False),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bars away."""
        self._progress.stop()

    def show(self, title: str, done: float, total: float, *, remark: str = "") -> None:
        """Draw a bar as it stands now; a new title is a new bar."""
        if title not in self._tasks:
            self._tasks[title] = self._progress.add_task(printable(title), total=total, remark=remark)
        self._progress.update(self._tasks[title], completed=done, total=total, remark=remark)

    def hide(self, title: str) -> None:
        """Take a bar away."""
        if title in self._tasks:
            self._progress.remove_task(self._tasks.pop(title))
