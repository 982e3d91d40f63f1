"""``zhida model pull`` against a real HTTP server that behaves as badly as real ones."""

import fcntl
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.servers.model_host import ModelHostServer, running_model_host
from zhida.ids import Language
from zhida.inference import (
    CatalogueEntry,
    CatalogueFile,
    ModelFilesError,
    ModelFolder,
    ModelRejectedError,
    ModelUnavailableError,
    Pooling,
    catalogue,
    list_models,
    pull_model,
    read_model_folder,
)
from zhida.inference.adapters.http_model_host import HttpModelHost
from zhida.inference.pull_model import BREAKS_PER_FILE, PARTIAL_FOLDER

WEIGHTS = bytes(range(256)) * 4_000
TOKENIZER = b'{"made": "up"}' * 1_000


def pinned(path: str, content: bytes) -> CatalogueFile:
    return CatalogueFile(path=path, size=len(content), sha256=hashlib.sha256(content).hexdigest())


ENTRY = CatalogueEntry(
    name="tiny-v1.5",
    repository="somebody/tiny-onnx",
    revision="abc123",
    files=(pinned("onnx/model.onnx", WEIGHTS), pinned("tokenizer.json", TOKENIZER)),
    weights="onnx/model.onnx",
    dimensions=8,
    max_tokens=64,
    languages=frozenset({Language.CHINESE}),
    pooling=Pooling.CLS,
    licence="MIT",
    query_prefix="find: ",
)
ROOT = "/somebody/tiny-onnx/resolve/abc123"


@pytest.fixture
def host() -> Iterator[ModelHostServer]:
    with running_model_host({f"{ROOT}/onnx/model.onnx": WEIGHTS, f"{ROOT}/tokenizer.json": TOKENIZER}) as host:
        yield host


def pull(host: ModelHostServer, folder: Path, entry: CatalogueEntry = ENTRY) -> ModelFolder:
    with httpx.Client() as client:
        return pull_model(entry, models_folder=folder, host=HttpModelHost(host.url, client=client))


def test_a_pulled_model_is_whole_and_says_what_it_is(host: ModelHostServer, tmp_path: Path) -> None:
    folder = pull(host, tmp_path)
    assert folder.path == tmp_path / "tiny-v1.5"
    assert (folder.weights.read_bytes(), folder.tokenizer.read_bytes()) == (WEIGHTS, TOKENIZER)
    assert folder.card.name.startswith("tiny-v1.5@")
    assert (folder.card.dimensions, folder.pooling, folder.query_prefix) == (8, Pooling.CLS, "find: ")
    folder.verify()
    assert not (tmp_path / PARTIAL_FOLDER / "tiny-v1.5").exists()


def test_progress_ends_at_the_size_of_each_file(host: ModelHostServer, tmp_path: Path) -> None:
    seen: dict[str, tuple[int, int]] = {}
    with httpx.Client() as client:
        pull_model(
            ENTRY,
            models_folder=tmp_path,
            host=HttpModelHost(host.url, client=client),
            progress=lambda name, held, size: seen.update({name: (held, size)}),
        )
    assert seen == {file.path: (file.size, file.size) for file in ENTRY.files}


def test_a_model_that_stands_here_is_not_fetched_again(host: ModelHostServer, tmp_path: Path) -> None:
    pull(host, tmp_path)
    asked = len(host.requests)
    pull(host, tmp_path)
    assert len(host.requests) == asked


def test_a_damaged_model_is_fetched_again(host: ModelHostServer, tmp_path: Path) -> None:
    pull(host, tmp_path).weights.write_bytes(b"rot")
    pull(host, tmp_path).verify()


def test_a_transfer_that_breaks_off_goes_on_where_it_ended(host: ModelHostServer, tmp_path: Path) -> None:
    host.breaks = 2
    pull(host, tmp_path).verify()
    starts = [start for path, start in host.requests if path.endswith("model.onnx")]
    assert starts == [None, f"bytes={len(WEIGHTS) // 2}-", f"bytes={len(WEIGHTS) * 3 // 4}-"]


def test_what_arrived_is_kept_for_the_next_command(host: ModelHostServer, tmp_path: Path) -> None:
    host.breaks = BREAKS_PER_FILE + 1
    with pytest.raises(ModelUnavailableError):
        pull(host, tmp_path)
    host.requests.clear()
    pull(host, tmp_path).verify()
    assert host.requests[0][1] is not None


def test_a_host_that_cannot_resume_is_asked_from_the_start(host: ModelHostServer, tmp_path: Path) -> None:
    host.resumes, host.breaks = False, 1
    pull(host, tmp_path).verify()


def test_redirects_are_followed(host: ModelHostServer, tmp_path: Path) -> None:
    host.redirects = True
    pull(host, tmp_path).verify()


@pytest.mark.parametrize("content", [b"x" * len(WEIGHTS), WEIGHTS + b"more"])
def test_other_bytes_than_pinned_are_thrown_away(host: ModelHostServer, tmp_path: Path, content: bytes) -> None:
    right = host.files[f"{ROOT}/onnx/model.onnx"]
    host.files[f"{ROOT}/onnx/model.onnx"] = content
    with pytest.raises(ModelFilesError, match=r"pinned.*MODEL_MIRROR_URL"):
        pull(host, tmp_path)
    assert not (tmp_path / "tiny-v1.5").exists()
    host.files[f"{ROOT}/onnx/model.onnx"] = right
    pull(host, tmp_path).verify()


@pytest.mark.parametrize(("status", "kind"), [(503, ModelUnavailableError), (404, ModelRejectedError)])
def test_a_failing_mirror_is_named(
    host: ModelHostServer, tmp_path: Path, status: int, kind: type[ModelUnavailableError | ModelRejectedError]
) -> None:
    host.statuses = [status]
    with pytest.raises(kind, match=rf"127\.0\.0\.1.*{status}.*MODEL_MIRROR_URL"):
        pull(host, tmp_path)


def test_a_mirror_that_is_not_there_is_named(host: ModelHostServer, tmp_path: Path) -> None:
    host.url = "http://127.0.0.1:9"
    with pytest.raises(ModelUnavailableError, match=r"127\.0\.0\.1:9.*MODEL_MIRROR_URL"):
        pull(host, tmp_path)


def test_a_disk_without_room_is_refused_before_anything_is_fetched(host: ModelHostServer, tmp_path: Path) -> None:
    huge = msgspec.structs.replace(ENTRY, files=(CatalogueFile(path="model.onnx", size=1 << 60, sha256="0" * 64),))
    with pytest.raises(ModelFilesError, match="MiB are free"):
        pull(host, tmp_path, huge)
    assert not host.requests


def test_two_commands_do_not_fetch_the_same_model_at_once(host: ModelHostServer, tmp_path: Path) -> None:
    (tmp_path / PARTIAL_FOLDER).mkdir()
    with (tmp_path / PARTIAL_FOLDER / "tiny-v1.5.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ModelFilesError, match="another process"):
            pull(host, tmp_path)


def test_a_folder_that_cannot_be_written_is_named(host: ModelHostServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelFilesError, match="cannot be written"):
        pull(host, tmp_path / "file" / "models")


def test_the_list_names_what_stands_here_and_what_can_be_fetched(host: ModelHostServer, tmp_path: Path) -> None:
    pull(host, tmp_path)
    (tmp_path / "broken").mkdir()
    models = {model.name: model for model in list_models({ENTRY.name: ENTRY} | dict(catalogue()), tmp_path)}
    assert models["tiny-v1.5"].folder == tmp_path / "tiny-v1.5"
    assert models["tiny-v1.5"].languages == {Language.CHINESE}
    assert models["broken"].problem
    assert models["bge-m3"].folder is None
    assert models["bge-m3"].size > 500_000_000
    assert PARTIAL_FOLDER not in models


def test_an_operator_adds_models_by_a_file(host: ModelHostServer, tmp_path: Path) -> None:
    (tmp_path / "more.json").write_bytes(msgspec.json.encode([ENTRY]))
    pull(host, tmp_path, catalogue(tmp_path / "more.json")["tiny-v1.5"])
    assert read_model_folder(tmp_path / "tiny-v1.5").card.dimensions == 8


@pytest.mark.parametrize("path", ["../model.onnx", "/etc/passwd", "a/../../b", ".hidden"])
def test_an_operators_file_cannot_write_outside_the_models_folder(tmp_path: Path, path: str) -> None:
    raw = json.loads(msgspec.json.encode([ENTRY]))
    raw[0]["files"][0]["path"] = path
    (tmp_path / "more.json").write_text(json.dumps(raw))
    with pytest.raises(ModelFilesError, match="cannot be understood"):
        catalogue(tmp_path / "more.json")
