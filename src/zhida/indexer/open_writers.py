"""The index writers that are open, and how far each index was written when its writer was closed."""

from collections import OrderedDict
from dataclasses import dataclass

from zhida.ids import KnowledgeBaseId
from zhida.knowledge import IndexWriter, IndexWriters

IndexKey = tuple[KnowledgeBaseId, str]


@dataclass
class _OpenWriter:
    writer: IndexWriter
    used_at: float


class OpenWriters:
    """A bounded set of open writers. Methods block, except ``revision``; called from one thread at a time."""

    def __init__(self, writers: IndexWriters, most: int) -> None:
        self._writers = writers
        self._most = most
        self._open: OrderedDict[IndexKey, _OpenWriter] = OrderedDict()
        self._revisions: dict[IndexKey, int] = {}
        self.pinned: set[IndexKey] = set()

    def revision(self, key: IndexKey) -> int | None:
        """The last committed revision; None where this process has not opened the index yet."""
        return self._revisions.get(key)

    def writer(self, key: IndexKey, at: float) -> IndexWriter:
        """Open the writer, or take the open one; the one that was used longest ago is closed for it.

        Raises:
            IndexDamagedError: the files cannot be trusted.
        """
        held = self._open.get(key)
        if held is None:
            held = self._open[key] = _OpenWriter(self._writers.open(*key), at)
        held.used_at = at
        self._open.move_to_end(key)
        self._revisions[key] = held.writer.revision()
        for oldest in list(self._open)[: max(0, len(self._open) - self._most)]:
            self.close(oldest)
        return held.writer

    def open_writer(self, key: IndexKey) -> IndexWriter | None:
        """The writer if it is open now."""
        held = self._open.get(key)
        return held.writer if held is not None else None

    def note_revision(self, key: IndexKey) -> None:
        """Remember how far the open writer has come."""
        self._revisions[key] = self._open[key].writer.revision()

    def close(self, key: IndexKey) -> None:
        """Close one writer, unless it is pinned; quiet where none is open."""
        if key not in self.pinned and key in self._open:
            self._open.pop(key).writer.close()

    def close_idle(self, used_before: float) -> None:
        """Close every writer that was used last before that time."""
        for key in [key for key, held in self._open.items() if held.used_at < used_before]:
            self.close(key)

    def drop(self, key: IndexKey) -> None:
        """Close the writer and delete the index."""
        self.close(key)
        self._writers.drop(*key)
        self._revisions.pop(key, None)

    def existing(self) -> list[IndexKey]:
        """Every index that has files."""
        return self._writers.existing()

    def close_all(self) -> None:
        """Close every writer."""
        for held in self._open.values():
            held.writer.close()
        self._open.clear()
