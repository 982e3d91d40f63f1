"""What goes wrong at a terminal is one line and an exit code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import zhida
from zhida.cli.errors import EXIT_CODES, EXIT_UNFORESEEN, FileUnreadableError, RefusedError, exit_code
from zhida.errors import Kind


def run(*arguments: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZHIDA_")}
    return subprocess.run(
        [sys.executable, "-m", "zhida.cli", *arguments],
        cwd=folder,
        env={**kept, "ZHIDA_DATA_DIR": str(folder / "data"), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_version_is_printed(tmp_path: Path) -> None:
    assert run("--version", folder=tmp_path).stdout == f"zhida {zhida.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("keys", "list"), "zhida: No such command 'keys'. Did you mean 'key'? "),
        (("kb", "create"), "zhida: Missing argument 'name'. "),
        (("search", "x", "--kb", "a", "--top", "11"), "zhida: Invalid value for '--top': 11 is too large. "),
        (("search", "x", "--kb", "a", "--top", "many"), "zhida: Invalid value for '--top': 'many' is no number. "),
        (("search", "x", "--kb", "a", "--profile", "y"), "zhida: Invalid value for '--profile': 'y' is not one of "),
        (("logs", "--follow", "--json"), "zhida: --follow has no end and --json is one document. "),
        (("kb", "list", "--jsom"), "zhida: No such option: --jsom"),
    ],
)
def test_what_cannot_be_meant_is_one_line_with_advice(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = run(*arguments, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1


def test_a_group_alone_shows_its_help(tmp_path: Path) -> None:
    done = run("kb", folder=tmp_path)
    assert done.returncode == 2
    assert "Create a knowledge base." in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [("link",), ("link", "--json")])
def test_a_link_needs_a_running_instance(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = run(*command, folder=tmp_path)
    assert (done.returncode, done.stdout) == (7, "")
    assert done.stderr == f"zhida: No instance of {tmp_path / 'data'} runs. Start it with “zhida up”.\n"


def test_stopping_what_does_not_run_is_no_error(tmp_path: Path) -> None:
    done = run("stop", "--json", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, '{"stopped": false, "pid": null}\n')


def test_a_remote_instance_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    done = run("kb", "list", folder=tmp_path, ZHIDA_URL="http://127.0.0.1:9", ZHIDA_KEY="zk_x")
    assert (done.returncode, done.stdout) == (7, "")
    assert done.stderr.startswith("zhida: http://127.0.0.1:9 cannot be reached: Connection refused.")


@pytest.mark.parametrize(
    ("url", "key", "said"),
    [
        ("http://127.0.0.1:9", "", "zhida: ZHIDA_URL is set, ZHIDA_KEY is not."),
        ("127.0.0.1:9", "zk_x", "zhida: 127.0.0.1:9 is no address."),
        ("http://127.0.0.1:9", "钥匙", "zhida: The key has characters that no key has."),
    ],
)
def test_a_remote_instance_needs_an_address_and_a_key(tmp_path: Path, url: str, key: str, said: str) -> None:
    done = run("kb", "list", folder=tmp_path, ZHIDA_URL=url, ZHIDA_KEY=key)
    assert done.returncode == 2
    assert done.stderr.startswith(said)


def test_a_data_directory_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    done = run("kb", "list", folder=tmp_path)
    assert (done.returncode, done.stdout) == (7, "")
    assert done.stderr.startswith(f"zhida: The data directory {tmp_path / 'data'} cannot be used")


def test_every_kind_of_error_has_an_exit_code() -> None:
    assert set(EXIT_CODES) == set(Kind)
    assert not {0, EXIT_UNFORESEEN} & set(EXIT_CODES.values())


@pytest.mark.parametrize(
    ("status", "code"), [(400, 2), (401, 3), (403, 3), (404, 4), (409, 5), (413, 2), (422, 2), (429, 6), (503, 7)]
)
def test_a_status_decides_the_exit_code(status: int, code: int) -> None:
    assert exit_code(RefusedError("No.", status=status)) == code


def test_an_error_of_ours_has_its_kind_s_code_and_any_other_is_unforeseen() -> None:
    assert exit_code(FileUnreadableError("No.")) == EXIT_CODES[Kind.INVALID]
    assert exit_code(ValueError()) == EXIT_UNFORESEEN
