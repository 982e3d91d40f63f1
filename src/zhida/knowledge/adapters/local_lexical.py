"""The lexical leg: true BM25 by tantivy over the terms that ``analysis`` makes.

tantivy knows one current commit per folder, and merges in the background; a search must see exactly the commit that
its manifest names. So the writer works in a folder of its own, and every generation gets a folder of hard links to
that commit's files: readers open it as an index that never changes, and a crash leaves at worst a folder nobody names.
"""

import os
import shutil
from collections.abc import Generator, Iterable
from contextlib import contextmanager
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
_WIDE_SHARE = 0.2
_MARGIN = 1.3
"""How much more than k/share to ask where rights are wide, for chance deals unevenly."""
_MANY_ROWS = 20_000
_FREQUENT_SHARE = 0.25
"""Above so many rows, a single character that stands in more than this share is not looked for: its pairs are. That
halves the time of a Chinese question among 26,000 texts, for 0.0 to 0.5 points of nDCG@10."""
_LINK_ATTEMPTS = 100
_Scored = tuple[Any, tantivy.DocAddress]
_NO_HITS = Hits(keys=np.empty(0, np.int64), scores=np.empty(0, np.float32))


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
    builder.add_unsigned_field(_ACCESS_LIST, indexed=True, fast=True)
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
        with _opening(folder / files.folder):
            index = tantivy.Index.open(str(folder / files.folder))
            index.config_reader("manual", 0)
        self._schema = index.schema
        self._searcher = index.searcher()
        if self._searcher.num_docs != files.rows:
            raise damaged(folder / files.folder, f"holds {self._searcher.num_docs} rows instead of {files.rows}")
        self._rows_by_list = {key: self._searcher.doc_freq(_ACCESS_LIST, key) for key in access_lists}
        self._rows = max(1, sum(self._rows_by_list.values()))

    def search(self, text: str, k: int, access_lists: frozenset[AccessListId] | None) -> Hits:
        """The k permitted rows with the highest BM25 score for the text; ``None`` permits all."""
        query = self._query(analyse_query(text))
        if query is None:
            return _NO_HITS
        if access_lists is None or access_lists >= self._rows_by_list.keys():
            return self._hits(self._search(query, k))
        permitted = sorted(access_lists & self._rows_by_list.keys())
        share = sum(self._rows_by_list[key] for key in permitted) / self._rows
        if not share:
            return _NO_HITS
        if share >= _WIDE_SHARE:
            found = self._search_widely(query, k, set(permitted), ask=round(_MARGIN * k / share) + k)
            if found is not None:
                return self._hits(found)
        rights = tantivy.Query.term_set_query(self._schema, _ACCESS_LIST, permitted)
        must = [(tantivy.Occur.Must, query), (tantivy.Occur.Must, tantivy.Query.const_score_query(rights, 0.0))]
        return self._hits(self._search(tantivy.Query.boolean_query(must), k))

    def _query(self, terms: list[str]) -> tantivy.Query | None:
        if self._rows > _MANY_ROWS or len(terms) > _MOST_TERMS:
            terms = self._telling(terms)
        wanted = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, _TERMS, term, "freq")) for term in terms
        ]
        return tantivy.Query.boolean_query(wanted) if wanted else None

    def _telling(self, terms: list[str]) -> list[str]:
        """The terms that decide: without single characters that stand in very many rows, the rarest of very many."""
        frequency = {term: self._searcher.doc_freq(_TERMS, term) for term in terms}
        telling = [term for term in terms if len(term) > 1 or frequency[term] <= _FREQUENT_SHARE * self._rows] or terms
        if len(telling) > _MOST_TERMS:
            telling.sort(key=lambda term: frequency[term] or self._rows)
        return telling[:_MOST_TERMS]

    def _search(self, query: tantivy.Query, k: int) -> list[_Scored]:
        return self._searcher.search(query, k, count=False).hits

    def _search_widely(self, query: tantivy.Query, k: int, permitted: set[int], *, ask: int) -> list[_Scored] | None:
        """Ask without rights for more, and keep what is permitted: exact if k remain or nothing else matches.

        tantivy skips whole blocks of rows only while no filter stands beside the terms: for wide rights this takes
        a third of the time. None where too few remain.
        """
        hits = self._search(query, ask)
        lists = self._searcher.fast_field_values(_ACCESS_LIST, [address for _, address in hits])
        kept = [hit for hit, key in zip(hits, lists, strict=True) if key in permitted]
        return kept[:k] if len(kept) >= k or len(hits) < ask else None

    def _hits(self, hits: list[_Scored]) -> Hits:
        keys = self._searcher.fast_field_values(_KEY, [address for _, address in hits])
        return Hits(keys=np.array(keys, np.int64), scores=np.array([score for score, _ in hits], np.float32))


class LexicalWriter:
    """Adds and removes rows in a folder of its own, and publishes each commit as a folder of links."""

    def __init__(self, work: Path, heap_bytes: int) -> None:
        """Open the folder, which is empty or was made by ``restore``.

        Raises:
            IndexDamagedError: tantivy cannot read it.
        """
        work.mkdir(exist_ok=True)
        self._work = work
        with _opening(work):
            self._index = tantivy.Index(_schema(), path=str(work))
            self._writer: tantivy.IndexWriter | None = self._index.writer(heap_bytes, 1)

    def remove(self, versions: Iterable[VersionKey]) -> None:
        """Remove every row of these versions; those added later stay."""
        gone = sorted(versions)
        if gone:  # by query: tantivy-py's delete by term takes an integer for a signed one, and finds nothing
            query = tantivy.Query.term_set_query(self._index.schema, _VERSION, gone)
            with _writing(self._work):
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
            with _writing(self._work):
                writer.add_document(document)

    def commit(self) -> None:
        """Force what was added and removed to the disk."""
        with _writing(self._work):
            self._open_writer().commit()

    def settle(self) -> None:
        """Wait until the background merges are done; the writer is closed after it."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            with _writing(self._work):
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


@contextmanager
def _opening(folder: Path) -> Generator[None]:
    """What tantivy cannot open is damaged, or of a schema that this program does not write."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise damaged(folder, f"cannot be opened: {error}") from error


@contextmanager
def _writing(folder: Path) -> Generator[None]:
    """What tantivy cannot write (it reports a full disk as a ValueError) leaves the published files as they are."""
    try:
        yield
    except ValueError as error:
        raise OSError(f"The search index in {folder} cannot be written: {error}") from error


def _described(folder: Path, stamps: dict[str, FileStamp], meta: _Meta) -> LexicalFiles:
    with _opening(folder):
        rows = tantivy.Index.open(str(folder)).searcher().num_docs
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
