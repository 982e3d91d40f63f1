"""The root of the command line, and the one table from errors to exit codes."""

import os
import sys
from typing import Annotated

import typer
from typer.main import get_command

import zhida
from zhida.cli.coercion import coerce_plainly
from zhida.cli.commands import LazyGroup, register
from zhida.cli.errors import EXIT_INTERRUPTED, EXIT_UNFORESEEN, EXIT_USAGE, exit_code

app = typer.Typer(
    cls=LazyGroup,
    name="zhida",
    help="Answers from your own documents, with evidence.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)
register(app)


def _print_version(value: bool) -> None:  # noqa: FBT001 - typer calls it by position
    if value:
        typer.echo(f"zhida {zhida.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version."),
    ] = False,
) -> None:
    """Answers from your own documents, with evidence."""


def main() -> None:
    """Run a command. What goes wrong is one line on standard error and an exit code; Ctrl-C is quiet."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr] - a terminal of another encoding shows “?”
    try:
        command = get_command(app)
        coerce_plainly(command)
        code: object = command(standalone_mode=False)
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = EXIT_INTERRUPTED
    except typer.Abort:
        code = EXIT_INTERRUPTED
    except typer.TyperException as error:
        code = _complain_of_usage(error)
    except SystemExit:  # how typer says that nobody reads our output any more
        code = EXIT_INTERRUPTED
    except BrokenPipeError:
        code = _reader_left()
    except Exception as error:
        code = exit_code(error)
        if code == EXIT_UNFORESEEN:
            raise
        sys.stderr.write(f"zhida: {error}\n")
    raise SystemExit(code if isinstance(code, int) else 0)


def _complain_of_usage(error: typer.TyperException) -> int:
    """One line; nothing more where a group alone was named and its help is printed already."""
    message = " ".join(error.format_message().split())
    if not message:
        return EXIT_USAGE
    command = getattr(getattr(error, "ctx", None), "command_path", "zhida")
    sys.stderr.write(f"zhida: {message} “{command} --help” says what is possible.\n")
    return EXIT_USAGE


def _reader_left() -> int:
    """``zhida … | head`` ended early: say nothing, and let Python find nothing to flush."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_INTERRUPTED
