"""The root of the command line, and the one table from errors to exit codes."""

import sys

import typer

from zhida.cli.running import register_running
from zhida.errors import Kind, ZhidaError

EXIT_CODES: dict[Kind, int] = {
    Kind.INVALID: 2,
    Kind.UNAUTHENTICATED: 3,
    Kind.FORBIDDEN: 3,
    Kind.NOT_FOUND: 4,
    Kind.CONFLICT: 5,
    Kind.LIMITED: 6,
    Kind.UNAVAILABLE: 7,
}
"""0 is success, 1 an error that we did not foresee."""

app = typer.Typer(
    name="zhida",
    help="Answers from your own documents, with evidence.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)
register_running(app)


def main() -> None:
    """Run a command; an error of ours is one line and an exit code."""
    try:
        app()
    except ZhidaError as error:
        sys.stderr.write(f"zhida: {error}\n")
        raise SystemExit(EXIT_CODES[error.kind]) from error
