"""Which models can be fetched by name? Those below, and those of a file that the operator names.

Every file is pinned: its repository's commit, its size, its SHA-256. An operator's file is a JSON array of such
entries.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from zhida.ids import Language
from zhida.inference.errors import ModelFilesError
from zhida.inference.model_manifest import ModelManifest, Pooling

EVERY_LANGUAGE = frozenset(Language)
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
RelativePath = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*([./][A-Za-z0-9_-]+)*$")]
"""Without a step upwards: it becomes a path on this machine."""
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]


class CatalogueFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a model.

    Attributes:
        path: relative to the repository, and to the model's folder.
        size: in bytes.
    """

    path: RelativePath
    size: int
    sha256: Sha256


class CatalogueEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A model that ``zhida model pull`` knows.

    Attributes:
        repository, revision: where the model host keeps it, at which commit.
        weights: which of the files is the graph.
    """

    name: Name
    repository: str
    revision: str
    files: tuple[CatalogueFile, ...]
    weights: RelativePath
    dimensions: int
    max_tokens: int
    languages: frozenset[Language]
    pooling: Pooling
    licence: str
    tokenizer: RelativePath = "tokenizer.json"
    query_prefix: str = ""
    passage_prefix: str = ""

    @property
    def size(self) -> int:
        """Of all files, in bytes."""
        return sum(file.size for file in self.files)

    def address(self, file: CatalogueFile) -> str:
        """Of a file, relative to the model host or its mirror."""
        return f"{self.repository}/resolve/{self.revision}/{file.path}"

    def manifest(self) -> ModelManifest:
        """What the folder will say about itself."""
        return ModelManifest(
            name=self.name,
            dimensions=self.dimensions,
            max_tokens=self.max_tokens,
            languages=self.languages,
            pooling=self.pooling,
            weights=self.weights,
            tokenizer=self.tokenizer,
            query_prefix=self.query_prefix,
            passage_prefix=self.passage_prefix,
            files={file.path: file.sha256 for file in self.files},
            licence=self.licence,
            source=f"{self.repository}@{self.revision}",
        )


BUILT_IN = (
    CatalogueEntry(
        name="bge-small-zh-v1.5",
        repository="onnx-community/bge-small-zh-v1.5-ONNX",
        revision="9507db33464b5da99a532ac26b2a251767cbc62b",
        files=(
            CatalogueFile(
                path="onnx/model_quantized.onnx",
                size=168_002,
                sha256="99a6e522710c00220c89f8c52e0cc5aa09d4cbb1c34c0e932eab3a9dfdc65df3",
            ),
            CatalogueFile(
                path="onnx/model_quantized.onnx_data",
                size=23_774_208,
                sha256="952623481ca8beea884e3d3c9ecaf8a3c7bf1d0c21de29e970cd31af9d37a90b",
            ),
            CatalogueFile(
                path="tokenizer.json",
                size=362_603,
                sha256="3d09c84ebd10306706a79a8276b3ab736a40d8ec03251c7639f4e52c3a1a4f8e",
            ),
        ),
        weights="onnx/model_quantized.onnx",
        dimensions=512,
        max_tokens=512,
        languages=frozenset({Language.CHINESE}),
        pooling=Pooling.CLS,
        query_prefix="为这个句子生成表示以用于检索相关文章：",
        licence="MIT",
    ),
    CatalogueEntry(
        name="multilingual-e5-small",
        repository="Xenova/multilingual-e5-small",
        revision="761b726dd34fb83930e26aab4e9ac3899aa1fa78",
        files=(
            CatalogueFile(
                path="onnx/model_quantized.onnx",
                size=118_308_185,
                sha256="f80102d3f2a1229f387d3c81909990d8945513e347b0eab049f7de3c6f98c193",
            ),
            CatalogueFile(
                path="tokenizer.json",
                size=17_082_730,
                sha256="0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
            ),
        ),
        weights="onnx/model_quantized.onnx",
        dimensions=384,
        max_tokens=512,
        languages=EVERY_LANGUAGE,
        pooling=Pooling.MEAN,
        query_prefix="query: ",
        passage_prefix="passage: ",
        licence="MIT",
    ),
    CatalogueEntry(
        name="bge-m3",
        repository="Xenova/bge-m3",
        revision="4de13258303883538bd53b696b452bf8099f0858",
        files=(
            CatalogueFile(
                path="onnx/model_quantized.onnx",
                size=569_694_530,
                sha256="0826f8c1ab9edf1801db86c61919d4d108e8bfc0b809ec823ad366882ff0b77d",
            ),
            CatalogueFile(
                path="tokenizer.json",
                size=17_082_821,
                sha256="6710678b12670bc442b99edc952c4d996ae309a7020c1fa0096dd245c2faf790",
            ),
        ),
        weights="onnx/model_quantized.onnx",
        dimensions=1024,
        max_tokens=1024,
        languages=EVERY_LANGUAGE,
        pooling=Pooling.CLS,
        licence="MIT",
    ),
)
"""Their digests are those that many published projects pin for the same commits; the bytes themselves were not at hand
when this was written. A wrong digest here can only refuse a download, never let a wrong file in."""


def catalogue(extra: Path | None = None) -> Mapping[str, CatalogueEntry]:
    """Entries by name; an operator's entry replaces a built-in one.

    Raises:
        ModelFilesError: the operator's file cannot be read or understood.
    """
    entries = {entry.name: entry for entry in BUILT_IN}
    if extra is not None:
        try:
            added = msgspec.json.decode(extra.read_bytes(), type=tuple[CatalogueEntry, ...])
        except (OSError, msgspec.DecodeError) as error:
            message = f"The model catalogue {extra} cannot be understood: {error}."
            raise ModelFilesError(message, advice="Correct it, or unset ZHIDA_INFERENCE__MODEL_CATALOGUE.") from error
        entries |= {entry.name: entry for entry in added}
    return entries
