"""Small habits that no ready-made linter knows, each with what it guards against."""

import ast
import re

from tests.architecture.tree import DOORS, ROOT, Module, modules, type_of_function

# Where an unknown failure must not end the process: the doors, and the loops they run.
_MAY_CATCH_ALL = DOORS | {"jobs", "bootstrap"}
_BROAD = {"Exception", "BaseException"}
_FRAMEWORKS_CALL = DOORS | {"migrations"}  # they pass arguments by name


def test_no_import_hides_inside_a_function() -> None:
    """A hidden import is how a ring of modules is kept alive: the program starts, and nobody can move a file."""
    hidden = [
        module.at(node)
        for module in modules()
        for function in module.functions()
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not hidden, "\n".join(hidden)


def test_only_the_doors_and_the_job_loop_catch_everything() -> None:
    """A broad except in a room turns a bug into a wrong answer; at the door it turns it into a report."""
    broad = [
        module.at(node)
        for module in modules()
        if module.room not in _MAY_CATCH_ALL
        for node in ast.walk(module.syntax)
        if isinstance(node, ast.ExceptHandler) and _is_broad(node) and not _raises_again(node)
    ]
    assert not broad, "name the errors that are expected here:\n" + "\n".join(broad)


def test_every_module_opens_by_saying_what_it_is_for() -> None:
    silent = [str(module.path.relative_to(ROOT)) for module in modules() if not ast.get_docstring(module.syntax)]
    assert not silent, "\n".join(silent)


def test_nothing_is_left_for_later_in_the_code() -> None:
    """A note to oneself is an issue that nobody will find."""
    marker = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    left = [
        f"{module.path.relative_to(ROOT)}:{number}"
        for module in modules()
        for number, line in enumerate(module.text.splitlines(), 1)
        if marker.search(line)
    ]
    assert not left, "\n".join(left)


def test_arguments_past_three_are_passed_by_name() -> None:
    """``search(query, 10, 5, 3)`` cannot be read, and two numbers in the wrong order cannot be seen.

    A constructor is handed ports, each of another type: the type checker sees an exchange.
    """
    long = [
        f"{module.at(function)} {function.name}"
        for module in modules()
        if module.room not in _FRAMEWORKS_CALL
        for function in module.functions()
        if function.name != "__init__" and len(_positional(function)) > 3
    ]
    assert not long, "\n".join(long)


def test_nobody_patches() -> None:
    """``mock.patch`` says that a port is missing: the test reaches for what it should have been handed."""
    call = re.compile(r"^[^\"'`#]*(mock\.patch|@patch\()", re.MULTILINE)
    tests = (ROOT / "tests").rglob("*.py")
    patching = [str(path.relative_to(ROOT)) for path in tests if call.search(path.read_text(encoding="utf-8"))]
    assert not patching, "\n".join(patching)


def _positional(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    names = [argument.arg for argument in [*function.args.posonlyargs, *function.args.args]]
    return [name for name in names if name not in {"self", "cls"}]


def _is_broad(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(name is None or (isinstance(name, ast.Name) and name.id in _BROAD) for name in caught)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    """Cleaning up and raising the same error again hides nothing."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def names_defined(module: Module) -> list[tuple[ast.stmt, str]]:
    """Every class, function and field of a module that is ours to name."""
    found: list[tuple[ast.stmt, str]] = []
    for node in ast.walk(module.syntax):
        if isinstance(node, (*type_of_function, ast.ClassDef)):
            found.append((node, node.name))
        if isinstance(node, ast.ClassDef):
            found += [
                (field, field.target.id)
                for field in node.body
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
            ]
    return found
