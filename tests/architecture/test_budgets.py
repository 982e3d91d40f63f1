"""Things stay small enough to be read whole."""

import statistics
import subprocess
import sys

from tests.architecture.tree import ROOT, modules

_FILE_LINES, _FILE_MEDIAN = 500, 120
_FUNCTION_LINES, _FUNCTION_P90 = 80, 35


def test_no_file_is_long_and_most_are_short() -> None:
    lines = {module.path.relative_to(ROOT): module.text.count("\n") for module in modules()}
    long = {path: count for path, count in lines.items() if count > _FILE_LINES}
    assert not long, long
    assert statistics.median(lines.values()) <= _FILE_MEDIAN


def test_no_function_is_long_and_most_are_short() -> None:
    lengths = {
        f"{module.at(function)} {function.name}": (function.end_lineno or function.lineno) - function.lineno + 1
        for module in modules()
        for function in module.functions()
    }
    long = {place: length for place, length in lengths.items() if length > _FUNCTION_LINES}
    assert not long, long
    assert statistics.quantiles(lengths.values(), n=10)[-1] <= _FUNCTION_P90


def test_no_function_has_many_paths() -> None:
    command = [sys.executable, "-m", "ruff", "check", "--quiet", "--select", "C901", "src", "deploy", "tests"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
