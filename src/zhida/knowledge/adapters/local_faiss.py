"""The only file that speaks FAISS: float16 vectors, flat or with an HNSW graph, searched by inner product.

FAISS ships no types; this file gives it some, so that the suppressions below end here.
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false, reportAttributeAccessIssue=false, reportCallIssue=false

import os
import threading
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from zhida.knowledge.adapters.local_files import damaged

_FLOAT16: Any = faiss.ScalarQuantizer.QT_fp16
_thread = threading.local()


class RowSelection:
    """The rows that a search may return, as a bitmap: bit i (little-endian in byte i // 8) allows row i."""

    def __init__(self, allowed: NDArray[np.bool_]) -> None:
        self.count = int(np.count_nonzero(allowed))
        self.share = self.count / max(1, allowed.size)
        self._bits = np.packbits(allowed, bitorder="little")
        self.selector: Any = faiss.IDSelectorBitmap(allowed.size, faiss.swig_ptr(self._bits))

    def allows(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these rows may be returned."""
        return (self._bits[rows >> 3] >> (rows & 7).astype(np.uint8) & 1).astype(np.bool_)


class Vectors:
    """Vectors by row number, 0 to rows - 1. Searches are safe from many threads and free the GIL."""

    def __init__(self, index: faiss.Index, *, graph: bool) -> None:
        self._index: Any = index
        self._flat: Any = faiss.downcast_index(self._index.storage) if graph else index
        self.graph = graph

    @property
    def rows(self) -> int:
        """How many vectors there are."""
        return int(self._index.ntotal)

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self._index.d)

    def scan(
        self, embedding: NDArray[np.float32], k: int, selection: RowSelection | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The k nearest rows among the selected, exactly: row numbers and cosines, best first; may be fewer than k."""
        _use_one_thread()
        parameters = faiss.SearchParameters(sel=selection.selector) if selection is not None else None
        scores, rows = self._flat.search(embedding[np.newaxis], k, params=parameters)
        return _found(rows[0], scores[0])

    def walk(
        self, embedding: NDArray[np.float32], k: int, *, breadth: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The k nearest rows by the graph, approximately (Malkov and Yashunin 2016); ``breadth`` is its efSearch."""
        _use_one_thread()
        parameters = faiss.SearchParametersHNSW(efSearch=breadth)
        scores, rows = self._index.search(embedding[np.newaxis], k, params=parameters)
        return _found(rows[0], scores[0])

    def codes(self) -> NDArray[np.float16]:
        """All vectors, shape (rows, dimensions), without a copy; valid while this object lives."""
        raw = faiss.rev_swig_ptr(self._flat.codes.data(), self.rows * self.dimensions * 2)
        return np.asarray(raw).view(np.float16).reshape(self.rows, self.dimensions)

    def add(self, vectors: NDArray[np.float16]) -> None:
        """Append rows. Never on mapped vectors: FAISS would abort the process."""
        _use_one_thread()
        if self.graph:
            self._index.add(vectors.astype(np.float32))
        else:
            self._index.add_sa_codes(np.ascontiguousarray(vectors).view(np.uint8))

    def write(self, path: Path) -> None:
        """Write to a new file and force it to the disk."""
        faiss.write_index(self._index, str(path))
        with path.open("rb") as file:
            os.fsync(file.fileno())


def empty_flat(dimensions: int) -> Vectors:
    """No vectors yet, to be scanned exactly."""
    return Vectors(faiss.IndexScalarQuantizer(dimensions, _FLOAT16, faiss.METRIC_INNER_PRODUCT), graph=False)


def empty_graph(dimensions: int, *, links: int, build_breadth: int) -> Vectors:
    """No vectors yet, to be linked into an HNSW graph as they are added."""
    index = faiss.IndexHNSWSQ(dimensions, _FLOAT16, links, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = build_breadth
    return Vectors(index, graph=True)


def map_vectors(path: Path, *, graph: bool, rows: int, dimensions: int) -> Vectors:
    """Open a file read-only, shared with every other process that maps it.

    Raises:
        IndexDamagedError: FAISS cannot read it, or it holds something else.
    """
    return _read(path, faiss.IO_FLAG_MMAP_IFC, graph=graph, shape=(rows, dimensions))


def load_vectors(path: Path, *, graph: bool, rows: int, dimensions: int) -> Vectors:
    """Read a file into memory, so that rows can be added.

    Raises:
        IndexDamagedError: FAISS cannot read it, or it holds something else.
    """
    return _read(path, 0, graph=graph, shape=(rows, dimensions))


def _read(path: Path, flags: int, *, graph: bool, shape: tuple[int, int]) -> Vectors:
    try:
        index = faiss.read_index(str(path), flags)
    except RuntimeError as error:
        raise damaged(path, "cannot be read") from error
    if (index.ntotal, index.d) != shape or hasattr(index, "hnsw") != graph:
        raise damaged(path, "does not hold the vectors that it should")
    return Vectors(index, graph=graph)


def _found(rows: NDArray[np.int64], scores: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """FAISS fills up with row -1 where it found fewer."""
    valid = rows >= 0
    return rows[valid], scores[valid]


def _use_one_thread() -> None:
    """One query is too small to share among threads, and OpenMP keeps this setting per calling thread."""
    if not getattr(_thread, "ready", False):
        faiss.omp_set_num_threads(1)
        _thread.ready = True
