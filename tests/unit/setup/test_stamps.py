"""A step is done again exactly when what it was made from has changed."""

from pathlib import Path

import pytest

from deploy.setup import stamps


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree of its own, so that this checkout's environment stays as it is."""
    monkeypatch.setattr(stamps, "ROOT", tmp_path)
    monkeypatch.setattr(stamps, "_STAMPS", tmp_path / ".venv" / ".zhida")
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "page.ts").write_text("one", encoding="utf-8")
    return tmp_path


def test_a_changed_file_changes_the_mark(tree: Path) -> None:
    before = stamps.fingerprint([tree / "web"])
    (tree / "web" / "page.ts").write_text("two", encoding="utf-8")
    assert stamps.fingerprint([tree / "web"]) != before


def test_a_file_that_moved_changes_the_mark(tree: Path) -> None:
    before = stamps.fingerprint([tree / "web"])
    (tree / "web" / "page.ts").rename(tree / "web" / "other.ts")
    assert stamps.fingerprint([tree / "web"]) != before


def test_a_step_is_done_until_it_is_forgotten(tree: Path) -> None:
    stamps.mark_done("page", "a")
    assert stamps.is_done("page", "a")
    assert not stamps.is_done("page", "b")
    stamps.forget("page")
    assert not stamps.is_done("page", "a")
