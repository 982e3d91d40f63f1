"""Reads local search indexes: every api process, from many threads, beside the one writer.

A reader looks at the manifest's file status at most once per ``check_interval`` and switches generations as a whole.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from threading import Lock

from zhida.ids import KnowledgeBaseId
from zhida.knowledge.adapters.local_files import LOCK_FILE, damaged, index_folder
from zhida.knowledge.adapters.local_generation import NO_HITS, Generation, open_generation
from zhida.knowledge.adapters.local_manifest import MANIFEST_FILE, read_manifest
from zhida.knowledge.adapters.local_options import LocalIndexOptions
from zhida.knowledge.adapters.local_report import report_of
from zhida.knowledge.errors import IndexDamagedError
from zhida.knowledge.ports import IndexQuery, IndexReport, IndexResult

_OPEN_ATTEMPTS = 20
_FileStatus = tuple[int, int, int]


class _Closed(Enum):
    """Not opened yet, or let go; None stands for an index that is open and empty."""

    CLOSED = 0


_State = Generation | IndexDamagedError | _Closed | None


class LocalSearchIndex:
    """One index's reader; see the port."""

    def __init__(self, folder: Path, options: LocalIndexOptions, touched: Callable[["LocalSearchIndex"], None]) -> None:
        self._folder = folder
        self._options = options
        self._touched = touched
        self._lock = Lock()
        self._checked_at = float("-inf")
        self._status: _FileStatus | None = None
        self._state: _State = _Closed.CLOSED

    def search(self, query: IndexQuery) -> IndexResult:
        """See the port.

        Raises:
            IndexDamagedError: the files cannot be read.
        """
        generation = self._current()
        if generation is None:
            return IndexResult(lexical=NO_HITS, dense=NO_HITS, revision=0)
        return generation.search(query)

    def revision(self) -> int:
        """See the port.

        Raises:
            IndexDamagedError: the files cannot be read.
        """
        generation = self._current()
        return generation.manifest.revision if generation is not None else 0

    def release(self) -> None:
        """Let go of every file; the next search opens them again."""
        with self._lock:
            self._state, self._status = _Closed.CLOSED, None

    def _current(self) -> Generation | None:
        self._touched(self)
        state = self._state
        if state is _Closed.CLOSED or self._due():
            with self._lock:
                state = self._state
                if state is _Closed.CLOSED or self._due():
                    state = self._state = self._refreshed(state)
                    self._checked_at = time.monotonic()
        if isinstance(state, IndexDamagedError):
            raise _again(state)
        return state

    def _due(self) -> bool:
        return time.monotonic() - self._checked_at >= self._options.check_interval.total_seconds()

    def _refreshed(self, state: _State) -> Generation | IndexDamagedError | None:
        status = _status_of(self._folder / MANIFEST_FILE)
        if status is not None and status == self._status and state is not _Closed.CLOSED:
            return state
        try:
            opened = self._open(state if isinstance(state, Generation) else None)
        except IndexDamagedError as error:
            opened = error
        self._status = status
        return opened

    def _open(self, before: Generation | None) -> Generation | None:
        """The generation that counts now; a writer may replace it, and delete its files, while they are opened."""
        missing: FileNotFoundError | None = None
        for _ in range(_OPEN_ATTEMPTS):
            status = _status_of(self._folder / MANIFEST_FILE)
            if status is None:
                return self._nothing_written()
            try:
                return open_generation(self._folder, read_manifest(self._folder), before=before, options=self._options)
            except FileNotFoundError as error:
                missing = error
                if status == _status_of(self._folder / MANIFEST_FILE):
                    break
        raise damaged(Path(str(missing.filename if missing else MANIFEST_FILE)), "is missing")

    def _nothing_written(self) -> None:
        """An index without a manifest is new or damaged; other files tell which."""
        if not self._folder.is_dir():
            return
        if {entry.name for entry in self._folder.iterdir()} - {LOCK_FILE, f"{MANIFEST_FILE}.new", MANIFEST_FILE}:
            raise damaged(self._folder / MANIFEST_FILE, "is missing")


class LocalSearchIndexes:
    """The readers of every local index below one folder; see the port."""

    def __init__(self, root: Path, options: LocalIndexOptions | None = None) -> None:
        self._root = root
        self._options = options or LocalIndexOptions()
        self._lock = Lock()
        self._known: dict[Path, LocalSearchIndex] = {}
        self._open: OrderedDict[LocalSearchIndex, None] = OrderedDict()

    def open(self, knowledge_base_id: KnowledgeBaseId, embedding_model: str) -> LocalSearchIndex:
        """See the port."""
        folder = index_folder(self._root, knowledge_base_id, embedding_model)
        with self._lock:
            if folder not in self._known:
                self._known[folder] = LocalSearchIndex(folder, self._options, self._touch)
            return self._known[folder]

    def report(self, knowledge_base_id: KnowledgeBaseId, embedding_model: str) -> IndexReport:
        """What an index holds, read beside its writer; reads every byte to say whether it is healthy."""
        return report_of(
            index_folder(self._root, knowledge_base_id, embedding_model), knowledge_base_id, embedding_model
        )

    def close(self) -> None:
        """See the port."""
        with self._lock:
            readers = list(self._known.values())
            self._known.clear()
            self._open.clear()
        for reader in readers:
            reader.release()

    def _touch(self, reader: LocalSearchIndex) -> None:
        with self._lock:
            self._open[reader] = None
            self._open.move_to_end(reader)
            oldest = self._open.popitem(last=False)[0] if len(self._open) > self._options.open_indexes else None
        if oldest is not None:
            oldest.release()


def _again(error: IndexDamagedError) -> IndexDamagedError:
    """A fresh error of the same content: one that is raised twice would collect the tracebacks of every search."""
    return IndexDamagedError(error.message, advice=error.advice, **error.facts)


def _status_of(path: Path) -> _FileStatus | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
