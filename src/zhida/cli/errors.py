"""What can go wrong at a terminal, and which exit code says so? The one table; ``docs/command-line.md`` repeats it."""

from typing import ClassVar

from zhida.errors import Kind, ZhidaError

EXIT_UNFORESEEN = 1
EXIT_USAGE = 2
EXIT_INCOMPLETE = 8
"""The command ran, but a part of what it was asked for failed: a file was refused, the doctor found something."""
EXIT_INTERRUPTED = 130

EXIT_CODES: dict[Kind, int] = {
    Kind.INVALID: EXIT_USAGE,
    Kind.UNAUTHENTICATED: 3,
    Kind.FORBIDDEN: 3,
    Kind.NOT_FOUND: 4,
    Kind.CONFLICT: 5,
    Kind.LIMITED: 6,
    Kind.UNAVAILABLE: 7,
}
"""0 is success."""

_KIND_OF_STATUS: dict[int, Kind] = {
    400: Kind.INVALID,
    401: Kind.UNAUTHENTICATED,
    403: Kind.FORBIDDEN,
    404: Kind.NOT_FOUND,
    409: Kind.CONFLICT,
    413: Kind.INVALID,
    422: Kind.INVALID,
    429: Kind.LIMITED,
}


class UnreachableError(ZhidaError):
    """Nothing answers, or not in time, or it broke off."""

    code: ClassVar[str] = "cli.unreachable"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


class NotRunningError(ZhidaError):
    """This command needs an instance that runs already."""

    code: ClassVar[str] = "cli.not_running"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


class UnfitInputError(ZhidaError):
    """What was typed, piped in or set cannot be meant."""

    code: ClassVar[str] = "cli.unfit_input"
    kind: ClassVar[Kind] = Kind.INVALID


class FileUnreadableError(ZhidaError):
    """A file on this machine cannot be read to its end."""

    code: ClassVar[str] = "cli.file_unreadable"
    kind: ClassVar[Kind] = Kind.INVALID


class RefusedError(ZhidaError):
    """The instance answered with an error.

    Attributes:
        status: of HTTP; decides the exit code.
        retry_after_seconds: when to try again, where the instance said so.
    """

    code: ClassVar[str] = "cli.refused"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE

    def __init__(self, message: str, *, status: int, advice: str = "", retry_after_seconds: float = 2.0) -> None:
        super().__init__(message, advice=advice, status=status)
        self.status = status
        self.retry_after_seconds = retry_after_seconds

    @property
    def answered_kind(self) -> Kind:
        """What the status means."""
        return _KIND_OF_STATUS.get(self.status, Kind.UNAVAILABLE)


def exit_code(error: Exception) -> int:
    """The exit code of an error; ``EXIT_UNFORESEEN`` for one that is not ours."""
    if isinstance(error, RefusedError):
        return EXIT_CODES[error.answered_kind]
    return EXIT_CODES[error.kind] if isinstance(error, ZhidaError) else EXIT_UNFORESEEN
