"""What lies in a model folder, and where is the folder of a name?

Called by bootstrap, which hands the answer to the embedder's adapter and to the processes that only need the card.
Understands a folder with our ``zhida.json`` and one as sentence-transformers or an ONNX export leaves it.
"""

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from zhida.ids import Language
from zhida.inference.errors import ModelFilesError
from zhida.inference.model_manifest import MANIFEST_FILE, ModelManifest, Pooling
from zhida.inference.ports import EmbeddingModelCard
from zhida.inference.settings import PACKAGED_MODEL, EmbeddingSettings

WEIGHT_FILES = (
    "model.onnx",
    "onnx/model.onnx",
    "model_quantized.onnx",
    "onnx/model_quantized.onnx",
    "model_int8.onnx",
    "onnx/model_int8.onnx",
)
"""Where exports put the graph; the first that exists is taken."""
_XLM_ROBERTA_OFFSET = 2
"""Its position table is two longer than the window: the first two places are never used."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A local model, ready to be loaded.

    Attributes:
        files: SHA-256 by relative path, where the folder's manifest knows them.
    """

    path: Path
    weights: Path
    tokenizer: Path
    card: EmbeddingModelCard
    pooling: Pooling
    query_prefix: str
    passage_prefix: str
    files: dict[str, str]

    def verify(self) -> None:
        """Compare every file with its digest.

        Raises:
            ModelFilesError: a file is not what it was.
        """
        for name, expected in self.files.items():
            if sha256_of(self.path / name) != expected:
                message = f"{self.path / name} is damaged: its SHA-256 is not {expected}."
                raise ModelFilesError(message, advice=_advice(self.path.name))


class _PoolingFile(msgspec.Struct):
    word_embedding_dimension: int = 0
    pooling_mode_cls_token: bool = False
    pooling_mode_mean_tokens: bool = False


class _ConfigFile(msgspec.Struct):
    hidden_size: int = 0
    max_position_embeddings: int = 0
    model_type: str = ""


class _LengthFile(msgspec.Struct):
    max_seq_length: int | None = None


class _PromptsFile(msgspec.Struct):
    prompts: dict[str, str] = {}


def sha256_of(path: Path) -> str:
    """In hexadecimal.

    Raises:
        ModelFilesError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}."
        raise ModelFilesError(message, advice=_advice(path.parent.name)) from error


def packaged_model_folder() -> Path:
    """Where set-up builds the packaged model: inside the environment that runs us."""
    return Path(sys.prefix) / "share" / "zhida" / "models" / PACKAGED_MODEL


def find_model_folder(settings: EmbeddingSettings, models_folder: Path) -> ModelFolder:
    """The folder that the settings name: an explicit one, one in the models folder, or the packaged one.

    Raises:
        ModelFilesError: there is none, or it is incomplete.
    """
    if settings.folder is not None:
        return read_model_folder(settings.folder, settings)
    pulled = models_folder / settings.model
    if pulled.is_dir():
        return read_model_folder(pulled, settings)
    if settings.model == PACKAGED_MODEL:
        return read_model_folder(packaged_model_folder(), settings)
    message = f"There is no model {settings.model} in {models_folder}."
    raise ModelFilesError(message, advice=_advice(settings.model))


def read_model_folder(path: Path, settings: EmbeddingSettings | None = None) -> ModelFolder:
    """Describe the model in a folder; settings fill in what a folder without a manifest does not say.

    Raises:
        ModelFilesError: the folder, its graph, its tokenizer or its description is missing or unreadable.
    """
    settings = settings or EmbeddingSettings()
    if not path.is_dir():
        message = f"The model folder {path} does not exist."
        raise ModelFilesError(message, advice=_advice(path.name))
    stated = _read(path / MANIFEST_FILE, ModelManifest)
    manifest = stated or _guessed_manifest(path, settings)
    for name in (manifest.weights, manifest.tokenizer):
        if not (path / name).is_file():
            message = f"{path / name} is missing."
            raise ModelFilesError(message, advice=_advice(path.name))
    query_prefix = manifest.query_prefix if settings.query_prefix is None else settings.query_prefix
    passage_prefix = manifest.passage_prefix if settings.passage_prefix is None else settings.passage_prefix
    weights_digest = manifest.files.get(manifest.weights) or sha256_of(path / manifest.weights)
    identity = hashlib.sha256(f"{weights_digest} {manifest.pooling} {passage_prefix}".encode()).hexdigest()[:8]
    return ModelFolder(
        path=path,
        weights=path / manifest.weights,
        tokenizer=path / manifest.tokenizer,
        card=EmbeddingModelCard(
            name=f"{manifest.name}@{identity}",
            dimensions=manifest.dimensions,
            max_tokens=manifest.max_tokens,
            languages=settings.languages or manifest.languages,
        ),
        pooling=manifest.pooling,
        query_prefix=query_prefix,
        passage_prefix=passage_prefix,
        files=manifest.files,
    )


def _advice(name: str) -> str:
    if name == PACKAGED_MODEL:
        return "Run `make setup`, which builds it."
    return "Fetch a model with `zhida model pull NAME`, or set ZHIDA_INFERENCE__EMBEDDING__FOLDER to a whole one."


_Form = TypeVar("_Form", bound=msgspec.Struct)


def _read(path: Path, form: type[_Form]) -> _Form | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=form)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        message = f"{path} cannot be understood: {error}."
        raise ModelFilesError(message, advice=_advice(path.parent.name)) from error


def _guessed_manifest(path: Path, settings: EmbeddingSettings) -> ModelManifest:
    weights = next((name for name in WEIGHT_FILES if (path / name).is_file()), None)
    config = _read(path / "config.json", _ConfigFile)
    if weights is None or config is None:
        missing = "no ONNX graph (model.onnx)" if weights is None else "no config.json"
        message = f"The model folder {path} has {missing}."
        raise ModelFilesError(message, advice=_advice(path.name))
    pooling = _read(path / "1_Pooling" / "config.json", _PoolingFile) or _PoolingFile()
    lengths = _read(path / "sentence_bert_config.json", _LengthFile) or _LengthFile()
    prompts = (_read(path / "config_sentence_transformers.json", _PromptsFile) or _PromptsFile()).prompts
    offset = _XLM_ROBERTA_OFFSET if "roberta" in config.model_type else 0
    windows = (settings.max_tokens, lengths.max_seq_length, config.max_position_embeddings - offset)
    dimensions = pooling.word_embedding_dimension or config.hidden_size
    if not dimensions:
        message = f"{path / 'config.json'} does not say how long a vector is (hidden_size)."
        raise ModelFilesError(message, advice=_advice(path.name))
    return ModelManifest(
        name=path.name,
        dimensions=dimensions,
        max_tokens=min(window for window in windows if window is not None and window > 0),
        languages=settings.languages or frozenset(Language),
        pooling=Pooling.CLS if pooling.pooling_mode_cls_token else Pooling.MEAN,
        weights=weights,
        files={},
        query_prefix=prompts.get("query", ""),
        passage_prefix=prompts.get("passage", prompts.get("document", "")),
    )
