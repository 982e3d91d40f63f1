"""Attached commands read the data directory as the settings do, without the settings."""

import os
from pathlib import Path

import pytest

from zhida.bootstrap import places
from zhida.cli.surroundings import instance_places, read_variables
from zhida.settings import read_settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.upper().startswith("ZHIDA_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("environment", "file"),
    [
        ({}, ""),
        ({"ZHIDA_DATA_DIR": "elsewhere"}, ""),
        ({"zhida_data_dir": "small"}, ""),
        ({}, "ZHIDA_DATA_DIR=from-file\n"),
        ({}, "# comment\nexport ZHIDA_DATA_DIR='with space'\n"),
        ({"ZHIDA_DATA_DIR": "environment"}, "ZHIDA_DATA_DIR=file\n"),
        ({"ZHIDA_DATA_DIR": "~/in-home"}, ""),
    ],
)
def test_both_find_the_same_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], file: str
) -> None:
    (folder / ".env").write_text(file)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    ours, theirs = instance_places(read_variables()), places(read_settings().data_dir)
    assert ours.root == theirs.root
    assert ours.instance_file == theirs.instance_file
    assert ours.local_key_file == theirs.local_key_file
    assert ours.logs == theirs.logs
