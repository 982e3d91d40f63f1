"""The packaged model: built from the published weights, close to them, the same bytes every time."""

from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from tests.unit.inference.bert import sentence_vector
from zhida.inference import ModelFilesError, TextRole, packaged_model_folder, read_model_folder
from zhida.inference.adapters.onnx import OnnxEmbeddingModel
from zhida.inference.build_minilm import GRAPH_SHA256, build, packaged_source, quantised, read_safetensors
from zhida.inference.model_folder import sha256_of

TEXTS = [
    "How do I reset the administrator password?",
    "refund policy",
    "PostgreSQL enforces unique constraints with a B-tree index; NULL values are distinct unless declared otherwise.",
    "In Europe, annual revenue grew by 12.5 % in 2023, to 4.1 billion, of which services made up a third.",
    "What is the boiling point of water at high altitude?",
    "café naïve Ünïcödé 你好 🌏",
    "Every parser runs in a process of its own, with limits on time, memory and output. " * 12,
]


def test_the_build_gives_the_pinned_bytes(tmp_path: Path) -> None:
    manifest = build(packaged_source(), tmp_path / "models" / "minilm")
    assert manifest.files["model.onnx"] == GRAPH_SHA256
    folder = read_model_folder(tmp_path / "models" / "minilm")
    folder.verify()
    assert folder.card == read_model_folder(packaged_model_folder()).card
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["minilm"]


def test_the_built_model_is_close_to_the_published_one() -> None:
    model = OnnxEmbeddingModel(read_model_folder(packaged_model_folder()))
    weights = read_safetensors(packaged_source() / "model.safetensors")
    tokenizer = Tokenizer.from_file(str(packaged_source() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(512)
    expected = np.array([sentence_vector(tokenizer.encode(text).ids, weights) for text in TEXTS])
    alone = np.concatenate([model.embed_now([text], TextRole.QUERY) for text in TEXTS])
    together = model.embed_now(TEXTS, TextRole.PASSAGE)
    for vectors in (alone, together):
        assert (vectors * expected).sum(axis=1).min() >= 0.985
        assert (vectors * expected).sum(axis=1).mean() >= 0.99


def test_weights_that_are_not_the_published_ones_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(ModelFilesError, match="not the published file"):
        build(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_damaged_model_is_not_loaded(tmp_path: Path) -> None:
    build(packaged_source(), tmp_path / "minilm")
    weights = tmp_path / "minilm" / "model.onnx"
    content = bytearray(weights.read_bytes())
    content[1_000_000] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ModelFilesError, match="damaged"):
        OnnxEmbeddingModel(read_model_folder(tmp_path / "minilm"))


def test_a_file_that_is_no_model_is_refused_with_advice(tmp_path: Path) -> None:
    folder = tmp_path / "minilm"
    build(packaged_source(), folder)
    (folder / "model.onnx").write_bytes(b"no graph")
    manifest = (folder / "zhida.json").read_text().replace(GRAPH_SHA256, sha256_of(folder / "model.onnx"))
    (folder / "zhida.json").write_text(manifest)
    with pytest.raises(ModelFilesError, match=r"cannot be loaded.*Fetch"):
        OnnxEmbeddingModel(read_model_folder(folder))


def test_quantisation_loses_at_most_half_a_step_of_each_row() -> None:
    matrix = np.random.default_rng(7).normal(size=(20, 50)).astype(np.float32)
    matrix[3] = 0
    integers, scales = quantised(matrix)
    assert integers.dtype == np.int8
    assert (np.abs(integers * scales[:, None] - matrix) <= scales[:, None] * 0.5001).all()
