"""The locks pin every file by its hash and name no host: the same files come through any mirror."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

_LOCKS = sorted((ROOT / "locks").glob("*.txt"))


@pytest.mark.parametrize("lock", _LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_no_host(lock: Path) -> None:
    assert not re.search(r"://|--(extra-)?index|--find-links|--trusted-host", lock.read_text(encoding="utf-8"))


@pytest.mark.parametrize("lock", _LOCKS, ids=lambda lock: lock.name)
def test_every_requirement_has_a_version_and_a_hash(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    requirements = [line for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)]
    assert requirements
    assert all("==" in line and "--hash=sha256:" in line for line in requirements)


def test_the_page_s_lock_names_no_host() -> None:
    lock = ROOT / "web" / "package-lock.json"
    assert not lock.exists() or '"resolved": "http' not in lock.read_text(encoding="utf-8")


def test_everything_that_is_declared_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    locked = set(_names((ROOT / "locks" / "dev.txt").read_text(encoding="utf-8").splitlines()))
    groups = project["dependency-groups"]
    declared = [line for name in ("build", "dev", "page") for line in groups[name] if isinstance(line, str)]
    missing = {name for name in _names([*project["project"]["dependencies"], *declared]) if name not in locked}
    assert not missing, "make lock resolves them"


def test_no_deep_learning_framework_is_installed_with_us() -> None:
    everything = "\n".join(lock.read_text(encoding="utf-8") for lock in _LOCKS)
    assert not re.search(r"^(torch|tensorflow|jax|nvidia-\S+|transformers)==", everything, re.MULTILINE)


def _names(lines: list[str]) -> list[str]:
    found = (re.match(r"([A-Za-z0-9][A-Za-z0-9._-]*)", line) for line in lines)
    return [re.sub(r"[-_.]+", "-", match[1]).lower() for match in found if match]
