"""Commands where no instance runs: they start one, share it, and leave none behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import wait_until

ZHIDA = [sys.executable, "-m", "zhida.cli"]

pytestmark = pytest.mark.slow


def environment_of(folder: Path, **variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZHIDA_")}
    return kept | {"ZHIDA_DATA_DIR": str(folder / "data"), "ZHIDA_SAMPLE": "false", **variables}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Of commands on a data directory of this file's own."""
    own = environment_of(tmp_path_factory.mktemp("cli"), ZHIDA_ADMIN_PASSWORD="correct-horse-battery")
    yield own
    run(own, "stop")


def start(environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*ZHIDA, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=200)
    return process.returncode, out, err


def run(environment: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    return end(start(environment, *arguments))


def instance_file(environment: dict[str, str]) -> Path:
    return Path(environment["ZHIDA_DATA_DIR"]) / "run" / "instance.json"


def processes(environment: dict[str, str]) -> list[str]:
    """Command lines of every process that works on the data directory."""
    wanted = f"ZHIDA_DATA_DIR={environment['ZHIDA_DATA_DIR']}".encode()
    found: list[str] = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return [line for line in found if line]


def nothing_runs(environment: dict[str, str]) -> bool:
    return not processes(environment)


def test_the_first_command_starts_an_instance_tells_the_password_once_and_stops_it(tmp_path: Path) -> None:
    environment = environment_of(tmp_path)
    code, out, err = run(environment, "kb", "list", "--json")
    assert code == 0, err
    assert json.loads(out) == {"items": []}
    said = err.splitlines()
    assert "starting one for this command" in said[0]
    assert said[1].startswith("Administrator admin@localhost, password (shown this once): ")
    assert not instance_file(environment).exists()
    assert nothing_runs(environment)


def test_what_a_killed_instance_left_behind_is_ignored_and_two_commands_share_one_start(
    environment: dict[str, str],
) -> None:
    instance_file(environment).parent.mkdir(parents=True, exist_ok=True)
    instance_file(environment).write_text(json.dumps({"pid": os.getpid(), "address": "http://127.0.0.1:9"}))
    first = start(environment, "kb", "create", "one", "--json")
    second = start(environment, "kb", "create", "two", "--json")
    for process, name in ((first, "one"), (second, "two")):
        code, out, err = end(process)
        assert code == 0, err
        assert json.loads(out)["name"] == name
    wait_until(lambda: nothing_runs(environment), seconds=60, what="the instance ends with its last command")


def test_a_killed_command_leaves_no_instance_behind(environment: dict[str, str]) -> None:
    command = start(environment, "kb", "list")
    wait_until(lambda: instance_file(environment).exists(), seconds=180, what="its instance runs")
    command.kill()
    command.communicate()
    wait_until(lambda: nothing_runs(environment), seconds=60, what="the instance notices that nobody uses it")


def test_ctrl_c_during_a_start_is_quiet_and_stops_the_instance(environment: dict[str, str]) -> None:
    command = start(environment, "kb", "list")
    assert command.stderr is not None
    assert "starting one for this command" in command.stderr.readline()
    command.send_signal(signal.SIGINT)
    code, out, err = end(command)
    assert (code, out) == (130, "")
    assert "Traceback" not in err
    wait_until(lambda: nothing_runs(environment), seconds=60, what="nothing is left")


def test_why_an_instance_cannot_start_is_one_line(environment: dict[str, str]) -> None:
    code, out, err = run(environment | {"ZHIDA_WORKERS": "many"}, "kb", "list")
    assert (code, out) == (7, "")
    assert err.splitlines()[-1].startswith("zhida: Settings cannot be read: ZHIDA_WORKERS: ")


def test_up_in_json_a_second_up_and_stop(environment: dict[str, str]) -> None:
    running = start(environment | {"ZHIDA_PORT": "0"}, "up", "--quiet", "--json")
    assert running.stdout is not None
    welcome = json.loads(running.stdout.readline())
    assert welcome["link"].startswith(f"{welcome['address']}/link/")
    assert welcome["one_time_password"] is None
    code, out, err = run(environment | {"ZHIDA_PORT": "0"}, "up")
    assert (code, out) == (5, "")
    assert err.startswith("zhida: An instance already runs on ")
    assert instance_file(environment).exists()
    assert run(environment, "kb", "list")[0] == 0
    assert json.loads(run(environment, "stop", "--json")[1])["stopped"]
    assert running.wait(10) == 0
    running.communicate()
    assert nothing_runs(environment)
