"""Which settings are there? Prints ``.env.example`` from the settings: every variable, its default, its meaning.

Called by ``make docs``, and by the test that compares the file with what is printed here.
"""

import inspect
import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from enum import Enum

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from zhida.settings import Settings

_OPENING = """\
# Every setting with its default. Copy to .env, or set the variables where Zhida starts; read once, at the start.
# Written by `make docs` from the settings: do not edit.
"""


def example() -> str:
    """The text of ``.env.example``."""
    return "\n".join([_OPENING, *_lines(Settings, "ZHIDA_", "")]) + "\n"


def variables() -> list[str]:
    """The names of all variables."""
    return re.findall(r"^# (ZHIDA_[A-Z0-9_]+)=", example(), re.MULTILINE)


def _lines(model: type[BaseModel], prefix: str, title: str) -> Iterator[str]:
    if title:
        yield f"\n# ---- {title}"
    meanings = {**_from_docstring(model), **_from_source(model)}
    for name, field in model.model_fields.items():
        nested = _nested(field)
        if nested is None:
            meaning = " ".join((field.description or meanings.get(name, "")).split())
            if meaning:
                yield f"# {meaning[0].upper()}{meaning[1:]}"
            yield f"# {prefix}{name.upper()}={_written(field.get_default(call_default_factory=True))}"
    for name, field in model.model_fields.items():
        nested = _nested(field)
        if nested is not None:
            yield from _lines(
                nested, f"{prefix}{name.upper()}__", f"{prefix}{name.upper()}".removeprefix("ZHIDA_").lower()
            )


def _nested(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _from_docstring(model: type[BaseModel]) -> dict[str, str]:
    """What a class's "Attributes:" say, by field."""
    text = inspect.cleandoc(model.__doc__ or "").partition("Attributes:")[2]
    entries = re.findall(r"^ {4}(\w[\w, ]*): (.*(?:\n {8,}.*)*)", text, re.MULTILINE)
    return {name.strip(): meaning for names, meaning in entries for name in names.split(",")}


def _from_source(model: type[BaseModel]) -> dict[str, str]:
    """The strings that stand below fields."""
    return dict(re.findall(r'^    (\w+): [^\n]*\n    """(.*?)"""', inspect.getsource(model), re.MULTILINE | re.DOTALL))


def _written(value: object) -> str:
    """A default as a variable would say it; empty where there is none."""
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, timedelta):
        return str(to_jsonable_python(value))
    if isinstance(value, (frozenset, tuple, list)):
        return str(to_jsonable_python(value)).replace("'", '"')
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    sys.stdout.write(example())
