"""One word per idea: the words that docs/glossary.md puts aside are in none of our names."""

import re

import pytest

from tests.architecture.test_habits import names_defined
from tests.architecture.tree import PACKAGE, ROOT, Module, modules

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


def banned_words() -> frozenset[str]:
    """What stands in code in the table's last column, or in the line below it about names."""
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = [line.rsplit("|", 2)[1] for line in text.splitlines() if line.startswith("|")]
    names = text.partition("Not in any name of ours")[2].partition("`Base`")[0]
    return frozenset(word.lower() for part in [*rows, names] for word in re.findall(r"`([a-z]+)`", part))


def words(name: str) -> list[str]:
    """The words of a snake_case or CamelCase name, in lower case."""
    return [word.lower() for part in name.split("_") for word in _WORD.findall(part)]


@pytest.mark.parametrize(
    ("name", "expected"), [("readable_lists", ["readable", "lists"]), ("OnnxTextModel", ["onnx", "text", "model"])]
)
def test_a_name_is_split_into_its_words(name: str, expected: list[str]) -> None:
    assert words(name) == expected


def test_the_glossary_bans_something() -> None:
    assert {"dataset", "chunklet", "manager"} & banned_words() == {"dataset", "manager"}


def test_no_banned_word_is_in_a_name_of_ours() -> None:
    banned = banned_words()
    found = [
        f"{module.at(node)} {name}: {', '.join(sorted(banned.intersection(words(name))))}"
        for module in modules()
        for node, name in names_defined(module)
        if banned.intersection(words(name)) and not _speaks_for_others(module)
    ]
    assert not found, "docs/glossary.md says which word to use:\n" + "\n".join(found)


def test_no_package_has_a_banned_word_for_a_name() -> None:
    names = {part for module in modules() for part in module.path.relative_to(PACKAGE).with_suffix("").parts}
    found = sorted(name for name in names if banned_words().intersection(words(name)))
    assert not [name for name in found if name != "kb"], found


def test_no_class_is_called_base() -> None:
    found = [
        f"{module.at(node)} {name}"
        for module in modules()
        for node, name in names_defined(module)
        if not _speaks_for_others(module)
        and name[:1].isupper()
        and "base" in (words(name)[0], words(name)[-1])
        and not name.endswith("KnowledgeBase")
    ]
    assert not found, "say what it is, not that others inherit from it:\n" + "\n".join(found)


def _speaks_for_others(module: Module) -> bool:
    """``zhida kb create`` is a contract with people who type; adapters speak to vendors in the vendors' words."""
    return module.room == "cli" or ".adapters" in module.name
