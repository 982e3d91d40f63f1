"""``zhida model`` as an operator uses it, against a model host of this machine."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.model_host import ModelHostServer, running_model_host

WEIGHTS, TOKENIZER = b"weights" * 10_000, b"{}"
ROOT = "/somebody/tiny/resolve/abc"


def pinned(path: str, content: bytes) -> dict[str, object]:
    return {"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


@pytest.fixture
def host() -> Iterator[ModelHostServer]:
    with running_model_host({f"{ROOT}/model.onnx": WEIGHTS, f"{ROOT}/tokenizer.json": TOKENIZER}) as host:
        yield host


def zhida(folder: Path, host: ModelHostServer, *arguments: str) -> subprocess.CompletedProcess[str]:
    entry = {
        "name": "tiny",
        "repository": "somebody/tiny",
        "revision": "abc",
        "files": [pinned("model.onnx", WEIGHTS), pinned("tokenizer.json", TOKENIZER)],
        "weights": "model.onnx",
        "dimensions": 8,
        "max_tokens": 64,
        "languages": ["zh"],
        "pooling": "cls",
        "licence": "MIT",
    }
    (folder / "catalogue.json").write_text(json.dumps([entry]))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZHIDA_")}
    own = {
        "ZHIDA_DATA_DIR": str(folder / "data"),
        "ZHIDA_INFERENCE__MODEL_CATALOGUE": str(folder / "catalogue.json"),
        "ZHIDA_INFERENCE__MODEL_MIRROR_URL": host.url,
    }
    return subprocess.run(
        [sys.executable, "-m", "zhida.cli", "model", *arguments],
        env=kept | own,
        capture_output=True,
        text=True,
        check=False,
    )


def listed(folder: Path, host: ModelHostServer) -> dict[str, dict[str, object]]:
    return {model["name"]: model for model in json.loads(zhida(folder, host, "list", "--json").stdout)["items"]}


def test_a_model_is_fetched_and_the_settings_that_switch_to_it_are_printed(
    tmp_path: Path, host: ModelHostServer
) -> None:
    before = listed(tmp_path, host)["tiny"]
    assert (before["folder"], before["size_bytes"], before["languages"]) == (
        None,
        len(WEIGHTS) + len(TOKENIZER),
        ["zh"],
    )
    done = zhida(tmp_path, host, "pull", "tiny")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-2:] == [
        "ZHIDA_INFERENCE__EMBEDDING__PROVIDER=local",
        "ZHIDA_INFERENCE__EMBEDDING__MODEL=tiny",
    ]
    folder = tmp_path / "data" / "models" / "tiny"
    assert (folder / "model.onnx").read_bytes() == WEIGHTS
    assert listed(tmp_path, host)["tiny"]["folder"] == str(folder)
    again = json.loads(zhida(tmp_path, host, "pull", "tiny", "--json").stdout)
    assert again["settings"]["ZHIDA_INFERENCE__EMBEDDING__MODEL"] == "tiny"


def test_a_host_that_is_away_is_one_line_with_advice(tmp_path: Path, host: ModelHostServer) -> None:
    host.statuses = [503] * 100
    done = zhida(tmp_path, host, "pull", "tiny")
    assert (done.returncode, done.stdout) == (7, "")
    assert done.stderr.startswith("zhida: ")
    assert "ZHIDA_INFERENCE__MODEL_MIRROR_URL" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_file_that_is_not_what_was_pinned_is_refused(tmp_path: Path, host: ModelHostServer) -> None:
    host.files[f"{ROOT}/model.onnx"] = b"x" * len(WEIGHTS)
    done = zhida(tmp_path, host, "pull", "tiny")
    assert done.returncode == 7
    assert "SHA-256" in done.stderr
    assert listed(tmp_path, host)["tiny"]["folder"] is None


def test_a_name_that_nobody_knows_is_told_with_those_that_exist(tmp_path: Path, host: ModelHostServer) -> None:
    done = zhida(tmp_path, host, "pull", "tinny")
    assert done.returncode == 2
    assert "tiny" in done.stderr
