"""The dense leg of one generation: a mapped base, a small delta, deletion bits, and who may see which row.

HNSW under a bitmap loses recall as the permitted share shrinks (measured 1.0 / .81 / .28 at 50 / 10 / 1 %), and at any
share where rights follow topics and a question lies among rows that its asker may not see: the walk ends there.
So the graph is walked without rights and what it finds is filtered; that is trusted only if enough permitted rows come
early in what was found. Else, and where few rows are permitted, the permitted rows are scanned exactly.
"""

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from zhida.ids import AccessListId
from zhida.knowledge.adapters.local_faiss import RowSelection, Vectors, empty_flat, map_vectors
from zhida.knowledge.adapters.local_files import damaged, read_stamped, stamp_of, verify_content, verify_size
from zhida.knowledge.adapters.local_manifest import BaseFiles, DeltaFiles
from zhida.knowledge.adapters.local_options import LocalIndexOptions
from zhida.knowledge.ports import Hits

_KEYS, _VERSIONS, _ACCESS_LISTS = range(3)
_REMEMBERED_SELECTIONS = 64
_ALL = None
_EARLY, _FIRST = 4, 10
"""The first hits' ranks, times this, may not exceed the walk's breadth: near its end HNSW finds what it happens to."""
_ROWS_SCANNED_PER_STEP = 11
"""A step of the walk takes as long as it takes to scan so many rows; measured at 100,000 rows of 384 dimensions."""


@dataclass(frozen=True, slots=True)
class VectorPart:
    """Vectors and ``numbers``, (3, rows) int64: each row's chunk key, version key and access list."""

    vectors: Vectors
    numbers: NDArray[np.int64]

    @property
    def keys(self) -> NDArray[np.int64]:
        """Chunk key of each row."""
        return self.numbers[_KEYS]

    @property
    def versions(self) -> NDArray[np.int64]:
        """Version key of each row."""
        return self.numbers[_VERSIONS]

    @property
    def access_lists(self) -> NDArray[np.int64]:
        """Access list of each row."""
        return self.numbers[_ACCESS_LISTS]


def open_base(folder: Path, files: BaseFiles, dimensions: int) -> VectorPart:
    """Map the base.

    Raises:
        IndexDamagedError: a file has another length or content than it should.
        FileNotFoundError: a file is missing.
    """
    path = folder / files.vectors
    verify_size(path, files.vectors_stamp.size)
    if stamp_of(path, files.vectors_head.size) != files.vectors_head:
        raise damaged(path, "does not have the content that was written")
    vectors = map_vectors(path, graph=files.graph, rows=files.rows, dimensions=dimensions)
    verify_size(folder / files.numbers, files.numbers_stamp.size)
    numbers = np.memmap(folder / files.numbers, dtype=np.int64, mode="r", shape=(3, files.rows))
    verify_content(folder / files.numbers, numbers.data.cast("B"), files.numbers_stamp)
    return VectorPart(vectors, numbers)


def open_delta(folder: Path, files: DeltaFiles, dimensions: int) -> VectorPart:
    """Read the delta; it is small.

    Raises:
        IndexDamagedError: a file is shorter than it should be.
        FileNotFoundError: a file is missing.
    """
    codes = np.frombuffer(read_stamped(folder / files.vectors, files.vectors_stamp), np.float16)
    numbers = np.frombuffer(read_stamped(folder / files.numbers, files.numbers_stamp), np.int64)
    vectors = empty_flat(dimensions)
    vectors.add(codes.reshape(files.rows, dimensions))
    return VectorPart(vectors, np.ascontiguousarray(numbers.reshape(files.rows, 3).T))


class DenseLeg:
    """Immutable; safe from many threads."""

    def __init__(
        self,
        base: VectorPart | None,
        delta: VectorPart | None,
        deleted: NDArray[np.bool_] | None,
        options: LocalIndexOptions,
    ) -> None:
        self.base = base
        self.delta = delta
        self._deleted = deleted
        self._options = options
        self._selections: OrderedDict[
            frozenset[AccessListId] | None, tuple[RowSelection | None, RowSelection | None]
        ] = OrderedDict()
        self._lock = Lock()

    def search(self, embedding: NDArray[np.float32], k: int, access_lists: frozenset[AccessListId] | None) -> Hits:
        """The k rows with the highest cosine among the permitted; ``None`` permits all."""
        base_selection, delta_selection = self._selection(access_lists)
        found: list[tuple[NDArray[np.int64], NDArray[np.float32]]] = []
        if self.base is not None:
            rows, scores = self._search_base(self.base.vectors, embedding, k=k, selection=base_selection)
            found.append((self.base.keys[rows], scores))
        if self.delta is not None and (delta_selection is None or delta_selection.count):
            rows, scores = self.delta.vectors.scan(embedding, min(k, self.delta.vectors.rows), delta_selection)
            found.append((self.delta.keys[rows], scores))
        return _best(found, k)

    def _search_base(
        self, vectors: Vectors, embedding: NDArray[np.float32], *, k: int, selection: RowSelection | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        k = min(k, vectors.rows)
        share = 1.0 if selection is None else selection.share
        if not share:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        if not vectors.graph or (selection is not None and share < self._options.exact_below_share):
            return vectors.scan(embedding, k, selection)
        breadth = round(max(self._options.graph_search_breadth, 2 * k) / share)
        if selection is None:
            return vectors.walk(embedding, k, breadth=breadth)
        if selection.count <= _ROWS_SCANNED_PER_STEP * breadth:
            return vectors.scan(embedding, k, selection)
        rows, scores = vectors.walk(embedding, breadth, breadth=breadth)
        permitted = np.flatnonzero(selection.allows(rows))[:k]
        if len(permitted) < k or permitted[:_FIRST][-1] * _EARLY > breadth:
            return vectors.scan(embedding, k, selection)
        return rows[permitted], scores[permitted]

    def _selection(
        self, access_lists: frozenset[AccessListId] | None
    ) -> tuple[RowSelection | None, RowSelection | None]:
        with self._lock:
            if access_lists in self._selections:
                self._selections.move_to_end(access_lists)
                return self._selections[access_lists]
        selections = self._select(access_lists)
        with self._lock:
            self._selections[access_lists] = selections
            if len(self._selections) > _REMEMBERED_SELECTIONS:
                self._selections.popitem(last=False)
        return selections

    def _select(self, access_lists: frozenset[AccessListId] | None) -> tuple[RowSelection | None, RowSelection | None]:
        base_rows = self.base.vectors.rows if self.base is not None else 0
        deleted = self._deleted
        return (
            _selected(self.base, _ALL if deleted is None else deleted[:base_rows], access_lists),
            _selected(self.delta, _ALL if deleted is None else deleted[base_rows:], access_lists),
        )


def _selected(
    part: VectorPart | None, deleted: NDArray[np.bool_] | None, access_lists: frozenset[AccessListId] | None
) -> RowSelection | None:
    """The permitted and living rows; None where that is every row."""
    if part is None:
        return None
    allowed = np.ones(part.vectors.rows, np.bool_) if deleted is None else ~deleted
    if access_lists is not None:
        allowed &= np.isin(part.access_lists, np.fromiter(access_lists, np.int64, len(access_lists)))
    return None if allowed.all() else RowSelection(allowed)


def _best(found: list[tuple[NDArray[np.int64], NDArray[np.float32]]], k: int) -> Hits:
    """Merge the parts' hits, best first."""
    if len(found) == 1:
        return Hits(keys=found[0][0], scores=found[0][1])
    keys = np.concatenate([np.empty(0, np.int64), *(part[0] for part in found)])
    scores = np.concatenate([np.empty(0, np.float32), *(part[1] for part in found)])
    order = np.argsort(-scores, kind="stable")[:k]
    return Hits(keys=keys[order], scores=scores[order])
