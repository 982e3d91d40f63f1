"""Writes the dense leg: appends to the delta, marks deletions, and folds both into a new base.

Every method returns the files that the next manifest should name; nothing counts before it does. Folding is in three
steps, so that changes can be applied during the long one: ``plan_fold`` pins the rows, ``build`` works on the pinned
ones alone, ``swap`` carries over what came in meanwhile.
"""

import os
import secrets
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from zhida.ids import VersionKey
from zhida.knowledge.adapters.local_faiss import Vectors, empty_flat, empty_graph, load_vectors
from zhida.knowledge.adapters.local_files import FileStamp, damaged, stamp_of, verify, verify_beginning, write_durably
from zhida.knowledge.adapters.local_manifest import BaseFiles, DeltaFiles, DenseFiles
from zhida.knowledge.adapters.local_options import LocalIndexOptions
from zhida.knowledge.adapters.local_vectors import VectorPart, open_base
from zhida.knowledge.ports import IndexRow

_STEP_ROWS = 1_000
_NOTHING_WRITTEN = FileStamp(size=0, crc=0)


@dataclass(frozen=True, slots=True)
class FoldPlan:
    """What a new base is made of.

    Attributes:
        before: the files that were pinned.
        rows: old row numbers in the order of the new base: base rows first, then delta rows counted on from them.
        extend: the old base stands first as it is, so that its graph can be kept and only the delta is added.
    """

    before: DenseFiles
    base: VectorPart | None
    delta_vectors: NDArray[np.float16]
    delta_numbers: NDArray[np.int64]
    rows: NDArray[np.int64]
    extend: bool


class DenseWriter:
    """Not safe from several threads; only ``build`` may run beside other calls."""

    def __init__(self, folder: Path, files: DenseFiles, options: LocalIndexOptions) -> None:
        """Open what the manifest names.

        Raises:
            IndexDamagedError: a file does not have the content that was written.
            FileNotFoundError: a file is missing.
        """
        self._folder = folder
        self._options = options
        self.files = files
        self._base = open_base(folder, files.base, files.dimensions) if files.base is not None else None
        self._base_rows = files.base.rows if files.base is not None else 0
        delta_rows = 0 if files.delta is None else files.delta.rows
        self._delta_numbers = np.empty((0, 3), np.int64)
        if files.delta is not None:
            self._delta_numbers = np.fromfile(folder / files.delta.numbers, np.int64, delta_rows * 3).reshape(-1, 3)
        self._deleted = np.zeros(self._base_rows + delta_rows, np.bool_)
        if files.deleted is not None:
            bits = np.fromfile(folder / files.deleted, np.uint8)
            self._deleted = np.unpackbits(bits, bitorder="little")[: self._deleted.size].astype(np.bool_)

    def apply(self, removed: Iterable[VersionKey], rows: Sequence[IndexRow], name: str) -> DenseFiles:
        """Mark the removed versions' rows, then append; ``name`` marks the files of this generation."""
        embedded = [row for row in rows if row.embedding is not None]
        gone = np.array(sorted(removed), np.int64)
        deleted = self._deleted.copy()
        if self._base is not None:
            deleted[: self._base_rows] |= np.isin(self._base.versions, gone)
        deleted[self._base_rows :] |= np.isin(self._delta_numbers[:, 1], gone)
        dimensions, delta = self.files.dimensions, self.files.delta
        if embedded:
            dimensions, delta = self._append(embedded, name)
            deleted = np.concatenate([deleted, np.zeros(len(embedded), np.bool_)])
        self._deleted = deleted
        self.files = self._with_deletions(DenseFiles(dimensions=dimensions, base=self.files.base, delta=delta), name)
        return self.files

    def replace(self, rows: Iterable[Sequence[IndexRow]], name: str) -> DenseFiles:
        """Forget everything and make a flat base of these rows; a graph comes with the next fold."""
        vectors: Vectors | None = None
        numbers: list[NDArray[np.int64]] = []
        for batch in rows:
            embedded = [row for row in batch if row.embedding is not None]
            if embedded:
                block = _vectors_of(embedded)
                vectors = vectors or empty_flat(block.shape[1])
                vectors.add(block)
                numbers.append(_numbers_of(embedded))
        self._base, self._base_rows, self._delta_numbers = None, 0, np.empty((0, 3), np.int64)
        self.files = DenseFiles()
        if vectors is not None:
            base = self._write_base(vectors, np.concatenate(numbers).T, name)
            self.files = DenseFiles(dimensions=vectors.dimensions, base=base)
            self._base, self._base_rows = open_base(self._folder, base, vectors.dimensions), base.rows
        self._deleted = np.zeros(self._base_rows, np.bool_)
        return self.files

    def plan_fold(self) -> FoldPlan | None:
        """What to fold, or None where it does not pay yet."""
        options, base_rows, delta_rows = self._options, self._base_rows, len(self._delta_numbers)
        most_delta = min(max(options.delta_rows_min, options.delta_share * base_rows), options.delta_rows_max)
        total, deleted = base_rows + delta_rows, self.files.deleted_rows
        many_deleted = deleted > max(options.deleted_share * total, options.deleted_rows_min)
        graph = self.files.base is not None and self.files.base.graph
        due = delta_rows > most_delta or many_deleted or (not graph and total - deleted >= options.graph_from_rows)
        if not due:
            return None
        extend = graph and not many_deleted
        kept = ~self._deleted
        if extend:
            kept[:base_rows] = True
        return FoldPlan(
            before=self.files,
            base=self._base,
            delta_vectors=self._delta_vectors(),
            delta_numbers=self._delta_numbers,
            rows=np.flatnonzero(kept),
            extend=extend,
        )

    def build(self, plan: FoldPlan) -> BaseFiles | None:
        """Make the new base; takes seconds for 100,000 rows. None where no row is left."""
        if not plan.rows.size:
            return None
        dimensions, base_rows = plan.before.dimensions, 0 if plan.base is None else plan.base.vectors.rows
        vectors, done = self._empty_for(plan), 0
        if plan.extend and plan.before.base is not None:
            path = self._folder / plan.before.base.vectors
            vectors, done = load_vectors(path, graph=True, rows=base_rows, dimensions=dimensions), base_rows
        old = plan.base.vectors.codes() if plan.base is not None else np.empty((0, dimensions), np.float16)
        for start in range(done, plan.rows.size, _STEP_ROWS):
            rows = plan.rows[start : start + _STEP_ROWS]
            of_base, of_delta = rows[rows < base_rows], rows[rows >= base_rows] - base_rows
            vectors.add(np.concatenate([old[of_base], plan.delta_vectors[of_delta]]))
        numbers = plan.delta_numbers.T
        if plan.base is not None:
            numbers = np.concatenate([plan.base.numbers, numbers], axis=1)
        return self._write_base(vectors, numbers[:, plan.rows], secrets.token_hex(4))

    def swap(self, plan: FoldPlan, base: BaseFiles | None, name: str) -> DenseFiles | None:
        """Put the new base in place and keep what was applied since; None where the whole index was replaced since."""
        now, before = self.files, plan.before
        if _vectors_name(now.base) != _vectors_name(before.base) or (
            before.delta is not None and _vectors_name(now.delta) != _vectors_name(before.delta)
        ):
            return None
        folded = len(plan.delta_numbers)
        later_vectors, later_numbers = self._delta_vectors()[folded:], self._delta_numbers[folded:]
        self._deleted = np.concatenate([self._deleted[plan.rows], self._deleted[self._base_rows + folded :]])
        self._base = open_base(self._folder, base, now.dimensions) if base is not None else None
        self._base_rows = base.rows if base is not None else 0
        self._delta_numbers = later_numbers
        delta = self._write_delta(later_vectors, later_numbers, name) if len(later_numbers) else None
        self.files = self._with_deletions(DenseFiles(dimensions=now.dimensions, base=base, delta=delta), name)
        return self.files

    def _empty_for(self, plan: FoldPlan) -> Vectors:
        if plan.rows.size < self._options.graph_from_rows:
            return empty_flat(plan.before.dimensions)
        return empty_graph(
            plan.before.dimensions,
            links=self._options.graph_links,
            build_breadth=self._options.graph_build_breadth,
        )

    def _append(self, rows: Sequence[IndexRow], name: str) -> tuple[int, DeltaFiles]:
        vectors, numbers = _vectors_of(rows), _numbers_of(rows)
        dimensions = self.files.dimensions or vectors.shape[1]
        if vectors.shape[1] != dimensions:
            message = f"A vector has {vectors.shape[1]} dimensions in an index of {dimensions}."
            raise ValueError(message)
        delta = self.files.delta
        if delta is None:
            delta = self._write_delta(vectors, numbers, name)
        else:
            delta = msgspec.structs.replace(
                delta,
                rows=delta.rows + len(rows),
                vectors_stamp=_append(self._folder / delta.vectors, delta.vectors_stamp, vectors.tobytes()),
                numbers_stamp=_append(self._folder / delta.numbers, delta.numbers_stamp, numbers.tobytes()),
            )
        self._delta_numbers = np.concatenate([self._delta_numbers, numbers])
        return dimensions, delta

    def _write_delta(self, vectors: NDArray[np.float16], numbers: NDArray[np.int64], name: str) -> DeltaFiles:
        names = f"delta-{name}.vectors", f"delta-{name}.numbers"
        return DeltaFiles(
            rows=len(numbers),
            vectors=names[0],
            vectors_stamp=write_durably(self._folder / names[0], vectors.tobytes()),
            numbers=names[1],
            numbers_stamp=write_durably(self._folder / names[1], numbers.tobytes()),
        )

    def _write_base(self, vectors: Vectors, numbers: NDArray[np.int64], name: str) -> BaseFiles:
        names = f"base-{name}.vectors", f"base-{name}.numbers"
        vectors.write(self._folder / names[0])
        stamp = stamp_of(self._folder / names[0])
        return BaseFiles(
            rows=vectors.rows,
            graph=vectors.graph,
            vectors=names[0],
            vectors_stamp=stamp,
            vectors_head=stamp_of(self._folder / names[0], stamp.size - vectors.codes().nbytes),
            numbers=names[1],
            numbers_stamp=write_durably(self._folder / names[1], np.ascontiguousarray(numbers).tobytes()),
        )

    def _with_deletions(self, files: DenseFiles, name: str) -> DenseFiles:
        count = int(np.count_nonzero(self._deleted))
        if not count:
            return files
        file = f"deleted-{name}"
        stamp = write_durably(self._folder / file, np.packbits(self._deleted, bitorder="little").tobytes())
        return msgspec.structs.replace(files, deleted=file, deleted_stamp=stamp, deleted_rows=count)

    def _delta_vectors(self) -> NDArray[np.float16]:
        delta, dimensions = self.files.delta, self.files.dimensions
        if delta is None:
            return np.empty((0, dimensions), np.float16)
        return np.fromfile(self._folder / delta.vectors, np.float16, delta.rows * dimensions).reshape(-1, dimensions)


def verify_dense(folder: Path, files: DenseFiles) -> None:
    """Read every byte that counts.

    Raises:
        IndexDamagedError: something is missing or changed.
    """
    if files.base is not None:
        verify(folder / files.base.vectors, files.base.vectors_stamp)
        verify(folder / files.base.numbers, files.base.numbers_stamp)
    if files.deleted is not None and files.deleted_stamp is not None:
        verify(folder / files.deleted, files.deleted_stamp)
    if files.delta is not None:
        for name, stamp in (
            (files.delta.vectors, files.delta.vectors_stamp),
            (files.delta.numbers, files.delta.numbers_stamp),
        ):
            verify_beginning(folder / name, stamp)


def _append(path: Path, stamp: FileStamp, content: bytes) -> FileStamp:
    with path.open("r+b") as file:
        if file.seek(0, os.SEEK_END) < stamp.size:
            raise damaged(path, "is shorter than it should be")
        file.truncate(stamp.size)
        file.seek(stamp.size)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return FileStamp(size=stamp.size + len(content), crc=zlib.crc32(content, stamp.crc))


def _vectors_of(rows: Sequence[IndexRow]) -> NDArray[np.float16]:
    return np.stack([row.embedding for row in rows if row.embedding is not None]).astype(np.float16)


def _numbers_of(rows: Sequence[IndexRow]) -> NDArray[np.int64]:
    return np.array([(row.key, row.version_key, row.access_list_id) for row in rows], np.int64)


def _vectors_name(part: BaseFiles | DeltaFiles | None) -> str | None:
    return part.vectors if part is not None else None
