"""The plan holds: floors, rings, rooms and vendors, as ``.importlinter`` says them."""

import configparser
import subprocess
import sys

from tests.architecture.tree import ROOT


def test_every_import_contract_is_kept() -> None:
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
        "--no-logo",
        "--no-cache",
    ]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_no_contract_ignores_an_import() -> None:
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter", encoding="utf-8")
    ignoring = [name for name in contracts.sections() if contracts.has_option(name, "ignore_imports")]
    assert not ignoring, "an exception is where every tangled plan began; move the code, or change the plan in an ADR"
