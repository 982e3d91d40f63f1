"""A room is known by its face: one question, one list of names, and the only way in from outside."""

import ast

import pytest

from tests.architecture.tree import DOORS, Module, modules, rooms

# Rooms that nobody imports by a face: kit is a drawer of small tools, each imported by its own name.
_WITHOUT_A_FACE = {"kit"}


@pytest.mark.parametrize("face", rooms(), ids=lambda face: face.name)
def test_a_face_asks_its_one_question(face: Module) -> None:
    said = ast.get_docstring(face.syntax) or ""
    assert said.count("?") == 1, f"{face.path} opens with the one question the room answers; it asks {said.count('?')}"


@pytest.mark.parametrize(
    "face", [face for face in rooms() if face.room not in DOORS | _WITHOUT_A_FACE], ids=lambda face: face.name
)
def test_a_face_says_what_may_be_imported(face: Module) -> None:
    names = {target.id for node in face.syntax.body for target in _assigned(node)}
    assert "__all__" in names, f"{face.path} lists what others may import, so that everything else stays free to change"


def test_another_room_is_entered_by_its_face_only() -> None:
    faces = {face.room for face in rooms()} - _WITHOUT_A_FACE
    entered = [
        f"{module.at(node)} imports {target}"
        for module in modules()
        for node, target in _imports(module)
        for room in [target.removeprefix("zhida.").partition(".")[0]]
        if room in faces and room != module.room and target.count(".") > 1 and not _may_enter(module, target)
    ]
    assert not entered, "a room whose inside is known outside can no longer change it:\n" + "\n".join(entered)


def _may_enter(module: Module, target: str) -> bool:
    """Bootstrap plugs the adapters in; it and the command line also start the doors by their modules."""
    return module.room == "bootstrap" and target.split(".")[2] == "adapters"


def _imports(module: Module) -> list[tuple[ast.stmt, str]]:
    found: list[tuple[ast.stmt, str]] = []
    for node in ast.walk(module.syntax):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("zhida."):
            found.append((node, node.module))
        if isinstance(node, ast.Import):
            found += [(node, alias.name) for alias in node.names if alias.name.startswith("zhida.")]
    return found


def _assigned(node: ast.stmt) -> list[ast.Name]:
    if isinstance(node, ast.Assign):
        return [target for target in node.targets if isinstance(target, ast.Name)]
    return [node.target] if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) else []
