"""The lexical leg: true BM25 by tantivy over the terms that ``analysis`` makes.

tantivy knows one current commit per folder, and merges in the background; a search must see exactly the commit that
its manifest names. So the writer works in a folder of its own, and every generation gets a folder of hard links to
that commit's files: readers open it as an index that never changes, and a crash leaves at worst a folder nobody names.
"""

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import tantivy

from zhida.ids import AccessListId, VersionKey
from zhida.knowledge.adapters.local_files import (
    FileStamp,
    damaged,
    stamp_of,
    sync_folder,
    verify_size,
    write_durably,
)
from zhida.knowledge.adapters.local_manifest import LexicalFiles
from zhida.knowledge.analysis import analyse_chunk, analyse_query
from zhida.knowledge.ports import Hits, IndexRow

_META_FILE = "meta.json"
_TERMS, _KEY, _VERSION, _ACCESS_LIST = "terms", "key", "version", "access_list"
_MOST_TERMS = 48
"""A longer query is cut to its rarest terms: time grows with their number, and common terms decide nothing."""
_LINK_ATTEMPTS = 100


class _MetaOfPart(msgspec.Struct):
    part_id: str = msgspec.field(name="segment_id")
    rows: int = msgspec.field(name="max_doc")


class _Meta(msgspec.Struct):
    """What tantivy's own ``meta.json`` says, as far as it is needed here."""

    parts: list[_MetaOfPart] = msgspec.field(name="segments")


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field(_TERMS, tokenizer_name="whitespace", index_option="freq")
    builder.add_unsigned_field(_KEY, fast=True)
    builder.add_unsigned_field(_VERSION, indexed=True)
    builder.add_unsigned_field(_ACCESS_LIST, indexed=True)
    return builder.build()


class LexicalLeg:
    """Reads one generation; immutable, safe from many threads."""

    def __init__(self, folder: Path, files: LexicalFiles, access_lists: Iterable[int]) -> None:
        """Open the generation's folder.

        Raises:
            IndexDamagedError: tantivy cannot read it, or a file has another length than it should.
            FileNotFoundError: a file is missing.
        """
        for name, stamp in files.files.items():
            verify_size(folder / files.folder / name, stamp.size)
        try:
            index = tantivy.Index.open(str(folder / files.folder))
            index.config_reader("manual", 0)
        except (ValueError, OSError) as error:
            raise damaged(folder / files.folder, "cannot be read") from error
        self._schema = index.schema
        self._searcher = index.searcher()
        self._access_lists = frozenset(access_lists)
        if self._searcher.num_docs != files.rows:
            raise damaged(folder / files.folder, f"holds {self._searcher.num_docs} rows instead of {files.rows}")

    def search(self, text: str, k: int, access_lists: frozenset[AccessListId] | None) -> Hits:
        """The k permitted rows with the highest BM25 score for the text; ``None`` permits all."""
        query = self._query(analyse_query(text), access_lists)
        hits: list[tuple[Any, tantivy.DocAddress]] = []
        if query is not None:
            hits = self._searcher.search(query, k, count=False).hits
        keys = self._searcher.fast_field_values(_KEY, [address for _, address in hits])
        return Hits(keys=np.array(keys, np.int64), scores=np.array([score for score, _ in hits], np.float32))

    def _query(self, terms: Sequence[str], access_lists: frozenset[AccessListId] | None) -> tantivy.Query | None:
        if len(terms) > _MOST_TERMS:
            terms = sorted(terms, key=lambda term: self._searcher.doc_freq(_TERMS, term) or self._searcher.num_docs)
        wanted = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, _TERMS, term, "freq"))
            for term in terms[:_MOST_TERMS]
        ]
        if not wanted:
            return None
        query = tantivy.Query.boolean_query(wanted)
        if access_lists is None or access_lists >= self._access_lists:
            return query
        permitted = sorted(access_lists & self._access_lists)
        if not permitted:
            return None
        rights = tantivy.Query.const_score_query(
            tantivy.Query.term_set_query(self._schema, _ACCESS_LIST, permitted), 0.0
        )
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, rights)])


class LexicalWriter:
    """Adds and removes rows in a folder of its own, and publishes each commit as a folder of links."""

    def __init__(self, work: Path, heap_bytes: int) -> None:
        """Open the folder, which is empty or was made by ``restore``.

        Raises:
            IndexDamagedError: tantivy cannot read it.
        """
        work.mkdir(exist_ok=True)
        self._work = work
        try:
            self._index = tantivy.Index(_schema(), path=str(work))
            self._writer: tantivy.IndexWriter | None = self._index.writer(heap_bytes, 1)
        except (ValueError, OSError) as error:
            raise damaged(work, "cannot be written") from error

    def remove(self, versions: Iterable[VersionKey]) -> None:
        """Remove every row of these versions; those added later stay."""
        gone = sorted(versions)
        if gone:  # by query: tantivy-py's delete by term takes an integer for a signed one, and finds nothing
            query = tantivy.Query.term_set_query(self._index.schema, _VERSION, gone)
            self._open_writer().delete_documents_by_query(query)

    def add(self, rows: Iterable[IndexRow]) -> None:
        """Add rows."""
        writer = self._open_writer()
        for row in rows:
            document = tantivy.Document()
            document.add_text(_TERMS, " ".join(analyse_chunk(row.title, row.text)))
            document.add_unsigned(_KEY, row.key)
            document.add_unsigned(_VERSION, row.version_key)
            document.add_unsigned(_ACCESS_LIST, row.access_list_id)
            writer.add_document(document)

    def commit(self) -> None:
        """Force what was added and removed to the disk."""
        self._open_writer().commit()

    def settle(self) -> None:
        """Wait until the background merges are done; the writer is closed after it."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            writer.wait_merging_threads()

    def publish(self, folder: Path, before: LexicalFiles | None) -> LexicalFiles:
        """Link the last commit's files into a new folder and describe them; ``before`` spares reading known files."""
        for _ in range(_LINK_ATTEMPTS):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            meta = (self._work / _META_FILE).read_bytes()
            if self._link(msgspec.json.decode(meta, type=_Meta), folder) and meta == self._meta():
                break
        else:
            raise damaged(self._work, "does not hold still")
        known = before.files if before is not None else {}
        stamps = {path.name: known.get(path.name) or stamp_of(path) for path in sorted(folder.iterdir())}
        stamps[_META_FILE] = write_durably(folder / _META_FILE, meta)
        write_durably(folder / ".managed.json", msgspec.json.encode(sorted(stamps)))
        sync_folder(folder)
        return _described(folder, stamps, msgspec.json.decode(meta, type=_Meta))

    def close(self) -> None:
        """Let go of the folder without waiting for merges, and remove it: what counts was published."""
        self._writer = None
        shutil.rmtree(self._work, ignore_errors=True)

    def _meta(self) -> bytes:
        return (self._work / _META_FILE).read_bytes()

    def _link(self, meta: _Meta, folder: Path) -> bool:
        """Link what the commit needs; False where a merge took a file away meanwhile."""
        wanted = {part.part_id.replace("-", "") for part in meta.parts}
        for entry in os.scandir(self._work):
            if entry.name.partition(".")[0] in wanted and not _link_or_copy(Path(entry.path), folder / entry.name):
                return False
        return True

    def _open_writer(self) -> tantivy.IndexWriter:
        if self._writer is None:
            message = "The lexical writer is closed."
            raise RuntimeError(message)
        return self._writer


def restore(folder: Path, files: LexicalFiles, work: Path) -> None:
    """Make a writer's folder out of a published generation: what a crashed writer did after it is gone."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    for name in files.files:
        if name != _META_FILE:
            _link_or_copy(folder / files.folder / name, work / name)
    for name in (_META_FILE, ".managed.json"):
        shutil.copyfile(folder / files.folder / name, work / name)


def _described(folder: Path, stamps: dict[str, FileStamp], meta: _Meta) -> LexicalFiles:
    try:
        rows = tantivy.Index.open(str(folder)).searcher().num_docs
    except (ValueError, OSError) as error:
        raise damaged(folder, "cannot be read back") from error
    return LexicalFiles(
        folder=folder.name, files=stamps, rows=rows, deleted=sum(part.rows for part in meta.parts) - rows
    )


def _link_or_copy(source: Path, target: Path) -> bool:
    """Hard links cost nothing; some file systems have none. False where the source has vanished."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        return False
    except OSError:
        try:
            shutil.copyfile(source, target)
        except FileNotFoundError:
            return False
    return True
