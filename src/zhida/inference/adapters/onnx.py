"""A model folder run by ONNX Runtime on the processor. Wired by bootstrap into the embedder process.

Loading takes a few hundredths of a second; one session serves all threads and shares its weights between them.
"""

import asyncio
import os
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Protocol, cast

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from zhida.inference.call_rules import require_no_open_unit
from zhida.inference.errors import ModelFilesError, ModelUnavailableError
from zhida.inference.local_model import TextRole
from zhida.inference.model_folder import ModelFolder
from zhida.inference.model_manifest import Pooling
from zhida.inference.ports import EmbeddingModelCard
from zhida.inference.well_formed import well_formed

LONGEST_OVER_SHORTEST = 1.25
"""Texts in one run may differ so much in length: padding costs as much as text."""
TOKENS_PER_RUN = 16_384
"""Bounds the memory of one run's activations to some 300 MB for a small model."""
_SENTENCE_OUTPUTS = ("sentence_embedding", "dense_vecs", "pooler_output")
_TOKEN_OUTPUTS = ("last_hidden_state", "token_embeddings")
_VECTOR_RANK, _TOKENS_RANK = 2, 3
_NATIVE_ERRORS = vars(import_module("onnxruntime.capi.onnxruntime_pybind11_state"))
_NATIVE_NAMES = ("Fail", "RuntimeException", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NotImplemented")
_RUNTIME_ERRORS: tuple[type[Exception], ...] = (
    *(cast("type[Exception]", _NATIVE_ERRORS[name]) for name in _NATIVE_NAMES),
    RuntimeError,
    MemoryError,
)
"""The runtime's errors have no common ancestor and no types."""


class _Value(Protocol):
    """An input or output of a graph; a free dimension is a text."""

    name: str
    type: str
    shape: Sequence[int | str]


class _Session(Protocol):
    """What we use of ONNX Runtime's session, which comes without types."""

    def get_inputs(self) -> Sequence[_Value]: ...

    def get_outputs(self) -> Sequence[_Value]: ...

    def run(
        self, output_names: Sequence[str], input_feed: Mapping[str, NDArray[np.int32 | np.int64]]
    ) -> Sequence[NDArray[np.float32]]: ...


class _Options(Protocol):
    intra_op_num_threads: int
    inter_op_num_threads: int
    log_severity_level: int
    enable_cpu_mem_arena: bool
    enable_mem_pattern: bool

    def add_session_config_entry(self, key: str, value: str) -> None: ...


class OnnxEmbeddingModel:
    """An embedding model of BERT's kind: graph, tokenizer, pooling, L2 norm; also usable in process, behind the port.

    Raises:
        ModelFilesError: the graph or the tokenizer cannot be loaded, or they do not fit their description.
    """

    def __init__(self, folder: ModelFolder, *, threads: int = 1) -> None:
        # Tokenizers start a thread a core otherwise, which no niceness of ours would reach.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        folder.verify()
        self._folder = folder
        self._tokenizer = _load_tokenizer(folder)
        self._session = _load_session(folder, threads)
        self._inputs = {value.name: _integer_type(value.type) for value in self._session.get_inputs()}
        self._output, self._has_tokens = self._choose_output()

    @property
    def card(self) -> EmbeddingModelCard:
        """What the model is."""
        return self._folder.card

    def embed_now(self, texts: Sequence[str], role: TextRole) -> NDArray[np.float32]:
        """Embed on the calling thread, texts of like length together.

        Raises:
            ModelUnavailableError: the runtime failed, as when memory ran out.
        """
        folder = self._folder
        prefix = folder.query_prefix if role is TextRole.QUERY else folder.passage_prefix
        encodings = self._tokenizer.encode_batch_fast([prefix + well_formed(text) for text in texts])
        vectors = np.empty((len(texts), folder.card.dimensions), np.float32)
        for places in _runs([len(encoding) for encoding in encodings]):
            vectors[places] = self._run([encodings[place] for place in places])
        return vectors

    async def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed questions in a thread."""
        return await self._embed(texts, TextRole.QUERY)

    async def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed chunks in a thread."""
        return await self._embed(texts, TextRole.PASSAGE)

    async def _embed(self, texts: Sequence[str], role: TextRole) -> NDArray[np.float32]:
        require_no_open_unit()
        return await asyncio.to_thread(self.embed_now, texts, role)

    def _choose_output(self) -> tuple[str, bool]:
        """The output that is read, and whether it holds a vector for each token."""
        outputs = {value.name: len(value.shape) for value in self._session.get_outputs()}
        if self._folder.pooling is Pooling.IN_GRAPH:
            ranked = [*_SENTENCE_OUTPUTS, *outputs]
            wanted_rank = _VECTOR_RANK
        else:
            ranked = [*_TOKEN_OUTPUTS, *outputs]
            wanted_rank = _TOKENS_RANK
        found = next((name for name in ranked if outputs.get(name) == wanted_rank), None)
        if found is None or "input_ids" not in self._inputs:
            message = f"{self._folder.weights} is not an embedding model: its outputs are {', '.join(outputs)}."
            raise ModelFilesError(message, advice="Choose the feature-extraction export of the model.")
        return found, wanted_rank == _TOKENS_RANK

    def _run(self, encodings: Sequence[Encoding]) -> NDArray[np.float32]:
        width = max(len(encoding) for encoding in encodings)
        ids = np.zeros((len(encodings), width), np.int64)
        mask = np.zeros((len(encodings), width), np.int64)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding)] = encoding.ids
            mask[row, : len(encoding)] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        given = {name: feed[name].astype(kind, copy=False) for name, kind in self._inputs.items()}
        try:
            output = np.asarray(self._session.run([self._output], given)[0], np.float32)
        except _RUNTIME_ERRORS as error:
            message = f"The embedding model failed on {len(encodings)} texts of {width} tokens: {error}."
            raise ModelUnavailableError(message) from error
        if output.shape[-1] != self._folder.card.dimensions:
            message = f"The model gives {output.shape[-1]} dimensions, its folder says {self._folder.card.dimensions}."
            raise ModelFilesError(message, advice="Correct the dimensions in the folder's description.")
        return _unit(_pooled(output, mask, self._folder.pooling) if self._has_tokens else output)


def _pooled(tokens: NDArray[np.float32], mask: NDArray[np.int64], pooling: Pooling) -> NDArray[np.float32]:
    if pooling is Pooling.CLS:
        return tokens[:, 0]
    weights = mask.astype(np.float32)
    return np.einsum("btd,bt->bd", tokens, weights) / weights.sum(axis=1, keepdims=True)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(lengths, np.float32(1e-12))).astype(np.float32, copy=False)


def _runs(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of the texts by run: sorted by length, so that little is padded, and never too much at once."""
    places: list[int] = []
    shortest = 0
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        length = lengths[place]
        wide = length > shortest * LONGEST_OVER_SHORTEST + 4
        if places and (wide or length * (len(places) + 1) > TOKENS_PER_RUN):
            yield places
            places = []
        if not places:
            shortest = length
        places.append(place)
    if places:
        yield places


def _load_tokenizer(folder: ModelFolder) -> Tokenizer:
    try:
        # From bytes, because from_file raises a bare Exception.
        tokenizer = Tokenizer.from_buffer(folder.tokenizer.read_bytes())
    except (OSError, ValueError) as error:
        message = f"{folder.tokenizer} is not a tokenizer: {error}."
        raise ModelFilesError(message, advice="Fetch the model's folder again.") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(folder.card.max_tokens)
    return tokenizer


def _load_session(folder: ModelFolder, threads: int) -> _Session:
    options = cast("_Options", onnxruntime.SessionOptions())
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # The arena keeps the largest batch's memory for ever, once for each thread; without it the runs are as fast.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    options.add_session_config_entry("session.use_device_allocator_for_initializers", "1")
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(str(folder.weights), options, providers=["CPUExecutionProvider"])
        return cast("_Session", session)
    except (*_RUNTIME_ERRORS, ValueError) as error:
        message = f"{folder.weights} cannot be loaded: {error}."
        raise ModelFilesError(message, advice="Fetch the model's folder again.") from error


def _integer_type(onnx_type: str) -> type[np.int32 | np.int64]:
    return np.int32 if onnx_type == "tensor(int32)" else np.int64
