"""What a local index holds, and whether every byte of it is as it was written. Takes no lock."""

from pathlib import Path

from zhida.ids import KnowledgeBaseId
from zhida.knowledge.adapters.local_dense_writer import verify_dense
from zhida.knowledge.adapters.local_files import verify
from zhida.knowledge.adapters.local_manifest import Manifest, read_manifest
from zhida.knowledge.analysis import ANALYSIS_VERSION
from zhida.knowledge.errors import IndexDamagedError
from zhida.knowledge.ports import IndexReport


def report_of(folder: Path, knowledge_base_id: KnowledgeBaseId, embedding_model: str) -> IndexReport:
    """Read the manifest, and all that it names; an index that nobody has written is empty and healthy."""
    manifest, healthy = _state_of(folder)
    if not healthy:  # or a writer replaced the generation, and removed its files, meanwhile
        manifest, healthy = _state_of(folder)
    dense, lexical = manifest.dense, manifest.lexical
    return IndexReport(
        knowledge_base_id=knowledge_base_id,
        embedding_model=embedding_model,
        revision=manifest.revision,
        rows=lexical.rows if lexical is not None else 0,
        deleted_rows=max(dense.deleted_rows, lexical.deleted if lexical is not None else 0),
        delta_rows=dense.delta.rows if dense.delta is not None else 0,
        size_bytes=dense.size_bytes() + (lexical.size_bytes() if lexical is not None else 0),
        healthy=healthy,
    )


def verify_all(folder: Path, manifest: Manifest) -> None:
    """Read every byte that counts.

    Raises:
        IndexDamagedError: something is missing or changed.
    """
    verify_dense(folder, manifest.dense)
    if manifest.lexical is not None:
        for name, stamp in manifest.lexical.files.items():
            verify(folder / manifest.lexical.folder / name, stamp)


def _state_of(folder: Path) -> tuple[Manifest, bool]:
    manifest = Manifest(analysis=ANALYSIS_VERSION)
    try:
        manifest = read_manifest(folder)
        verify_all(folder, manifest)
    except FileNotFoundError:
        return manifest, not folder.is_dir()
    except IndexDamagedError:
        return manifest, False
    return manifest, True
