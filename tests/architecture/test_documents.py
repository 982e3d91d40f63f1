"""The documents are true where a machine can tell: links lead somewhere, commands exist."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGE, ROOT, modules

_SKIP = {".venv", "node_modules", ".git", ".zhida"}
_DOCUMENTS = sorted(
    path for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")] if not _SKIP.intersection(path.parts)
)


@pytest.mark.parametrize("document", _DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_the_documents_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target and not target.startswith("mailto:")]
    missing = [target for target in local if not (document.parent / target).exists()]
    assert not missing


@pytest.mark.parametrize("document", [ROOT / "README.md", ROOT / "README.zh-CN.md", ROOT / "CONTRIBUTING.md"])
def test_make_commands_in_the_documents_exist(document: Path) -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = set(re.findall(r"make (\w+)", listed))
    named = set(re.findall(r"(?:^|`)(?:CI=true )?make (\w+)", document.read_text(encoding="utf-8"), re.MULTILINE))
    assert named
    assert named <= targets


def test_every_room_has_its_question_in_the_map() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    folders = [path.name for path in PACKAGE.iterdir() if path.is_dir() and (path / "__init__.py").exists()]
    missing = [name for name in folders if f"`{name}/`" not in text]
    assert not missing, "ARCHITECTURE.md lists every folder, in import order, with the question it answers"


def test_documents_that_the_code_names_exist() -> None:
    named = {name for module in modules() for name in re.findall(r"\bdocs/[\w./-]+\.md\b", module.text)}
    assert named
    assert not [name for name in named if not (ROOT / name).exists()]


def test_every_package_that_we_depend_on_is_in_the_decision_about_them() -> None:
    decision = (ROOT / "docs" / "decisions" / "0006-dependencies.md").read_text(encoding="utf-8").lower()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.split(r"[\[<>=; ]", line, maxsplit=1)[0].lower() for line in project["dependencies"]]
    assert not [name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", decision)]
