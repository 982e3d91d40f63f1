"""Where does each setting come from? For ``zhida doctor``: every variable, its value without secrets, its origin."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from zhida.settings import Settings

_PREFIX = "ZHIDA_"
_NO_SETTINGS = frozenset({"ZHIDA_URL", "ZHIDA_KEY", "ZHIDA_LISTEN_FD"})
"""Read by commands and by the supervisor's children, not by the settings."""
_USER_IN_URL = re.compile(r"://[^/@\s]+@")


class Origin(StrEnum):
    """Who set a value."""

    DEFAULT = "default"
    ENVIRONMENT = "environment"
    FILE = ".env"


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One setting.

    Attributes:
        value: as JSON; secrets are masked.
    """

    variable: str
    value: Any
    origin: Origin


def setting_lines(settings: Settings, environment: Mapping[str, str], file: Mapping[str, str]) -> list[SettingLine]:
    """Every setting. ``environment`` and ``file`` have their names in capitals."""
    return [
        SettingLine(variable_of(path), _masked(value), _origin(path, environment, file))
        for path, value in _leaves(settings.model_dump(mode="json"), ())
    ]


def unread(environment: Mapping[str, str], file: Mapping[str, str]) -> list[str]:
    """Variables that look like settings and are none: misspelt, or of another version."""
    known = {variable_of(path) for path, _ in _leaves(Settings.model_construct().model_dump(mode="json"), ())}
    groups = {"__".join(name.split("__")[:depth]) for name in known for depth in range(1, name.count("__") + 1)}
    stated = {name for source in (environment, file) for name in source if name.startswith(_PREFIX)}
    return sorted(stated - known - groups - _NO_SETTINGS)


def variable_of(path: tuple[str, ...]) -> str:
    """The variable of a setting."""
    return _PREFIX + "__".join(path).upper()


def _leaves(values: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in values.items():
        if not isinstance(value, dict):
            yield (*above, name), value
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _leaves(cast("dict[str, Any]", value), (*above, name))


def _origin(path: tuple[str, ...], environment: Mapping[str, str], file: Mapping[str, str]) -> Origin:
    for origin, source in ((Origin.ENVIRONMENT, environment), (Origin.FILE, file)):
        if variable_of(path) in source:
            return origin
        for depth in range(1, len(path)):
            if _says(source.get(variable_of(path[:depth]), ""), path[depth:]):
                return origin
    return Origin.DEFAULT


def _says(text: str, path: tuple[str, ...]) -> bool:
    """Whether a whole group's value, a JSON object, holds a setting of it."""
    try:
        value: object = json.loads(text)
    except ValueError:
        return False
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return False
        value = cast("dict[str, object]", value)[name]
    return True


def _masked(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Secrets are masked by their type already; addresses may carry a password too."""
    return _USER_IN_URL.sub("://…@", value) if isinstance(value, str) else value
