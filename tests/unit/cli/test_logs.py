"""The last lines of log files."""

from pathlib import Path

import pytest

from zhida.cli.logs import last_lines


@pytest.mark.parametrize(("count", "expected"), [(0, []), (1, ["c"]), (2, ["b", "c"]), (9, ["a", "b", "c"])])
def test_the_last_lines_are_read(tmp_path: Path, count: int, expected: list[str]) -> None:
    file = tmp_path / "api.log"
    file.write_text("a\nb\nc\n")
    assert last_lines(file, count) == expected


def test_a_long_log_is_not_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "api.log"
    file.write_text("x" * (3 << 20) + "\nlast\n")
    found = last_lines(file, 5)
    assert found[-1] == "last"
    assert sum(map(len, found)) <= 1 << 20
