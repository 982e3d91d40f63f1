"""Rows, changes and questions, as the tests of search indexes write them."""

from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from zhida.ids import AccessListId, ChunkKey, KnowledgeBaseId, VersionKey
from zhida.knowledge import IndexChange, IndexQuery, IndexResult, IndexRow

HANDBOOK = KnowledgeBaseId(UUID("01890000-0000-7000-8000-000000000001"))
OTHER = KnowledgeBaseId(UUID("01890000-0000-7000-8000-000000000002"))
MODEL = "vendor/model.v1@sha256:abc"
DIMENSIONS = 8


def direction(number: int) -> NDArray[np.float32]:
    """A unit vector that is close to those of the neighbouring numbers."""
    angle = number / 50
    vector = np.zeros(DIMENSIONS, np.float32)
    vector[:2] = np.cos(angle), np.sin(angle)
    return vector


def row(
    key: int, text: str, *, version: int = 1, access_list: int = 1, title: str = "", embedded: bool = True
) -> IndexRow:
    return IndexRow(
        key=ChunkKey(key),
        version_key=VersionKey(version),
        access_list_id=AccessListId(access_list),
        title=title,
        text=text,
        embedding=direction(key) if embedded else None,
    )


def change(revision: int, *rows: IndexRow, retracted: tuple[int, ...] = ()) -> IndexChange:
    return IndexChange(revision=revision, retracted=tuple(map(VersionKey, retracted)), rows=rows)


def asking(text: str = "", near: int | None = None, lists: set[int] | None = None, k: int = 10) -> IndexQuery:
    return IndexQuery(
        text=text,
        embedding=None if near is None else direction(near),
        access_lists=None if lists is None else frozenset(map(AccessListId, lists)),
        lexical_k=k,
        dense_k=k,
    )


def lexical(result: IndexResult) -> list[int]:
    return result.lexical.keys.tolist()


def dense(result: IndexResult) -> list[int]:
    return result.dense.keys.tolist()
