"""Commands on background work: ``zhida job``."""

from typing import Annotated, Literal

import typer

from zhida.cli.attaching import attached
from zhida.cli.options import Json
from zhida.cli.output import emit, say, show_table

app = typer.Typer(help="List background jobs and run dead ones again.", no_args_is_help=True)

_JOBS = "/api/v1/jobs"
_ERROR_LENGTH = 80


@app.command("list")
def list_jobs(
    *,
    state: Annotated[
        Literal["queued", "running", "succeeded", "dead"] | None, typer.Option(help="Only jobs in this state.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Only jobs of this kind.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many of the newest.")] = 50,
    as_json: Json = False,
) -> None:
    """List jobs, newest first. Dead ones have used up their attempts and wait for somebody to look."""
    with attached() as client:
        jobs = client.get(_JOBS, state=state, kind=kind, limit=limit)["items"]
    if as_json:
        emit({"items": jobs})
        return
    rows = [
        (
            job["id"],
            job["kind"],
            job["state"],
            job["attempts"],
            job["scheduled_at"],
            (job["error"] or "")[:_ERROR_LENGTH],
        )
        for job in jobs
    ]
    show_table(("id", "kind", "state", "attempts", "scheduled", "error"), rows)


@app.command()
def requeue(
    job_id: Annotated[int, typer.Argument(metavar="ID", min=1, help="The job's number.", show_default=False)],
    *,
    as_json: Json = False,
) -> None:
    """Give a dead job another round of attempts."""
    with attached() as client:
        job = client.post(f"{_JOBS}/{job_id}/requeue")
    if as_json:
        emit(job)
    else:
        say(f"Job {job['id']} is {job['state']} again.")
