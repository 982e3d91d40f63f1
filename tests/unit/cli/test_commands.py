"""The table of commands says what the commands say themselves, and imports none of them before its time."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from zhida.cli.commands import ENTRIES, command_of

HEAVY = ("pydantic", "httpx", "rich", "numpy", "faiss", "onnxruntime", "fastapi", "zhida.bootstrap", "zhida.settings")
RUN_UNTIL_STOPPED = {"worker"}
ATTACHED = ("kb", "search", "ask", "user", "key", "job", "index", "link", "stop", "logs")


def leaves(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield path, command
        return
    for name, inner in below.items():
        yield from leaves(inner, f"{path} {name}")


@pytest.mark.parametrize("name", ENTRIES)
def test_a_list_shows_the_first_line_of_a_command_s_own_help(name: str) -> None:
    assert command_of(name).help.splitlines()[0] == ENTRIES[name].help


@pytest.mark.parametrize("name", [name for name in ENTRIES if name not in RUN_UNTIL_STOPPED])
def test_every_command_can_answer_in_json(name: str) -> None:
    without = [
        path
        for path, leaf in leaves(command_of(name), name)
        if not any("--json" in param.opts for param in leaf.params)
    ]
    assert not without


@pytest.mark.parametrize("name", ENTRIES)
def test_every_command_and_option_says_what_it_is_for(name: str) -> None:
    for path, leaf in leaves(command_of(name), name):
        assert leaf.help, path
        assert all(param.help for param in leaf.params), path


def test_attached_commands_import_nothing_heavy() -> None:
    code = (
        "import sys; from zhida.cli.commands import command_of;"
        f"[command_of(name) for name in {ATTACHED!r}];"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_parsing_a_command_line_imports_nothing_heavy() -> None:
    code = (
        "import sys; from zhida.cli.app import main; sys.argv = ['zhida', 'key', 'create', '--name', 'n', '--kb', 'a',"
        " '--expires-in', 'never'];\n"
        "try: main()\n"
        f"finally: print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]"
    assert done.returncode == 2
    assert done.stderr == "zhida: “never” is no duration. Say 30m, 12h, 90d or 4w.\n"
