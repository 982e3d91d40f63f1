"""Commands on the running instance itself: ``zhida link``, ``zhida stop``."""

import os
import signal
import time
from typing import Annotated

import typer

from zhida.cli.attaching import attached_to_running, find_running, is_running
from zhida.cli.errors import UnreachableError
from zhida.cli.options import Json
from zhida.cli.output import emit, note, say
from zhida.cli.surroundings import InstancePlaces, instance_places, read_variables

_LOOK_EVERY_SECONDS = 0.05


def link(*, as_json: Json = False) -> None:
    """Print an address that signs one browser in, once."""
    with attached_to_running() as client:
        reply = client.post("/api/v1/one-time-links")
        address = client.address + reply["path"]
    if as_json:
        emit({"address": address, "expires_at": reply["expires_at"]})
    else:
        say(address)
        note("It works once. 仅一次有效。")


def stop(
    *,
    seconds: Annotated[float, typer.Option("--wait", min=0, metavar="SECONDS", help="Patience.")] = 90.0,
    as_json: Json = False,
) -> None:
    """Stop the instance of the data directory.

    Requests and jobs under way may finish. Quiet where nothing runs.
    """
    at = instance_places(read_variables())
    running = find_running(at)
    if running is not None:
        try:
            os.kill(running.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass  # it ended in this moment
        except PermissionError as error:
            raise UnreachableError(
                f"Process {running.pid} belongs to somebody else.", advice="Run this as its owner."
            ) from error
        _await_end(at, seconds)
    if as_json:
        emit({"stopped": running is not None, "pid": running.pid if running else None})
    else:
        say(f"Stopped the instance of {at.root}." if running else f"No instance of {at.root} runs.")


def _await_end(at: InstancePlaces, seconds: float) -> None:
    """By its lock: a process that has ended may still have a number, until its parent looks."""
    deadline = time.monotonic() + seconds
    while is_running(at):
        if time.monotonic() > deadline:
            raise UnreachableError(
                f"The instance of {at.root} is still stopping after {seconds:.0f} seconds.", advice="Wait for it."
            )
        time.sleep(_LOOK_EVERY_SECONDS)
