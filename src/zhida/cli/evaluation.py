"""``zhida eval run``: the whole way in and every leg of the search, measured on sets of questions."""

import asyncio
import io
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from zhida.access import Principal, ReadGrant
from zhida.bootstrap import Application, places
from zhida.cli.record import record_of_instance
from zhida.improvement import (
    EvaluatedQuery,
    EvaluationSet,
    evaluate,
    paired_bootstrap,
    peers_of,
    read_evaluation_set,
    set_names,
)
from zhida.ingestion import Upload
from zhida.knowledge import KnowledgeBase, KnowledgeBaseExistsError, NameConflict
from zhida.settings import Settings, read_settings

RETRIEVED = 40
FILES_PER_UPLOAD = 200
PROFILES = ("lexical", "dense", "balanced")
_LOOK_EVERY_SECONDS = 0.5

app = typer.Typer(help="Measure the quality of search.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Measure the quality of search."""


@app.command()
def run(
    data: Annotated[Path, typer.Option("--data", help="Folder of evaluation sets.", exists=True, file_okay=False)],
    sets: Annotated[list[str] | None, typer.Option("--set", help="Only this set; may be repeated.")] = None,
    queries: Annotated[int | None, typer.Option("--queries", min=1, help="At most so many questions a set.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Ingest each set into a knowledge base of its own, ask every question by each leg, print metrics beside peers'."""
    chosen = [read_evaluation_set(data / name) for name in sets or set_names(data)]
    settings = read_settings()
    with record_of_instance(settings) as database_url:
        results = asyncio.run(_run(settings, database_url, chosen, queries))
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(results)).decode() + "\n")
    else:
        _print(results)


@dataclass(frozen=True, slots=True)
class _Asking:
    application: Application
    grant: ReadGrant
    base: KnowledgeBase


async def _run(
    settings: Settings, database_url: str, chosen: Sequence[EvaluationSet], queries: int | None
) -> list[dict[str, Any]]:
    async with Application(settings, places(settings.data_dir), database_url) as application:
        created = await application.access.local_key(node="evaluation")
        principal = await application.access.authenticate_key(created.secret)
        results: list[dict[str, Any]] = []
        for evaluation_set in chosen:
            started = time.perf_counter()
            base = await _ingested(application, principal, evaluation_set)
            seconds = round(time.perf_counter() - started, 1)
            asking = _Asking(application, await application.access.read_grant(principal), base)
            results.append({**await _measured(asking, evaluation_set, queries), "ingestion_seconds": seconds})
        return results


async def _ingested(application: Application, principal: Principal, evaluation_set: EvaluationSet) -> KnowledgeBase:
    """The set's knowledge base with every document in it; what a run before this one ingested is not repeated."""
    name = f"evaluation {evaluation_set.name}"
    try:
        base = await application.knowledge.create_base(
            principal, name, embedding_model=application.embedding_model_name, open_to_everyone=False
        )
    except KnowledgeBaseExistsError:
        base = await application.knowledge.base(await application.access.read_grant(principal), name)
    writing = await application.access.write_grant(principal)
    grant = await application.access.read_grant(principal)
    documents = evaluation_set.documents
    for start in range(0, len(documents), FILES_PER_UPLOAD):
        uploads = [
            Upload(f"{document.name}.txt", io.BytesIO(_file(document.title, document.text)))
            for document in documents[start : start + FILES_PER_UPLOAD]
        ]
        submission = await application.ingestion.submit(base, writing, uploads, on_conflict=NameConflict.REPLACE)
        while True:
            batch = await application.ingestion.batch(grant, submission.batch_id)
            done = sum(document.status.value in ("ready", "failed") for document in batch.documents)
            sys.stderr.write(f"\r{evaluation_set.name}: {start + done} of {len(documents)} documents")
            if done == len(batch.documents):
                break
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
    sys.stderr.write("\n")
    await _index_caught_up(application, grant, base)
    return base


async def _index_caught_up(application: Application, grant: ReadGrant, base: KnowledgeBase) -> None:
    while True:
        newest = await application.knowledge.base(grant, str(base.id))
        if application.index_revision(base.id, base.embedding_model) >= newest.revision:
            return
        await asyncio.sleep(_LOOK_EVERY_SECONDS)


def _file(title: str, text: str) -> bytes:
    return (f"{title}\n\n{text}" if title else text).encode()


async def _measured(asking: _Asking, evaluation_set: EvaluationSet, limit: int | None) -> dict[str, Any]:
    """Metrics of each leg and of both together, and how far the whole is from the better leg."""
    evaluated: dict[str, list[EvaluatedQuery]] = {}
    taken: dict[str, float] = {}
    for profile in PROFILES:
        started = time.perf_counter()
        evaluated[profile] = [
            await _asked(asking, query.text, profile, (query.grades, query.references))
            for query in evaluation_set.with_at_most(limit)
        ]
        taken[profile] = round((time.perf_counter() - started) * 1000 / max(1, len(evaluated[profile])), 2)
        sys.stderr.write(f"{evaluation_set.name}: {profile} asked\n")
    metrics = {profile: evaluate(queries) for profile, queries in evaluated.items()}
    better = max(("lexical", "dense"), key=lambda leg: metrics[leg]["ndcg@10"])
    ours, theirs = ([query.ndcg() for query in evaluated[name]] for name in ("balanced", better))
    return {
        "set": evaluation_set.name,
        "documents": len(evaluation_set.documents),
        "queries": len(evaluated["balanced"]),
        "metrics": metrics,
        "milliseconds_per_query": taken,
        "better_leg": better,
        "balanced_minus_better_leg_95": paired_bootstrap(ours, theirs),
        "peers_ndcg@10": peers_of(evaluation_set.name),
    }


async def _asked(asking: _Asking, text: str, profile: str, right: tuple[Any, Sequence[str]]) -> EvaluatedQuery:
    outcome = await asking.application.retrieval.search(
        asking.grant, asking.base.id, text, top_k=RETRIEVED, profile=profile
    )
    names = dict.fromkeys(passage.document_name.removesuffix(".txt") for passage in outcome.passages)
    return EvaluatedQuery(
        grades=right[0],
        ranked=list(names),
        passages=[passage.text for passage in outcome.passages],
        references=right[1],
    )


def _print(results: Sequence[dict[str, Any]]) -> None:
    table = Table("set", "lexical", "dense", "balanced", "better leg → balanced, 95 %", "best peer", title="nDCG@10")
    for result in results:
        peers = [figure for modes in result["peers_ndcg@10"].values() for figure in modes.values()]
        low, high = result["balanced_minus_better_leg_95"]
        figures = [str(result["metrics"][profile]["ndcg@10"]) for profile in PROFILES]
        table.add_row(result["set"], *figures, f"{low:+} … {high:+}", str(max(peers)) if peers else "–")
    Console().print(table)
