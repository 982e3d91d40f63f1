"""A writer that is killed at any step leaves the state before or the state after, and the next writer goes on."""

import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.contract.index_world import HANDBOOK, MODEL, asking, change, dense, lexical, row
from zhida.knowledge.adapters.local_options import LocalIndexOptions
from zhida.knowledge.adapters.local_reader import LocalSearchIndexes
from zhida.knowledge.adapters.local_writer import LocalIndexWriters

KILLED_WRITER = """
import os, signal, sys
from pathlib import Path
from tests.integration.indexer.test_crash import options, write

steps_left = int(sys.argv[2])

def after_step(name):
    global steps_left
    steps_left -= 1
    if steps_left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

write(Path(sys.argv[1]), options(after_step))
"""


def options(after_step: Callable[[str], None] = lambda _: None) -> LocalIndexOptions:
    return LocalIndexOptions(
        check_interval=timedelta(0), delta_rows_min=4, graph_from_rows=12, deleted_rows_min=2, after_step=after_step
    )


def write(root: Path, with_options: LocalIndexOptions) -> None:
    """Go on from wherever the index stands to revision 9: version n lives from revision n to n + 3; then rebuild."""
    writer = LocalIndexWriters(root, with_options).open(HANDBOOK, MODEL)
    for revision in range(writer.revision() + 1, 10):
        rows = [row(revision * 10 + i, "cat", version=revision) for i in range(3)]
        writer.apply([change(revision, *rows, retracted=(max(0, revision - 3),))])
        writer.compact()
    if writer.revision() == 9:
        writer.rebuild([row(7, "cat")], 10)
    writer.close()


def expected(revision: int) -> list[int]:
    if revision == 10:
        return [7]
    return [version * 10 + i for version in range(max(1, revision - 2), revision + 1) for i in range(3)]


@pytest.mark.parametrize("steps", [*range(8), 19, 34, 43])
def test_a_killed_writer_leaves_a_whole_state_and_the_next_one_goes_on(tmp_path: Path, steps: int) -> None:
    command = [sys.executable, "-c", KILLED_WRITER, str(tmp_path), str(steps)]
    killed = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    reader = LocalSearchIndexes(tmp_path, options()).open(HANDBOOK, MODEL)
    result = reader.search(asking("cat", near=1, k=100))
    assert sorted(lexical(result)) == sorted(dense(result)) == expected(result.revision)
    write(tmp_path, options())
    after = reader.search(asking("cat", near=1, k=100))
    assert (lexical(after), dense(after), after.revision) == ([7], [7], 10)
    left = {path.name.partition("-")[0] for path in tmp_path.glob("*/*/*")}
    assert not left & {"work"}


@pytest.mark.parametrize("seed", range(3))
def test_a_writer_that_is_killed_at_any_moment_leaves_a_whole_state(tmp_path: Path, seed: int) -> None:
    """Not between steps but in their midst: the time of the kill varies with the machine."""
    command = [sys.executable, "-c", KILLED_WRITER, str(tmp_path), "1000"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as writer:
        reader = LocalSearchIndexes(tmp_path, options()).open(HANDBOOK, MODEL)
        while reader.revision() <= 2 * seed and writer.poll() is None:
            pass
        writer.kill()
    result = reader.search(asking("cat", near=1, k=100))
    assert sorted(lexical(result)) == sorted(dense(result)) == expected(result.revision)
    write(tmp_path, options())
    assert lexical(reader.search(asking("cat", k=100))) == [7]
