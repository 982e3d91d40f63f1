"""One generation of a local index, open for searching. It never changes; the reader swaps it for the next."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zhida.knowledge.adapters.local_files import read_stamped
from zhida.knowledge.adapters.local_lexical import LexicalLeg
from zhida.knowledge.adapters.local_manifest import DenseFiles, Manifest
from zhida.knowledge.adapters.local_options import LocalIndexOptions
from zhida.knowledge.adapters.local_vectors import DenseLeg, open_base, open_delta
from zhida.knowledge.ports import Hits, IndexQuery, IndexResult

NO_HITS = Hits(keys=np.empty(0, np.int64), scores=np.empty(0, np.float32))


@dataclass(frozen=True, slots=True)
class Generation:
    """Safe from many threads."""

    manifest: Manifest
    dense: DenseLeg | None
    lexical: LexicalLeg | None

    def search(self, query: IndexQuery) -> IndexResult:
        """Both legs, as of this generation's revision."""
        lexical = dense = NO_HITS
        if self.lexical is not None and query.lexical_k > 0 and query.text:
            lexical = self.lexical.search(query.text, query.lexical_k, query.access_lists)
        if self.dense is not None and query.dense_k > 0 and query.embedding is not None:
            dense = self.dense.search(query.embedding, query.dense_k, query.access_lists)
        return IndexResult(lexical=lexical, dense=dense, revision=self.manifest.revision)


def open_generation(
    folder: Path, manifest: Manifest, *, before: Generation | None, options: LocalIndexOptions
) -> Generation:
    """Open what the manifest names; what the generation before has open already is shared with it.

    Raises:
        IndexDamagedError: a file is not as the manifest says.
        FileNotFoundError: a file is missing: damaged, or deleted because the manifest is outdated by now.
    """
    if before is not None and before.manifest.dense == manifest.dense:
        dense = before.dense
    else:
        dense = _open_dense(folder, manifest.dense, before=before, options=options)
    if manifest.lexical is None:
        return Generation(manifest, dense, None)
    if (
        before is not None
        and before.manifest.lexical == manifest.lexical
        and before.manifest.access_lists == manifest.access_lists
    ):
        return Generation(manifest, dense, before.lexical)
    return Generation(manifest, dense, LexicalLeg(folder, manifest.lexical, manifest.access_lists))


def _open_dense(
    folder: Path, files: DenseFiles, *, before: Generation | None, options: LocalIndexOptions
) -> DenseLeg | None:
    if not files.dimensions:
        return None
    base = delta = None
    if files.base is not None:
        if before is not None and before.dense is not None and before.manifest.dense.base == files.base:
            base = before.dense.base
        else:
            base = open_base(folder, files.base, files.dimensions)
    if files.delta is not None:
        delta = open_delta(folder, files.delta, files.dimensions)
    rows = sum(part.rows for part in (files.base, files.delta) if part is not None)
    return DenseLeg(base, delta, _deletions(folder, files, rows), options)


def _deletions(folder: Path, files: DenseFiles, rows: int) -> NDArray[np.bool_] | None:
    if files.deleted is None or files.deleted_stamp is None:
        return None
    bits = np.frombuffer(read_stamped(folder / files.deleted, files.deleted_stamp), np.uint8)
    return np.unpackbits(bits, bitorder="little")[:rows].astype(np.bool_)
