"""``zhida logs``: what the processes of the data directory's instance logged last."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from zhida.cli.errors import UnfitInputError
from zhida.cli.options import Json
from zhida.cli.output import bold, emit, note, say
from zhida.cli.surroundings import InstancePlaces, instance_places, read_variables

_TAIL_BYTES_MAX = 1 << 20
_LOOK_EVERY_SECONDS = 0.3


def logs(
    processes: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PROCESS]...", help="api, worker, indexer, embedder, postgres …; all without a name."),
    ] = None,
    *,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, max=10_000, help="How many of each.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on printing what comes, until Ctrl-C.")] = False,
    as_json: Json = False,
) -> None:
    """Print the last lines that the processes logged."""
    if follow and as_json:
        raise UnfitInputError("--follow has no end and --json is one document.", advice="Leave one of them out.")
    at = instance_places(read_variables())
    files = _chosen(at, processes or [])
    tails = {name: last_lines(path, lines) for name, path in files.items()}
    if as_json:
        emit({"folder": str(at.logs), "logs": tails})
        return
    if not files:
        note(f"There are no logs in {at.logs} yet.")
    for name, tail in tails.items():
        if tail:
            bold(f"== {name}")
            say("\n".join(tail))
    if follow:
        _follow(at, processes or [], files)


def last_lines(path: Path, count: int) -> list[str]:
    """The last lines of a file, of its last mebibyte at most."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL_BYTES_MAX))
        found = file.read().decode(errors="replace").splitlines()
    return found[-count:] if count else []


def _chosen(at: InstancePlaces, processes: list[str]) -> dict[str, Path]:
    """Log files by their process, those of the chosen ones."""
    files = {path.name: path for path in sorted(at.logs.glob("*")) if path.suffix in {".log", ".out"}}
    postgres = at.root / "postgres" / "server.log"
    if postgres.exists():
        files["postgres.log"] = postgres
    unknown = [name for name in processes if not any(_is_of(name, file) for file in files)]
    if unknown:
        there = sorted({file.rsplit(".", 1)[0] for file in files})
        raise UnfitInputError(
            f"There is no log of {', '.join(unknown)} in {at.logs}.", advice=f"There are: {', '.join(there) or 'none'}."
        )
    return {
        file: path for file, path in files.items() if not processes or any(_is_of(name, file) for name in processes)
    }


def _is_of(process: str, file: str) -> bool:
    """``worker`` means every worker."""
    name = file.rsplit(".", 1)[0]
    return name == process or name.startswith(f"{process}-")


def _follow(at: InstancePlaces, processes: list[str], files: dict[str, Path]) -> None:
    ends = {name: path.stat().st_size for name, path in files.items()}
    last = ""
    while True:
        for name, path in _chosen(at, processes).items():
            for line in _fresh(path, ends, name):
                if name != last:
                    bold(f"== {name}")
                    last = name
                say(line)
        sys.stdout.flush()  # a pipe would keep them back until it had some thousand characters
        time.sleep(_LOOK_EVERY_SECONDS)


def _fresh(path: Path, ends: dict[str, int], name: str) -> Iterator[str]:
    """Whole lines that came since the last look; a file that shrank was begun anew."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        start = ends.get(name, 0)
        file.seek(0 if size < start else start)
        fresh = file.read(_TAIL_BYTES_MAX)
    whole = fresh[: fresh.rfind(b"\n") + 1]
    ends[name] = (0 if size < start else start) + len(whole)
    yield from whole.decode(errors="replace").splitlines()
