"""The doctor knows where each setting comes from, and shows no secret."""

import os
from pathlib import Path
from typing import Any

import pytest

from zhida.cli.origins import Origin, SettingLine, setting_lines, unread
from zhida.settings import Settings, read_settings


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("ZHIDA_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def lines(monkeypatch: pytest.MonkeyPatch, file: str = "", **environment: str) -> dict[str, SettingLine]:
    Path(".env").write_text(file)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stated = dict(line.split("=", 1) for line in file.splitlines())
    return {line.variable: line for line in setting_lines(read_settings(), environment, stated)}


def test_every_setting_is_listed_once_and_is_a_default_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    found = lines(monkeypatch)
    assert {line.origin for line in found.values()} == {Origin.DEFAULT}
    assert found["ZHIDA_PORT"].value == 8000
    assert len(found) > len(Settings.model_fields)


@pytest.mark.parametrize(
    ("environment", "file", "value", "origin"),
    [
        ({"ZHIDA_RETRIEVAL__TOP_K": "7"}, "", 7, Origin.ENVIRONMENT),
        ({"ZHIDA_RETRIEVAL": '{"top_k": 7}'}, "", 7, Origin.ENVIRONMENT),
        ({}, "ZHIDA_RETRIEVAL__TOP_K=8", 8, Origin.FILE),
        ({"ZHIDA_RETRIEVAL__TOP_K": "7"}, "ZHIDA_RETRIEVAL__TOP_K=8", 7, Origin.ENVIRONMENT),
        ({"ZHIDA_RETRIEVAL__LEXICAL_K": "9"}, "", 5, Origin.DEFAULT),
    ],
)
def test_a_setting_comes_from_where_it_was_set(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], file: str, value: Any, origin: Origin
) -> None:
    line = lines(monkeypatch, file, **environment)["ZHIDA_RETRIEVAL__TOP_K"]
    assert (line.value, line.origin) == (value, origin)


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    found = lines(
        monkeypatch,
        ZHIDA_ADMIN_PASSWORD="horse-battery",
        ZHIDA_DATABASE__URL="postgresql://u:horse-battery@h/d",
        ZHIDA_INFERENCE__MODEL_MIRROR_URL="https://me:horse-battery@mirror.test",
    )
    assert "horse-battery" not in str(found)
    assert found["ZHIDA_INFERENCE__MODEL_MIRROR_URL"].value == "https://…@mirror.test"


def test_a_misspelt_variable_is_found() -> None:
    environment = {"ZHIDA_RETREIVAL__TOP_K": "7", "ZHIDA_RETRIEVAL": "{}", "ZHIDA_KEY": "k", "HOME": "/"}
    assert unread(environment, {"ZHIDA_PORTT": "1"}) == ["ZHIDA_PORTT", "ZHIDA_RETREIVAL__TOP_K"]
