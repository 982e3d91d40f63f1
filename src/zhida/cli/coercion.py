"""How does a typed word become a value? For the plain types of our commands, without what typer would import for it.

Typer hands every word to pydantic, whose import takes longer than everything else that an attached command does.
Parameters of other types are left to typer.
"""

from pathlib import Path
from typing import Any, get_args, get_origin

import typer

_NUMBERS = (int, float)
_PLAIN = (bool, str, Path, *_NUMBERS)


def coerce_plainly(command: Any) -> None:  # noqa: ANN401 - typer keeps the type of its commands to itself
    """Take over those parameters of a command, and of the commands below it, whose types are plain."""
    for parameter in command.params:
        _take_over(parameter)
    made_when_asked_for = command.get_help_option

    def help_option(ctx: Any) -> Any:  # noqa: ANN401 - typer's own types
        option = made_when_asked_for(ctx)
        if option is not None:
            _take_over(option)
        return option

    command.get_help_option = help_option
    for below in getattr(command, "commands", {}).values():
        coerce_plainly(below)


def _take_over(parameter: Any) -> None:  # noqa: ANN401 - typer's own types
    descriptor = getattr(parameter, "type_descriptor", None)
    if descriptor is None:
        return
    kind = descriptor.annotation
    if get_origin(kind) is list:
        kind = get_args(kind)[0]
    asks_the_disk = kind is Path and _is_checked(descriptor.parameter_info)
    if (kind in _PLAIN and not asks_the_disk) or descriptor.choices:
        coercion = PlainCoercion(kind, descriptor.choices or (), parameter)
        parameter.get_runtime_param = lambda: coercion


def _is_checked(wanted: Any) -> bool:  # noqa: ANN401 - typer's own types
    """Whether typer looks at the file that a path names."""
    return bool(wanted.exists or wanted.resolve_path or wanted.writable or not (wanted.file_okay and wanted.dir_okay))


class PlainCoercion:
    """Makes values of one parameter. Stands in for typer's own, which has the same method."""

    def __init__(self, kind: Any, choices: tuple[Any, ...], parameter: Any) -> None:  # noqa: ANN401 - typer's own types
        self._kind = kind
        self._choices = choices
        self._low = getattr(parameter.type_descriptor.parameter_info, "min", None)
        self._high = getattr(parameter.type_descriptor.parameter_info, "max", None)
        self._takes_many = bool(parameter.multiple) or parameter.nargs == -1

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:  # noqa: ANN401 - typer's own types
        """The value of what was typed.

        Raises:
            typer.BadParameter: it cannot be one.
        """
        if value is None:
            return () if self._takes_many else None
        try:
            return [self._one(item) for item in value] if self._takes_many else self._one(value)
        except ValueError as error:
            raise typer.BadParameter(str(error), ctx=ctx, param=param) from error

    def _one(self, value: Any) -> Any:  # noqa: ANN401 - as the annotation says
        if self._choices:
            if value not in self._choices:
                message = f"{value!r} is not one of {', '.join(map(repr, self._choices))}."
                raise ValueError(message)
            return value
        if isinstance(value, self._kind):
            return value
        if self._kind not in _NUMBERS:
            return self._kind(value)
        try:
            number = self._kind(value)
        except ValueError as error:
            message = f"{value!r} is no number."
            raise ValueError(message) from error
        if (self._low is not None and number < self._low) or (self._high is not None and number > self._high):
            message = f"{value} is too {'small' if self._low is not None and number < self._low else 'large'}."
            raise ValueError(message)
        return number
