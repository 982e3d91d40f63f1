"""``ingestion``, ``busy`` and ``memory``: files in by HTTP, and what it does to searches and to memory meanwhile."""

import re
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from benchmarks.generated import Language, chinese, english
from benchmarks.machine import facts, percentiles, pss_mebibytes
from tests.running import RunningInstance, descendants, started_instance

FILES_PER_UPLOAD = 50
FILES = 1_000
_SUM = re.compile(r'^zhida_ingestion_stage_seconds_sum\{.*stage="(\w+)".*\} (\S+)$', re.MULTILINE)
_CHUNKS = re.compile(r"^zhida_chunks_total\{.*\} (\S+)$", re.MULTILINE)
_METRICS_SECONDS = 6.0
"""Processes write their figures every five seconds."""


def ingestion() -> dict[str, Any]:
    """Chunks per second, and the share of stage time that is not the embedding; with words alone on long documents."""
    with (
        tempfile.TemporaryDirectory(prefix="zhida-bench-") as folder,
        started_instance(Path(folder), ZHIDA_SAMPLE="false") as running,
    ):
        with_model = _ingest(running, "english", files(english(5), 60, words=1_500, suffix="md"))
        lexical = _ingest(running, "chinese", files(chinese(6), 120, words=4_500, suffix="md"))
    return {
        "benchmark": "ingestion",
        "machine": facts(),
        "english_embedded": with_model,
        "chinese_by_words_alone": lexical,
    }


def busy() -> dict[str, Any]:
    """Search at one client while 1,000 files are ingested."""
    with (
        tempfile.TemporaryDirectory(prefix="zhida-bench-") as folder,
        started_instance(Path(folder), ZHIDA_SAMPLE="false") as running,
        running.client(timeout=120) as client,
    ):
        create(client, "busy")
        first = upload(running, client, "busy", files(english(7), 50, words=300, suffix="txt"))
        for batch in first:
            running.await_batch(client, batch, seconds=600)
        quiet = _searches(running, seconds=10)
        batches: list[str] = []
        uploading = threading.Thread(target=lambda: batches.extend(_upload_half_and_half(running)))
        uploading.start()
        during = _searches(running, while_alive=uploading)
        during += _searches(running, until_done=batches)
    return {
        "benchmark": "busy",
        "machine": facts(),
        "files": FILES,
        "searches_while_ingesting": len(during),
        "quiet_ms": percentiles(quiet),
        "while_ingesting_ms": percentiles(during),
    }


def memory() -> dict[str, Any]:
    """Ingest 1,000 files, delete them, ingest again: PSS of all processes after each."""
    with (
        tempfile.TemporaryDirectory(prefix="zhida-bench-") as folder,
        started_instance(Path(folder), ZHIDA_SAMPLE="false") as running,
        running.client(timeout=120) as client,
    ):
        start = pss_of_all(running)
        create(client, "memory")
        made = files(english(8), FILES // 2, words=120, suffix="txt")
        made |= files(chinese(9), FILES // 2, words=200, suffix="txt")
        after: list[float] = []
        for _ in range(2):
            for batch in upload(running, client, "memory", made):
                running.await_batch(client, batch, seconds=900)
            time.sleep(_METRICS_SECONDS)
            after.append(pss_of_all(running))
            _delete_all(client, "memory")
        return {
            "benchmark": "memory",
            "machine": facts(),
            "files": len(made),
            "pss_mib_at_start": start,
            "pss_mib_after_first": after[0],
            "pss_mib_after_second": after[1],
            "ratio": round(after[1] / after[0], 3),
            "pss_mib_by_role": {
                role: pss_mebibytes(running.pids(role)) for role in ("api", "worker", "indexer", "embedder")
            },
        }


def files(language: Language, count: int, *, words: int, suffix: str) -> dict[str, bytes]:
    """Made-up documents with headings."""
    return {
        f"{language.query()[:20].strip()} {number}.{suffix}": "\n\n".join(
            f"# {language.query()}\n\n{language.text(300)}" if suffix == "md" else language.text(min(words, 120))
            for _ in range(max(1, words // (300 if suffix == "md" else 120)))
        ).encode()
        for number in range(count)
    }


def create(client: httpx.Client, base: str) -> None:
    """A knowledge base of that name."""
    client.post("/api/v1/knowledge-bases", json={"name": base}).raise_for_status()


def upload(running: RunningInstance, client: httpx.Client, base: str, made: Mapping[str, bytes]) -> list[str]:
    """Upload in requests of fifty; the batches."""
    names = list(made)
    return [
        running.upload(client, base, {name: made[name] for name in names[start : start + FILES_PER_UPLOAD]})["batch_id"]
        for start in range(0, len(names), FILES_PER_UPLOAD)
    ]


def pss_of_all(running: RunningInstance) -> float:
    """PSS of the supervisor and everything below it, in MiB."""
    return pss_mebibytes([running.supervisor_pid, *descendants(running.supervisor_pid)])


def _ingest(running: RunningInstance, base: str, made: Mapping[str, bytes]) -> dict[str, Any]:
    with running.client(timeout=120) as client:
        create(client, base)
        stages_before, chunks_before = _figures(client)
        started = time.perf_counter()
        for batch in upload(running, client, base, made):
            running.await_batch(client, batch, seconds=900)
        seconds = time.perf_counter() - started
        time.sleep(_METRICS_SECONDS)
        stages_after, chunks_after = _figures(client)
    stages = {stage: round(total - stages_before.get(stage, 0.0), 3) for stage, total in stages_after.items()}
    chunks, whole = chunks_after - chunks_before, sum(stages.values())
    return {
        "documents": len(made),
        "chunks": round(chunks),
        "wall_seconds": round(seconds, 2),
        "chunks_per_second": round(chunks / seconds, 1),
        "stage_seconds": stages,
        "share_outside_embedding": round(1 - stages.get("embed", 0.0) / whole, 3),
    }


def _figures(client: httpx.Client) -> tuple[dict[str, float], float]:
    text = client.get("/metrics").text
    stages: dict[str, float] = {}
    for stage, value in _SUM.findall(text):
        stages[stage] = stages.get(stage, 0.0) + float(value)
    return stages, sum(float(value) for value in _CHUNKS.findall(text))


def _upload_half_and_half(running: RunningInstance) -> list[str]:
    with running.client(timeout=120) as client:
        made = files(english(10), FILES // 2, words=240, suffix="txt")
        made |= files(chinese(11), FILES // 2, words=240, suffix="txt")
        return upload(running, client, "busy", made)


def _searches(
    running: RunningInstance,
    *,
    seconds: float = 0.0,
    while_alive: threading.Thread | None = None,
    until_done: list[str] | None = None,
) -> list[float]:
    """Search all the time; durations in ms."""
    languages = (english(7), chinese(11))
    taken: list[float] = []
    end = time.perf_counter() + seconds
    looked = time.perf_counter()
    with running.client(timeout=30) as client:
        while True:
            query = languages[len(taken) % 2].query()
            started = time.perf_counter()
            body = {"query": query, "knowledge_base": "busy", "top_k": 10}
            client.post("/api/v1/search", json=body).raise_for_status()
            now = time.perf_counter()
            taken.append((now - started) * 1000)
            if while_alive is not None:
                if not while_alive.is_alive():
                    return taken
            elif until_done is not None:
                if now - looked > 1:
                    looked = now
                    if all(_is_done(client, batch) for batch in until_done):
                        return taken
            elif now > end:
                return taken


def _is_done(client: httpx.Client, batch: str) -> bool:
    body = client.get(f"/api/v1/batches/{batch}").json()
    return bool(body["ready"] + body["failed"] == body["total"])


def _delete_all(client: httpx.Client, base: str) -> None:
    while items := client.get(f"/api/v1/knowledge-bases/{base}/documents", params={"limit": 200}).json()["items"]:
        for item in items:
            client.delete(f"/api/v1/documents/{item['id']}").raise_for_status()
