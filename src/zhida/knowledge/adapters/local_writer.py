"""Writes the local search index: the node's indexer process is the only caller.

A write makes new files, then replaces the manifest; a crash at any instruction leaves the old generation or the new
one. Files of the generation before the last are deleted; readers that still map them keep them until they let go.
"""

import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from threading import RLock

import msgspec

from zhida.ids import KnowledgeBaseId, VersionKey
from zhida.knowledge.adapters.local_dense_writer import DenseWriter
from zhida.knowledge.adapters.local_files import (
    LOCK_FILE,
    FolderLock,
    damaged,
    index_folder,
    indexes_below,
)
from zhida.knowledge.adapters.local_lexical import LexicalWriter, restore
from zhida.knowledge.adapters.local_manifest import MANIFEST_FILE, Manifest, read_manifest, write_manifest
from zhida.knowledge.adapters.local_options import LocalIndexOptions
from zhida.knowledge.adapters.local_report import report_of, verify_all
from zhida.knowledge.analysis import ANALYSIS_VERSION
from zhida.knowledge.ports import IndexChange, IndexReport, IndexRow

_REBUILD_BATCH_ROWS = 500


class LocalIndexWriter:
    """One index's writer; safe from several threads, and ``compact`` lets changes through while it builds."""

    def __init__(
        self, folder: Path, knowledge_base_id: KnowledgeBaseId, embedding_model: str, options: LocalIndexOptions
    ) -> None:
        """Take the lock, and verify every byte of what is there.

        Raises:
            IndexLockedError: another writer has it.
            IndexDamagedError: what is there cannot be trusted.
        """
        self._folder = folder
        self._knowledge_base_id = knowledge_base_id
        self._embedding_model = embedding_model
        self._options = options
        self._lock = RLock()
        self._lexical: LexicalWriter | None = None
        self._names_before: set[str] = set()
        folder.mkdir(parents=True, exist_ok=True)
        self._folder_lock = FolderLock(folder)
        try:
            self._manifest = _verified_manifest(folder)
            self._dense = DenseWriter(folder, self._manifest.dense, options)
        except BaseException:
            self._folder_lock.release()
            raise
        self._sweep()

    def revision(self) -> int:
        """The last revision that was committed."""
        return self._manifest.revision

    def apply(self, changes: Sequence[IndexChange]) -> None:
        """See the port."""
        with self._lock:
            news = [change for change in changes if change.revision > self._manifest.revision]
            if not news:
                return
            removed, rows = _net_effect(news)
            revision = max(change.revision for change in news)
            if not removed:
                self._publish(msgspec.structs.replace(self._manifest, revision=revision))
                return
            try:
                self._write(removed, rows, revision)
            except BaseException:
                self._reopen()
                raise

    def rebuild(self, rows: Iterable[IndexRow], revision: int) -> None:
        """See the port. The dense leg is scanned exactly until the next ``compact`` makes its graph."""
        with self._lock:
            self._close_lexical()
            name = secrets.token_hex(4)
            access_lists: set[int] = set()
            lexical = LexicalWriter(self._folder / f"work-{name}", self._options.lexical_heap_bytes)
            try:
                dense = self._dense.replace(_indexed(rows, lexical, access_lists), name)
                lexical.commit()
                lexical.settle()
                self._options.after_step("content rebuilt")
                files = lexical.publish(self._folder / f"lexical-{name}", None)
                self._publish(
                    msgspec.structs.replace(
                        self._manifest,
                        revision=revision,
                        dense=dense,
                        lexical=files,
                        access_lists=tuple(sorted(access_lists)),
                    )
                )
            finally:
                lexical.close()
                self._reopen()

    def compact(self) -> bool:
        """See the port."""
        with self._lock:
            plan = self._dense.plan_fold()
            builder = self._dense
        if plan is None:
            return False
        base = builder.build(plan)
        self._options.after_step("base built")
        with self._lock:
            try:
                dense = self._dense.swap(plan, base, secrets.token_hex(4))
                if dense is not None:
                    self._publish(msgspec.structs.replace(self._manifest, dense=dense))
            except BaseException:
                self._reopen()
                raise
            if dense is None and base is not None:
                _remove(self._folder / base.vectors)
                _remove(self._folder / base.numbers)
        return dense is not None

    def report(self) -> IndexReport:
        """See the port; reads every byte to say whether the index is healthy."""
        with self._lock:
            return report_of(self._folder, self._knowledge_base_id, self._embedding_model)

    def close(self) -> None:
        """See the port; quiet when called again."""
        with self._lock:
            self._close_lexical()
            self._folder_lock.release()

    def _write(self, removed: set[VersionKey], rows: Sequence[IndexRow], revision: int) -> None:
        name = secrets.token_hex(4)
        lexical = self._open_lexical()
        lexical.remove(removed)
        lexical.add(rows)
        lexical.commit()
        self._options.after_step("lexical committed")
        files = lexical.publish(self._folder / f"lexical-{name}", self._manifest.lexical)
        self._options.after_step("lexical published")
        dense = self._dense.apply(removed, rows, name)
        self._options.after_step("dense written")
        access_lists = {*self._manifest.access_lists, *(row.access_list_id for row in rows)}
        self._publish(
            msgspec.structs.replace(
                self._manifest,
                revision=revision,
                dense=dense,
                lexical=files,
                access_lists=tuple(sorted(access_lists)),
            )
        )

    def _publish(self, manifest: Manifest) -> None:
        manifest = msgspec.structs.replace(manifest, generation=self._manifest.generation + 1)
        write_manifest(self._folder, manifest)
        self._options.after_step("manifest replaced")
        now = self._manifest.names()
        for name in self._names_before - now - manifest.names():
            _remove(self._folder / name)
        self._names_before, self._manifest = now, manifest

    def _open_lexical(self) -> LexicalWriter:
        if self._lexical is None:
            work = self._folder / f"work-{secrets.token_hex(4)}"
            if self._manifest.lexical is not None:
                restore(self._folder, self._manifest.lexical, work)
            self._lexical = LexicalWriter(work, self._options.lexical_heap_bytes)
        return self._lexical

    def _close_lexical(self) -> None:
        if self._lexical is not None:
            self._lexical.close()
            self._lexical = None

    def _reopen(self) -> None:
        """Go back to what the manifest on the disk says."""
        self._close_lexical()
        self._manifest = read_manifest(self._folder)
        self._dense = DenseWriter(self._folder, self._manifest.dense, self._options)

    def _sweep(self) -> None:
        """Remove what crashed writers left; only while nothing else of this index is being built."""
        keep = self._manifest.names() | {LOCK_FILE, MANIFEST_FILE}
        for entry in list(self._folder.iterdir()):
            if entry.name not in keep:
                _remove(entry)


class LocalIndexWriters:
    """Opens and drops the local indexes below one folder."""

    def __init__(self, root: Path, options: LocalIndexOptions | None = None) -> None:
        self._root = root
        self._options = options or LocalIndexOptions()

    def open(self, knowledge_base_id: KnowledgeBaseId, embedding_model: str) -> LocalIndexWriter:
        """See the port.

        Raises:
            IndexLockedError: another writer has it open.
            IndexDamagedError: files exist but cannot be trusted.
        """
        folder = index_folder(self._root, knowledge_base_id, embedding_model)
        return LocalIndexWriter(folder, knowledge_base_id, embedding_model, self._options)

    def drop(self, knowledge_base_id: KnowledgeBaseId, embedding_model: str) -> None:
        """See the port; the folder vanishes at once, its files after.

        Raises:
            IndexLockedError: a writer has it open.
        """
        folder = index_folder(self._root, knowledge_base_id, embedding_model)
        if not folder.is_dir():
            return
        lock = FolderLock(folder)
        try:
            grave = self._root / f".dropped-{secrets.token_hex(8)}"
            folder.rename(grave)
        finally:
            lock.release()
        shutil.rmtree(grave, ignore_errors=True)
        if not any(folder.parent.iterdir()):
            folder.parent.rmdir()

    def existing(self) -> list[tuple[KnowledgeBaseId, str]]:
        """See the port."""
        return indexes_below(self._root)


def _verified_manifest(folder: Path) -> Manifest:
    """The manifest of what is there, all of it verified; a new one in a new folder."""
    try:
        manifest = read_manifest(folder)
    except FileNotFoundError:
        if {entry.name for entry in folder.iterdir()} - {LOCK_FILE, f"{MANIFEST_FILE}.new"}:
            raise damaged(folder / MANIFEST_FILE, "is missing") from None
        manifest = Manifest(analysis=ANALYSIS_VERSION)
        write_manifest(folder, manifest)
    verify_all(folder, manifest)
    return manifest


def _net_effect(changes: Sequence[IndexChange]) -> tuple[set[VersionKey], list[IndexRow]]:
    """Versions whose present rows go, and the rows that come, after all changes in order of revision."""
    removed: set[VersionKey] = set()
    added: dict[VersionKey, list[IndexRow]] = {}
    for change in sorted(changes, key=lambda change: change.revision):
        touched = {*change.retracted, *(row.version_key for row in change.rows)}
        removed |= touched
        for version in touched:
            added.pop(version, None)
        for row in change.rows:
            added.setdefault(row.version_key, []).append(row)
    return removed, [row for rows in added.values() for row in rows]


def _indexed(rows: Iterable[IndexRow], lexical: LexicalWriter, access_lists: set[int]) -> Iterator[Sequence[IndexRow]]:
    """Pass rows on in batches, after the lexical leg took them."""
    source = iter(rows)
    while batch := list(islice(source, _REBUILD_BATCH_ROWS)):
        lexical.add(batch)
        access_lists.update(row.access_list_id for row in batch)
        yield batch


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
