"""``zhida ingest``: files and folders into a knowledge base, with progress, and what failed at the end."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from zhida.cli.attaching import attached
from zhida.cli.batches import BatchFollower, Outcome
from zhida.cli.client import Client
from zhida.cli.errors import EXIT_INCOMPLETE, UnfitInputError
from zhida.cli.files import LocalFile, find_files, in_requests
from zhida.cli.knowledge import find_base
from zhida.cli.options import BaseName, Json
from zhida.cli.output import emit, note, say
from zhida.cli.progress import Bars
from zhida.cli.uploading import Uploader

_FAILURES_SHOWN = 200


def ingest(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files and folders.", show_default=False)],
    *,
    base: BaseName,
    replace: Annotated[
        bool, typer.Option("--replace", help="A file under the name of an existing document replaces it.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until every file is ready or failed.")] = True,
    as_json: Json = False,
) -> None:
    """Bring files and folders into a knowledge base.

    Folders are walked; hidden files are passed over; documents are named by their path below and with the folder.
    Every file stands for itself: one that cannot be read fails with its reason and the others go on. Exit code 8 says
    that at least one failed.
    """
    files = find_files(paths)
    if not files:
        raise UnfitInputError("There are no files in what was named.", advice="Hidden files are passed over.")
    with attached() as client:
        found = find_base(client, base)
        outcome = _bring(client, str(found["id"]), files, replace=replace, wait=wait)
    if as_json:
        emit({"knowledge_base": found["name"], "knowledge_base_id": found["id"], **outcome.document()})
    else:
        _report(outcome, str(found["name"]), waited=wait)
    if outcome.failed:
        raise typer.Exit(EXIT_INCOMPLETE)


def _bring(client: Client, base_id: str, files: Sequence[LocalFile], *, replace: bool, wait: bool) -> Outcome:
    outcome = Outcome()
    groups = list(in_requests(files))
    with Bars() as bars:
        uploader = Uploader(client, base_id, replace=replace)
        follower = BatchFollower(client, bars, outcome)
        for number, group in enumerate(groups, 1):
            title = f"uploading {number} of {len(groups)}, MB"
            total = sum(file.size for file in group)
            uploader.progress = lambda sent, title=title, total=total: bars.show(title, sent / 1e6, total / 1e6)
            submission = uploader.send(group, outcome)
            bars.hide(title)
            if submission is not None:
                follower.add(f"batch {number} of {len(groups)}", submission)
            if wait:
                follower.look()
        if wait:
            follower.wait()
    return outcome


def _report(outcome: Outcome, base: str, *, waited: bool) -> None:
    ready, waiting = len(outcome.ready), len(outcome.waiting)
    said = [f"{ready} ready" if waited or ready else "", f"{waiting} under way" if waiting else ""]
    said += [f"{outcome.duplicates} of them there already" if outcome.duplicates else ""]
    said += [f"{len(outcome.failed)} failed" if outcome.failed else ""]
    say(f"{base}: {', '.join(part for part in said if part)}")
    for document in outcome.failed[:_FAILURES_SHOWN]:
        say(f"  {document['name']}: {document['reason'] or 'no reason given'}")
    if len(outcome.failed) > _FAILURES_SHOWN:
        note(f"  … and {len(outcome.failed) - _FAILURES_SHOWN} more; --json lists all.")
