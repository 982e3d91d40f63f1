"""The command line, as an operator and a script use it."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.running import RunningInstance, wait_until

ZHIDA = [sys.executable, "-m", "zhida.cli"]
Zhida = Callable[..., subprocess.CompletedProcess[str]]


def call(
    environment: dict[str, str], arguments: Sequence[str], *, given: str = "", folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*ZHIDA, *arguments], env=environment, input=given, cwd=folder, capture_output=True, text=True, check=False
    )


def document(done: subprocess.CompletedProcess[str]) -> Any:
    """The one JSON document of a command that succeeded."""
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def zhida(running_instance: RunningInstance) -> Zhida:
    """Run a command on the running instance."""

    def run(*arguments: str, given: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        return call(running_instance.environment | variables, arguments, given=given)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two documents that can be read, one that cannot, one that is hidden, and a loop."""
    (tmp_path / "files" / "人事").mkdir(parents=True)
    (tmp_path / "files" / "warranty.md").write_text("# Warranty\n\nThe warranty of the kettle lasts thirty months.\n")
    (tmp_path / "files" / "人事" / "报销.md").write_text("# 报销\n\n差旅报销须在四十五天内提交。\n")
    (tmp_path / "files" / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing of a PDF follows")
    (tmp_path / "files" / ".hidden.md").write_text("never seen")
    (tmp_path / "files" / "人事" / "loop").symlink_to(tmp_path / "files")
    return tmp_path / "files"


def test_a_newcomer_gets_from_a_folder_to_a_cited_answer(zhida: Zhida, folder: Path) -> None:
    name = "newcomer's base"
    assert zhida("kb", "create", name).stdout.startswith(f"Created {name} (")
    brought = zhida("ingest", str(folder), "--kb", name)
    assert brought.returncode == 8
    assert brought.stdout.startswith(f"{name}: 2 ready, 1 failed\n  files/broken.pdf: ")
    found = zhida("search", "差旅报销", "--kb", name, "--top", "1")
    assert found.stdout.startswith("1. files/人事/报销.md › 报销\n")
    answered = zhida("ask", "How long does the warranty of the kettle last?", "--kb", name)
    assert answered.returncode == 0
    assert "thirty months. [1]" in answered.stdout
    assert "[1] files/warranty.md › Warranty\n    “The warranty of the kettle lasts thirty months.”" in answered.stdout
    assert "\x1b" not in answered.stdout + found.stdout + brought.stdout
    refused = zhida("ask", "Who painted the ceiling of the chapel?", "--kb", name)
    assert refused.returncode == 0
    assert "[1]" not in refused.stdout
    assert zhida("kb", "delete", name).returncode == 2
    assert zhida("kb", "delete", name, "--yes").stdout == f"Deleted {name}.\n"
    gone = zhida("search", "warranty", "--kb", name)
    assert gone.stdout == ""
    # A name may be remembered for a moment; it leads to nothing any more.
    wait_until(lambda: zhida("search", "warranty", "--kb", name).returncode == 4, seconds=15, what="the name is gone")
    gone = zhida("search", "warranty", "--kb", name)
    assert gone.stderr.startswith("zhida: There is no such knowledge base for you.")


def test_every_answer_comes_as_one_json_document(zhida: Zhida, folder: Path) -> None:
    created = document(zhida("kb", "create", "json", "--chunk-size", "128", "--chunk-overlap", "0", "--json"))
    assert (created["name"], created["chunk_size"]) == ("json", 128)
    assert created["id"] in {base["id"] for base in document(zhida("kb", "list", "--json"))["items"]}
    done = zhida("ingest", str(folder), "--kb", created["id"], "--json")
    brought = json.loads(done.stdout)
    assert done.returncode == 8
    assert {name: brought[name] for name in ("knowledge_base", "total", "ready", "failed")} == {
        "knowledge_base": "json",
        "total": 3,
        "ready": 2,
        "failed": 1,
    }
    assert {entry["name"] for entry in brought["documents"]} == {
        "files/warranty.md",
        "files/broken.pdf",
        "files/人事/报销.md",
    }
    failed = next(entry for entry in brought["documents"] if entry["status"] == "failed")
    assert failed["reason"]
    assert failed["reason_code"]
    search = document(zhida("search", "kettle", "--kb", "json", "--top", "2", "--profile", "lexical", "--json"))
    assert search["plan"]["profile"] == "lexical"
    assert search["passages"][0]["document_name"] == "files/warranty.md"
    answer = document(zhida("ask", "差旅报销须在多少天内提交？", "--kb", "json", "--json"))
    assert answer["citations"][0]["quote"] == "差旅报销须在四十五天内提交。"
    assert document(zhida("kb", "delete", "json", "--yes", "--json")) == {"deleted": created["id"], "name": "json"}


def test_replacing_and_not_waiting(zhida: Zhida, tmp_path: Path) -> None:
    document(zhida("kb", "create", "replaced", "--json"))
    file = tmp_path / "price.md"
    file.write_text("# Price\n\nThe kettle costs forty crowns.\n")
    first = document(zhida("ingest", str(file), "--kb", "replaced", "--json"))
    file.write_text("# Price\n\nThe kettle costs fifty crowns.\n")
    started = document(zhida("ingest", str(file), "--kb", "replaced", "--replace", "--no-wait", "--json"))
    assert started["documents"][0]["id"] == first["documents"][0]["id"]
    again = document(zhida("ingest", str(file), "--kb", "replaced", "--replace", "--json"))
    assert (again["ready"], again["documents"][0]["duplicate"]) == (1, True)
    assert (
        "fifty crowns" in document(zhida("ask", "What does the kettle cost?", "--kb", "replaced", "--json"))["answer"]
    )
    assert document(zhida("kb", "list", "--json"))["items"][-1]["document_count"] == 1


def test_a_key_touches_its_knowledge_base_alone_until_it_is_revoked(zhida: Zhida) -> None:
    for name in ("open to the key", "closed to the key"):
        document(zhida("kb", "create", name, "--json"))
    created = document(
        zhida("key", "create", "--name", "s", "--kb", "open to the key", "--expires-in", "90d", "--json")
    )
    key = created["key"]
    assert created["expires_at"]
    assert zhida("search", "x", "--kb", "open to the key", ZHIDA_KEY=key).returncode == 0
    closed = zhida("search", "x", "--kb", "closed to the key", ZHIDA_KEY=key)
    assert (closed.returncode, closed.stdout) == (4, "")
    assert zhida("kb", "create", "more", ZHIDA_KEY=key).returncode == 3
    listed = {item["id"]: item for item in document(zhida("key", "list", "--json"))["items"]}
    assert "key" not in listed[created["id"]]
    assert document(zhida("key", "revoke", created["id"], "--json")) == {"revoked": created["id"]}
    wait_until(lambda: zhida("kb", "list", ZHIDA_KEY=key).returncode == 3, seconds=15, what="the key is refused")
    refused = zhida("kb", "list", ZHIDA_KEY=key)
    assert refused.stdout == ""
    assert refused.stderr.startswith("zhida: ")
    assert refused.stderr.count("\n") == 1


def test_a_key_alone_is_printed_so_that_a_script_can_take_it(zhida: Zhida) -> None:
    made = zhida("key", "create", "--name", "plain", "--role", "admin")
    assert made.stdout.startswith("zk_")
    assert made.stdout.count("\n") == 1
    assert document(zhida("kb", "list", "--json", ZHIDA_KEY=made.stdout.strip()))["items"]


def test_accounts_are_made_listed_and_disabled(zhida: Zhida) -> None:
    asked = zhida("user", "create", "wang@example.test")
    assert (asked.returncode, asked.stdout) == (2, "")
    assert "--password-stdin" in asked.stderr
    short = zhida("user", "create", "wang@example.test", "--password-stdin", given="short\n")
    assert short.returncode == 2
    made = document(
        zhida(
            "user",
            "create",
            "wang@example.test",
            "--role",
            "editor",
            "--password-stdin",
            "--json",
            given="long-enough\n",
        )
    )
    assert (made["email"], made["role"]) == ("wang@example.test", "editor")
    again = zhida("user", "create", "wang@example.test", "--password-stdin", given="long-enough\n")
    assert again.returncode == 5
    assert document(zhida("user", "disable", "Wang@Example.test", "--json"))["disabled"] == made["id"]
    states = {user["id"]: user["disabled_at"] for user in document(zhida("user", "list", "--json"))["items"]}
    assert states[made["id"]]
    assert zhida("user", "disable", "nobody@example.test").returncode == 4


def test_jobs_indexes_models_logs_and_the_link(zhida: Zhida, running_instance: RunningInstance) -> None:
    assert document(zhida("job", "list", "--state", "dead", "--json")) == {"items": []}
    assert zhida("job", "requeue", "999999999").returncode == 4
    reports = document(zhida("index", "report", "--json"))["items"]
    assert "sample" in {report["knowledge_base"] for report in reports}
    assert document(zhida("index", "rebuild", "sample", "--json"))["items"][0]["knowledge_base"] == "sample"
    assert len(document(zhida("index", "rebuild", "--json"))["items"]) >= len(reports)
    models = {model["name"]: model for model in document(zhida("model", "list", "--json"))["items"]}
    assert models["all-minilm-l6-v2-int8"]["in_use"]
    assert zhida("model", "pull", "nothing-like-it").returncode == 2
    logs = document(zhida("logs", "api", "--lines", "3", "--json"))
    assert set(logs["logs"]) <= {"api.log", "api.out"}
    assert zhida("logs", "nothing").returncode == 2
    address = document(zhida("link", "--json"))["address"]
    assert address.startswith(f"{running_instance.url}/link/")


def test_the_doctor_of_a_running_instance(zhida: Zhida, running_instance: RunningInstance) -> None:
    done = zhida("doctor", "--json", ZHIDA_RETRIEVAL__TOP_K="7")
    report = document(done)
    assert report["healthy"]
    health = {check["name"]: check["health"] for check in report["checks"]}
    assert {"instance", "instance: database", "instance: embedding", "data directory", "port"} <= set(health)
    assert set(health.values()) <= {"ok", "warning"}
    settings = {setting["variable"]: setting for setting in report["settings"]}
    assert settings["ZHIDA_RETRIEVAL__TOP_K"] == {
        "variable": "ZHIDA_RETRIEVAL__TOP_K",
        "value": 7,
        "origin": "environment",
    }
    assert settings["ZHIDA_HTTP__JSON_BYTES_MAX"]["origin"] == "default"
    assert running_instance.environment["ZHIDA_ADMIN_PASSWORD"] not in done.stdout


def test_the_doctor_finds_what_is_wrong_where_nothing_runs(tmp_path: Path, running_instance: RunningInstance) -> None:
    environment = running_instance.environment | {
        "ZHIDA_DATA_DIR": str(tmp_path / "data"),
        "ZHIDA_DATABASE__URL": "postgresql://zhida:horse-battery@127.0.0.1:9/zhida",
        "ZHIDA_INFERENCE__EMBEDDING__MODEL": "never-pulled",
        "ZHIDA_INFERENCE__CHAT__BASE_URL": "http://127.0.0.1:9/v1",
        "ZHIDA_INFERENCE__CHAT__MODEL": "m",
        "ZHIDA_RETREIVAL__TOP_K": "7",
    }
    done = call(environment, ["doctor", "--json"])
    assert done.returncode == 8
    assert "horse-battery" not in done.stdout
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    failed = {name for name, check in checks.items() if check["health"] == "failed"}
    assert failed == {"database", "embedding", "chat", "port"}
    assert "ZHIDA_RETREIVAL__TOP_K" in checks["settings"]["detail"]
    assert not (tmp_path / "data").exists()
    invalid = call(environment | {"ZHIDA_PORT": "many"}, ["doctor"])
    assert invalid.returncode == 8
    assert "ZHIDA_PORT" in invalid.stdout


def test_a_remote_instance_is_reached_by_address_and_key(running_instance: RunningInstance, tmp_path: Path) -> None:
    environment = running_instance.environment | {
        "ZHIDA_DATA_DIR": str(tmp_path / "elsewhere"),
        "ZHIDA_URL": running_instance.url + "/",
        "ZHIDA_KEY": running_instance.api_key,
    }
    assert document(call(environment, ["kb", "list", "--json"]))["items"]
    assert document(call(environment, ["doctor", "--json"]))["healthy"]
    wrong = call(environment | {"ZHIDA_KEY": "zk_wrong"}, ["kb", "list"])
    assert (wrong.returncode, wrong.stdout) == (3, "")
    assert not (tmp_path / "elsewhere").exists()


def test_variables_may_stand_in_a_file(running_instance: RunningInstance, tmp_path: Path) -> None:
    environment = running_instance.environment
    (tmp_path / ".env").write_text(f"ZHIDA_DATA_DIR={environment.pop('ZHIDA_DATA_DIR')}\n")
    assert document(call(environment, ["kb", "list", "--json"], folder=tmp_path))["items"]


def test_a_reader_that_leaves_early_ends_a_command_quietly(running_instance: RunningInstance) -> None:
    process = subprocess.Popen(
        [*ZHIDA, "doctor", "--json"],
        env=running_instance.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(60), said) == (130, b"")


def on_a_terminal(environment: dict[str, str], *arguments: str) -> str:
    """What a person sees; the command has a terminal of its own."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*ZHIDA, *arguments],
        env=environment | {"TERM": "xterm-256color", "COLUMNS": "120"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        readable, _, _ = select.select([ours], [], [], 0.1)
        if readable:
            try:
                piece = os.read(ours, 1 << 16)
            except OSError:  # the other side is closed
                break
            if not piece:
                break
            seen += piece
    os.close(ours)
    assert process.wait(10) == 0, seen.decode()
    return seen.decode().replace("\r\n", "\n")


def test_a_terminal_sees_bars_columns_and_a_streamed_answer(
    zhida: Zhida, running_instance: RunningInstance, folder: Path
) -> None:
    (folder / "broken.pdf").unlink()
    document(zhida("kb", "create", "shown", "--json"))
    environment = {name: value for name, value in running_instance.environment.items() if name != "NO_COLOR"}
    brought = on_a_terminal(environment, "ingest", str(folder), "--kb", "shown")
    assert "shown: 2 ready\n" in brought
    listed = on_a_terminal(environment, "kb", "list")
    assert "NAME" in listed
    assert "\x1b[" in listed
    assert "\x1b[" not in on_a_terminal(environment | {"NO_COLOR": "1"}, "kb", "list")
    answer = on_a_terminal(environment, "ask", "How long does the warranty of the kettle last?", "--kb", "shown")
    assert "thirty months. [1]\n" in answer
    assert "files/warranty.md › Warranty" in answer


def test_ctrl_c_is_quiet(running_instance: RunningInstance) -> None:
    process = subprocess.Popen(
        [*ZHIDA, "logs", "--follow"],
        env=running_instance.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (130, b"")
