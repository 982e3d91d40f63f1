"""``zhida eval run``: the whole way in and every leg of the search, measured on sets of questions beside the peers."""

import asyncio
import os
import platform
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import typer

import zhida
from zhida.bootstrap import Application, places
from zhida.cli.attaching import attached
from zhida.cli.errors import EXIT_INCOMPLETE, UnfitInputError
from zhida.cli.measuring import ASKED_AT_ONCE, RETRIEVED, Measuring
from zhida.cli.options import Json
from zhida.cli.output import emit, note, say, show_table
from zhida.cli.progress import Bars
from zhida.cli.record import record_of_instance
from zhida.cli.surroundings import read_variables
from zhida.improvement import (
    LEGS,
    TOGETHER,
    EvaluationDocument,
    EvaluationSet,
    SetReport,
    best_peer,
    read_documents,
    read_evaluation_set,
    set_names,
)
from zhida.settings import Settings, read_settings

_PACKAGES = ("tantivy", "faiss-cpu", "onnxruntime", "tokenizers", "rjieba", "opencc", "pystemmer", "numpy")
_NDCG, _GOLD_TEXT = "ndcg@10", "gold text@5"
_FAILURES_SHOWN = 20

app = typer.Typer(help="Measure the quality of search.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Measure the quality of search."""


@app.command()
def run(
    *,
    data: Annotated[
        Path,
        typer.Option("--data", help="Folder of evaluation sets.", exists=True, file_okay=False, show_default=False),
    ],
    sets: Annotated[list[str] | None, typer.Option("--set", help="Only this set; may be repeated.")] = None,
    queries: Annotated[int | None, typer.Option("--queries", min=1, help="At most so many questions a set.")] = None,
    distractors: Annotated[
        str | None, typer.Option("--distractors", help="Add the documents of this folder below --data to each set.")
    ] = None,
    afresh: Annotated[bool, typer.Option("--afresh", help="Ingest again what an earlier run ingested.")] = False,
    as_json: Json = False,
) -> None:
    """Ingest each set into a knowledge base of its own, ask every question by each leg, print metrics beside peers'.

    Works beside the instance of this machine; one is started where none runs. Exit code 8 says that some documents
    could not be ingested.
    """
    if read_variables().get("ZHIDA_URL"):
        raise UnfitInputError(
            "Evaluation reads the search index of this machine.",
            advice="Unset ZHIDA_URL, and run it where the instance runs.",
        )
    chosen = [found.with_at_most(queries) for found in _read_sets(data, sets, distractors)]
    settings, started, clock = read_settings(), datetime.now(UTC), time.perf_counter()
    with attached(), record_of_instance(settings) as database_url:
        surroundings, reports = asyncio.run(_measure(settings, database_url, chosen, afresh=afresh))
    seconds = round(time.perf_counter() - clock, 1)
    if as_json:
        run_facts = {"started_at": started.isoformat(), "wall_seconds": seconds}
        emit({**run_facts, **surroundings, "sets": [asdict(report) for report in reports]})
    else:
        _print(reports)
        note(f"{seconds:.0f} s; retrieved {RETRIEVED} passages, {ASKED_AT_ONCE} questions at once; --json says more.")
    if any(report.failed for report in reports):
        raise typer.Exit(EXIT_INCOMPLETE)


def _read_sets(data: Path, wanted: Sequence[str] | None, distractors: str | None) -> Iterator[EvaluationSet]:
    names = wanted or set_names(data)
    if not names:
        raise UnfitInputError(f"There are no evaluation sets in {data}.", advice="docs/evaluation.md shows their form.")
    others: tuple[EvaluationDocument, ...] = read_documents(data / distractors) if distractors else ()
    for name in names:
        yield replace(read_evaluation_set(data / name), distractors=others)


async def _measure(
    settings: Settings, database_url: str, chosen: Sequence[EvaluationSet], *, afresh: bool
) -> tuple[dict[str, Any], list[SetReport]]:
    layout = places(settings.data_dir)
    async with Application(settings, layout, database_url) as application:
        principal = await application.access.authenticate_key(layout.local_key_file.read_text().strip())
        with Bars() as bars:
            measuring = Measuring(application, principal, bars)
            reports: list[SetReport] = []
            for one in chosen:
                reports.append(await measuring.measure(one, afresh=afresh))
                note(f"{one.name}: measured in {reports[-1].seconds['total']:.0f} s")
        return _surroundings(settings, application.embedding_model_name), reports


def _surroundings(settings: Settings, embedding_model: str) -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "versions": {
            "zhida": zhida.__version__,
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in _PACKAGES},
        },
        "machine": {"system": platform.platform(), "processor": _processor(), "cores": os.cpu_count()},
        "embedding_model": embedding_model,
        "chunks": {"size": settings.knowledge.chunk_size, "overlap": settings.knowledge.chunk_overlap},
        "retrieval": settings.retrieval.model_dump(mode="json"),
        "retrieved": RETRIEVED,
        "asked_at_once": ASKED_AT_ONCE,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor()


def _print(reports: Sequence[SetReport]) -> None:
    """Two tables: of documents for every set, of gold sentences for those that have some."""
    say("nDCG@10, percent")
    titles = ("set", "questions", *LEGS, TOGETHER, "above the better leg, 95 %", "best peer", "by")
    show_table(titles, [_document_row(report) for report in reports])
    gold = [report for report in reports if _GOLD_TEXT in report.metrics[TOGETHER]]
    if gold:
        say("\ngold sentences in the first five passages, percent")
        show_table(("set", *LEGS, TOGETHER, "best peer", "by"), [_gold_row(report) for report in gold])
    for report in reports:
        for failed in report.failed[:_FAILURES_SHOWN]:
            note(f"{report.set}: {failed.name} could not be ingested: {failed.reason}")
        if len(report.failed) > _FAILURES_SHOWN:
            note(f"{report.set}: … and {len(report.failed) - _FAILURES_SHOWN} more; --json lists all.")


def _document_row(report: SetReport) -> tuple[object, ...]:
    above = report.balanced_above_better_leg
    interval = f"{above.mean:+.2f} ({above.low:+.2f} … {above.high:+.2f})"
    return report.set, report.queries, *_figures(report, _NDCG), interval, *_peer(report, _NDCG)


def _gold_row(report: SetReport) -> tuple[object, ...]:
    return report.set, *_figures(report, _GOLD_TEXT), *_peer(report, _GOLD_TEXT)


def _figures(report: SetReport, metric: str) -> list[str]:
    return [f"{report.metrics[profile][metric]:.2f}" for profile in (*LEGS, TOGETHER)]


def _peer(report: SetReport, metric: str) -> tuple[object, object]:
    best = best_peer(report.peers.get(metric, {}))
    return (None, None) if best is None else (best.figure, f"{best.name} {best.mode}")
