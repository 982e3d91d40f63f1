"""Folders are walked, and what is found goes in requests that stay small."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhida.cli.errors import UnfitInputError
from zhida.cli.files import BYTES_PER_REQUEST, FILES_PER_REQUEST, LocalFile, find_files, in_requests


def write(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def names(*paths: Path) -> list[str]:
    return [file.name for file in find_files(paths)]


def test_a_file_is_named_by_its_name_and_a_folder_s_files_by_their_path(tmp_path: Path) -> None:
    single = write(tmp_path / "elsewhere" / "a.md")
    write(tmp_path / "docs" / "b.md")
    write(tmp_path / "docs" / "人事" / "休假.md")
    assert names(single, tmp_path / "docs") == ["a.md", "docs/b.md", "docs/人事/休假.md"]


def test_hidden_files_are_passed_over_in_folders_and_taken_where_named(tmp_path: Path) -> None:
    hidden = write(tmp_path / "docs" / ".secret.md")
    write(tmp_path / "docs" / ".git" / "config")
    write(tmp_path / "docs" / "Thumbs.db")
    write(tmp_path / "docs" / "a.md")
    assert names(tmp_path / "docs") == ["docs/a.md"]
    assert names(hidden) == [".secret.md"]


def test_links_are_followed_and_loops_end(tmp_path: Path) -> None:
    write(tmp_path / "docs" / "sub" / "a.md")
    write(tmp_path / "elsewhere" / "b.md")
    (tmp_path / "docs" / "sub" / "up").symlink_to(tmp_path / "docs")
    (tmp_path / "docs" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "docs" / "broken").symlink_to(tmp_path / "nowhere")
    assert names(tmp_path / "docs") == ["docs/linked/b.md", "docs/sub/a.md"]


def test_the_present_folder_has_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "docs" / "a.md")
    monkeypatch.chdir(tmp_path / "docs")
    assert names(Path()) == ["docs/a.md"]


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnfitInputError, match="does not exist"):
        find_files([tmp_path / "nothing"])


def test_a_name_that_is_no_text_is_made_one(tmp_path: Path) -> None:
    write(tmp_path / "docs" / "a\udcff.md")
    assert names(tmp_path / "docs") == ["docs/a\ufffd.md"]


@given(st.lists(st.integers(min_value=0, max_value=2 * BYTES_PER_REQUEST), max_size=200))
def test_requests_keep_order_and_stay_within_both_bounds(sizes: list[int]) -> None:
    files = [LocalFile(Path("a"), str(number), size) for number, size in enumerate(sizes)]
    groups = list(in_requests(files))
    assert [file for group in groups for file in group] == files
    for group in groups:
        assert 0 < len(group) <= FILES_PER_REQUEST
        assert len(group) == 1 or sum(file.size for file in group) <= BYTES_PER_REQUEST
