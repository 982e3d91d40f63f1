"""What does a model folder say about itself? The form of its ``zhida.json``.

Written by ``build_minilm`` and ``pull_model``; read by ``model_folder``.
"""

from enum import StrEnum

import msgspec

from zhida.ids import Language

MANIFEST_FILE = "zhida.json"


class Pooling(StrEnum):
    """How the vectors of a text's tokens become one."""

    MEAN = "mean"
    CLS = "cls"
    IN_GRAPH = "in_graph"
    """The model's graph gives one vector a text."""


class ModelManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A local model as we use it.

    Attributes:
        dimensions: length of a vector.
        max_tokens: the window; longer texts are cut.
        languages: what it was trained for.
        weights: the ONNX file, relative to the folder.
        files: SHA-256 in hexadecimal of every file that is read, by its relative path.
        source: where the files come from, for people.
    """

    name: str
    dimensions: int
    max_tokens: int
    languages: frozenset[Language]
    pooling: Pooling
    weights: str
    files: dict[str, str]
    tokenizer: str = "tokenizer.json"
    query_prefix: str = ""
    passage_prefix: str = ""
    licence: str = ""
    source: str = ""
