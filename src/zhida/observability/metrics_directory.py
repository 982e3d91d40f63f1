"""How do the figures of all processes of a node reach one page? Each writes a file; the API merges them when asked.

Worker, indexer and embedder listen on no port of their own, so that there is one place to scrape and to guard.
"""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Final

from zhida.observability.metrics import Metrics

_SUFFIX: Final = ".prom"
_STALE: Final = timedelta(minutes=1)
"""A process that wrote nothing for so long is gone, or hangs: either way its figures say nothing about now."""

_log = logging.getLogger(__name__)


class MetricsDirectory:
    """One process's part in the folder of figures: ``<role>-<pid>.prom``, replaced whole every few seconds."""

    def __init__(
        self, folder: Path, role: str, metrics: Metrics, *, interval: timedelta = timedelta(seconds=5)
    ) -> None:
        self._folder = folder
        self._metrics = metrics
        self._interval = interval
        self._name = f"{role}-{os.getpid()}"
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_writing, name="metrics", daemon=True)

    def start(self) -> None:
        """Write now, and then again and again from a thread of its own.

        Raises:
            OSError: the folder cannot be made.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.write()
        self._thread.start()

    def stop(self) -> None:
        """End the thread and take the file away. Quiet when it never started."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._path.unlink(missing_ok=True)

    def write(self) -> None:
        """Replace this process's file. A full disk is logged, and costs only the figures."""
        written = self._path.with_suffix(".tmp")
        try:
            written.write_text(self._metrics.exposition(), encoding="utf-8")
            written.replace(self._path)
        except OSError as error:
            _log.warning("figures were not written", extra={"reason": str(error)})

    def exposition(self) -> str:
        """The figures of every living process, this one's as of now, each sample labelled ``process`` and ``pid``."""
        texts = {self._name: self._metrics.exposition()}
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            if path.stem == self._name:
                continue
            with contextlib.suppress(OSError, UnicodeDecodeError):  # its writer has just ended
                if _is_gone(path):
                    path.unlink(missing_ok=True)
                else:
                    texts[path.stem] = path.read_text(encoding="utf-8")
        return merged(texts.items())

    @property
    def _path(self) -> Path:
        return self._folder / f"{self._name}{_SUFFIX}"

    def _keep_writing(self) -> None:
        while not self._stopping.wait(self._interval.total_seconds()):
            self.write()


def merged(texts: Iterable[tuple[str, str]]) -> str:
    """Several expositions as one: each family once, its samples together, as the text form demands.

    Args:
        texts: pairs of a process's name (``role-pid``) and its exposition in text form 0.0.4.
    """
    heads: dict[str, list[str]] = {}
    samples: dict[str, list[str]] = {}
    for name, text in texts:
        role, _, pid = name.rpartition("-")
        labels = f'process="{role}",pid="{pid}"'
        family = ""
        for line in text.splitlines():
            if line.startswith("#"):
                family = line.split(" ", 3)[2]
                head = heads.setdefault(family, [])
                if line.split(" ", 2)[1] not in {said.split(" ", 2)[1] for said in head}:
                    head.append(line)
            elif line:
                samples.setdefault(family, []).append(_labelled(line, labels))
    return "".join(f"{line}\n" for family in samples for line in (*heads.get(family, ()), *samples[family]))


def _labelled(sample: str, labels: str) -> str:
    name_end = next((index for index, character in enumerate(sample) if character in "{ "), len(sample))
    rest = sample[name_end:]
    if rest.startswith("{}"):
        return f"{sample[:name_end]}{{{labels}}}{rest[2:]}"
    if rest.startswith("{"):
        return f"{sample[:name_end]}{{{labels},{rest[1:]}"
    return f"{sample[:name_end]}{{{labels}}}{rest}"


def _is_gone(path: Path) -> bool:
    if time.time() - path.stat().st_mtime > _STALE.total_seconds():
        return True
    pid = path.stem.rpartition("-")[2]
    if not pid.isdecimal():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
