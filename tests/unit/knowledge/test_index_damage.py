"""Files that were damaged are noticed: never a wrong answer, and never a crash of the process that maps them."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.contract.index_world import HANDBOOK, MODEL, asking, change, dense, lexical, row
from zhida.knowledge import IndexDamagedError
from zhida.knowledge.adapters.local_files import IndexLockedError
from zhida.knowledge.adapters.local_manifest import MANIFEST_FILE, read_manifest
from zhida.knowledge.adapters.local_options import LocalIndexOptions
from zhida.knowledge.adapters.local_reader import LocalSearchIndex, LocalSearchIndexes
from zhida.knowledge.adapters.local_writer import LocalIndexWriters

OPTIONS = LocalIndexOptions(check_interval=timedelta(0), delta_rows_min=4, graph_from_rows=12)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An index with everything: a graph, a delta, deletions, lexical files."""
    writer = LocalIndexWriters(tmp_path, OPTIONS).open(HANDBOOK, MODEL)
    writer.apply([change(1, *(row(key, "cat") for key in range(1, 31)))])
    assert writer.compact()
    writer.apply([change(2, row(50, "cat", version=2))])
    writer.apply([change(3, row(51, "cat", version=3), retracted=(2,))])
    writer.close()
    return tmp_path


def reader(root: Path) -> LocalSearchIndex:
    return LocalSearchIndexes(root, OPTIONS).open(HANDBOOK, MODEL)


def files(root: Path) -> list[Path]:
    """Every file that counts and has content."""
    folder = next(root.glob("*/*/"))
    named = [folder / name for name in (*read_manifest(folder).names(), MANIFEST_FILE)]
    below = [path for entry in named for path in ([entry] if entry.is_file() else entry.iterdir())]
    return sorted(path for path in below if path.stat().st_size and not path.name.startswith("."))


def torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flipped_at_the_start(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[3] ^= 0x10
    path.write_bytes(content)


def flipped_in_the_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(content)


def missing(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("damage", [torn, flipped_at_the_start, flipped_in_the_middle, missing])
def test_a_writer_refuses_an_index_of_which_any_file_is_damaged(root: Path, damage: Callable[[Path], None]) -> None:
    kinds: set[str] = set()
    for path in files(root):
        content = path.read_bytes()
        damage(path)
        with pytest.raises(IndexDamagedError):
            LocalIndexWriters(root, OPTIONS).open(HANDBOOK, MODEL)
        path.write_bytes(content)
        kinds.add(path.name.partition("-")[0])
    assert {"base", "delta", "deleted", "manifest.json", "meta.json"} <= kinds
    LocalIndexWriters(root, OPTIONS).open(HANDBOOK, MODEL).close()


@pytest.mark.parametrize("damage", [torn, missing])
def test_a_reader_refuses_a_file_that_is_torn_or_missing(root: Path, damage: Callable[[Path], None]) -> None:
    for path in files(root):
        content = path.read_bytes()
        damage(path)
        with pytest.raises(IndexDamagedError):
            reader(root).search(asking("cat", near=1))
        path.write_bytes(content)
    assert reader(root).search(asking("cat", near=1)).revision == 3


def test_a_reader_refuses_a_damaged_head_of_any_file_it_trusts(root: Path) -> None:
    for path in files(root):
        if path.name.startswith(("base", "delta", "deleted", "manifest", "meta")):
            content = path.read_bytes()
            flipped_at_the_start(path)
            with pytest.raises(IndexDamagedError):
                reader(root).search(asking("cat", near=1))
            path.write_bytes(content)


def test_a_damaged_index_answers_again_after_its_rebuild(root: Path) -> None:
    watching = reader(root)
    torn(next(root.glob("*/*/manifest.json")))
    for _ in range(2):
        with pytest.raises(IndexDamagedError):
            watching.search(asking("cat"))
    with pytest.raises(IndexDamagedError):
        watching.revision()
    writers = LocalIndexWriters(root, OPTIONS)
    writers.drop(HANDBOOK, MODEL)
    writer = writers.open(HANDBOOK, MODEL)
    writer.rebuild([row(7, "cat")], 9)
    result = watching.search(asking("cat", near=7))
    assert (lexical(result), dense(result), result.revision) == ([7], [7], 9)
    writer.close()


def test_a_report_of_a_damaged_index_says_so(root: Path) -> None:
    writer = LocalIndexWriters(root, OPTIONS).open(HANDBOOK, MODEL)
    assert writer.report().healthy
    flipped_in_the_middle(next(root.glob("*/*/base-*.vectors")))
    assert not writer.report().healthy
    writer.close()


def test_an_index_has_one_writer(root: Path) -> None:
    writers = LocalIndexWriters(root, OPTIONS)
    writer = writers.open(HANDBOOK, MODEL)
    with pytest.raises(IndexLockedError):
        writers.open(HANDBOOK, MODEL)
    with pytest.raises(IndexLockedError):
        writers.drop(HANDBOOK, MODEL)
    writer.close()
    writers.open(HANDBOOK, MODEL).close()


def test_closed_readers_open_again_by_themselves(root: Path) -> None:
    indexes = LocalSearchIndexes(root, LocalIndexOptions(open_indexes=1, check_interval=timedelta(0)))
    first, second = indexes.open(HANDBOOK, MODEL), indexes.open(HANDBOOK, "other")
    for _ in range(3):
        assert first.search(asking("cat")).revision == 3
        assert second.search(asking("cat")).revision == 0
    indexes.close()
    assert first.search(asking("cat")).revision == 3


def test_a_vector_of_another_length_is_refused_and_changes_nothing(root: Path) -> None:
    writer = LocalIndexWriters(root, OPTIONS).open(HANDBOOK, MODEL)
    wrong = row(90, "cat", version=9)
    wrong = type(wrong)(wrong.key, wrong.version_key, wrong.access_list_id, "", "cat", wrong.embedding[:4])  # type: ignore[index]
    with pytest.raises(ValueError, match="dimensions"):
        writer.apply([change(4, wrong)])
    assert writer.revision() == 3
    writer.apply([change(4, row(91, "cat", version=9))])
    result = reader(root).search(asking("cat", near=1, k=100))
    assert sorted(lexical(result)) == sorted(dense(result)) == [*range(1, 31), 51, 91]
    writer.close()
