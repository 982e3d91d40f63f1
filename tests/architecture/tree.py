"""The source tree as the architecture tests see it: every module with its name, text and syntax."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "zhida"
DOORS = frozenset({"api", "worker", "indexer", "embedder", "cli"})

type_of_function = (ast.FunctionDef, ast.AsyncFunctionDef)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    """One file of ours."""

    name: str
    path: Path
    text: str
    syntax: ast.Module

    @property
    def room(self) -> str:
        """The name below ``zhida`` that the module belongs to; empty for the package itself."""
        return self.name.partition(".")[2].partition(".")[0]

    @property
    def is_face(self) -> bool:
        """True for a room's ``__init__``."""
        return self.path.name == "__init__.py" and self.name.count(".") == 1

    def at(self, node: ast.stmt | ast.expr | ast.excepthandler) -> str:
        """The place of a node, to click on."""
        return f"{self.path.relative_to(ROOT)}:{node.lineno}"

    def functions(self) -> Iterator[Function]:
        """Every function and method, nested ones included."""
        for node in ast.walk(self.syntax):
            if isinstance(node, type_of_function):
                yield node


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the package, in order of path."""
    return tuple(_module(path) for path in sorted(PACKAGE.rglob("*.py")) if "page" not in path.parts)


def rooms() -> list[Module]:
    """The faces of the rooms that exist."""
    return [module for module in modules() if module.is_face]


def _module(path: Path) -> Module:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    text = path.read_text(encoding="utf-8")
    return Module(name, path, text, ast.parse(text))
