"""Model folders as people have them: with our manifest, from an export, broken."""

import json
from pathlib import Path

import pytest

from zhida.ids import Language
from zhida.inference import (
    PACKAGED_MODEL,
    EmbeddingSettings,
    ModelFilesError,
    Pooling,
    find_model_folder,
    packaged_model_folder,
    read_model_folder,
)


def exported(path: Path, **files: object) -> Path:
    """A folder as an ONNX export leaves it; ``files``: JSON by name, two underscores for a slash."""
    (path / "onnx").mkdir(parents=True, exist_ok=True)
    (path / "onnx/model.onnx").write_bytes(b"graph")
    (path / "tokenizer.json").write_text("{}")
    for name, content in ({"config": {"hidden_size": 384, "max_position_embeddings": 512}} | files).items():
        target = path / (name.replace("__", "/") + ".json")
        target.parent.mkdir(exist_ok=True)
        target.write_text(json.dumps(content))
    return path


def test_an_export_is_understood(tmp_path: Path) -> None:
    folder = read_model_folder(exported(tmp_path / "some-model"))
    assert folder.weights == tmp_path / "some-model/onnx/model.onnx"
    assert folder.card.name.startswith("some-model@")
    assert (folder.card.dimensions, folder.card.max_tokens) == (384, 512)
    assert folder.pooling is Pooling.MEAN


def test_the_files_of_sentence_transformers_are_read(tmp_path: Path) -> None:
    folder = read_model_folder(
        exported(
            tmp_path / "m",
            **{
                "1_Pooling__config": {"word_embedding_dimension": 512, "pooling_mode_cls_token": True},
                "sentence_bert_config": {"max_seq_length": 128},
                "config_sentence_transformers": {"prompts": {"query": "query: ", "passage": "passage: "}},
            },
        )
    )
    assert (folder.card.dimensions, folder.card.max_tokens, folder.pooling) == (512, 128, Pooling.CLS)
    assert (folder.query_prefix, folder.passage_prefix) == ("query: ", "passage: ")


def test_xlm_robertas_table_is_two_longer_than_its_window(tmp_path: Path) -> None:
    config = {"hidden_size": 8, "max_position_embeddings": 514, "model_type": "xlm-roberta"}
    assert read_model_folder(exported(tmp_path, config=config)).card.max_tokens == 512


def test_settings_say_what_a_folder_does_not(tmp_path: Path) -> None:
    settings = EmbeddingSettings(
        folder=exported(tmp_path), languages=frozenset({Language.CHINESE}), query_prefix="q: ", max_tokens=100
    )
    folder = find_model_folder(settings, tmp_path / "models")
    assert folder.card.languages == {Language.CHINESE}
    assert (folder.query_prefix, folder.card.max_tokens) == ("q: ", 100)


def test_the_name_changes_with_whatever_changes_the_vectors_of_chunks(tmp_path: Path) -> None:
    path = exported(tmp_path / "m")
    names = {read_model_folder(path).card.name}
    names.add(read_model_folder(path, EmbeddingSettings(passage_prefix="passage: ")).card.name)
    (path / "onnx/model.onnx").write_bytes(b"another graph")
    names.add(read_model_folder(path).card.name)
    assert len(names) == 3


@pytest.mark.parametrize("missing", ["onnx/model.onnx", "tokenizer.json", "config.json"])
def test_what_is_missing_is_named_with_advice(tmp_path: Path, missing: str) -> None:
    path = exported(tmp_path / "m")
    (path / missing).unlink()
    with pytest.raises(ModelFilesError, match=rf"{Path(missing).name}.*zhida model pull"):
        read_model_folder(path)


@pytest.mark.parametrize("name", ["config.json", "zhida.json"])
def test_a_description_that_cannot_be_understood_is_named(tmp_path: Path, name: str) -> None:
    path = exported(tmp_path / "m")
    (path / name).write_text("{")
    with pytest.raises(ModelFilesError, match=rf"{name} cannot be understood"):
        read_model_folder(path)


def test_a_folder_that_does_not_say_how_long_its_vectors_are_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFilesError, match="hidden_size"):
        read_model_folder(exported(tmp_path, config={}))


def test_the_packaged_model_is_found_unless_one_of_its_name_was_put_in_the_models_folder(tmp_path: Path) -> None:
    assert find_model_folder(EmbeddingSettings(), tmp_path).path == packaged_model_folder()
    exported(tmp_path / PACKAGED_MODEL)
    assert find_model_folder(EmbeddingSettings(), tmp_path).path == tmp_path / PACKAGED_MODEL


@pytest.mark.parametrize("settings", [EmbeddingSettings(model="absent"), EmbeddingSettings(folder=Path("/absent"))])
def test_a_model_that_is_not_here_is_refused_with_the_command_that_fetches_it(
    tmp_path: Path, settings: EmbeddingSettings
) -> None:
    with pytest.raises(ModelFilesError, match="zhida model pull"):
        find_model_folder(settings, tmp_path)
