"""``search``: /api/v1/search over HTTP, one client, on 100,000 generated chunks."""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from benchmarks.generated import chinese, english
from benchmarks.loaded import BASE, Loaded, loaded_instance
from benchmarks.machine import cpu_seconds, facts, percentiles, pss_mebibytes

WARM_UP = 200


def run(*, chunks: int = 100_000, queries: int = 2_000) -> dict[str, Any]:
    """Percentiles of the whole request in ms, CPU per query by process, wall time per query by stage."""
    with (
        tempfile.TemporaryDirectory(prefix="zhida-bench-") as folder,
        loaded_instance(Path(folder), chunks=chunks) as loaded,
        loaded.running.client() as client,
    ):
        return {
            "benchmark": "search",
            "machine": facts(),
            "chunks": chunks,
            "queries": queries,
            "passage_vectors": "synthetic, clustered; queries are embedded by the model",
            **measure(loaded, client, queries),
            "pss_mib": {role: pss_mebibytes(pids) for role, pids in loaded.pids().items()},
        }


def measure(loaded: Loaded, client: httpx.Client, queries: int) -> dict[str, Any]:
    """Half English, half Chinese, no query twice."""
    languages = {"en": english(1), "zh": chinese(2)}
    asked = [languages["zh" if number % 2 else "en"].query() for number in range(queries + WARM_UP)]
    for query in asked[:WARM_UP]:
        search(client, query)
    before = _cpu(loaded)
    durations: dict[str, list[float]] = {"all": [], "en": [], "zh": []}
    stages: dict[str, list[float]] = {}
    for query in asked[WARM_UP:]:
        started = time.perf_counter()
        body = search(client, query)
        took = (time.perf_counter() - started) * 1000
        durations["all"].append(took)
        durations.setdefault(body["plan"]["language"], []).append(took)
        for stage, milliseconds in body["timings_ms"].items():
            stages.setdefault(stage, []).append(milliseconds)
    after = _cpu(loaded)
    return {
        "latency_ms": {name: percentiles(values) for name, values in durations.items() if values},
        "stage_ms": {stage: percentiles(values) for stage, values in stages.items()},
        "cpu_us_per_query": {role: round((after[role] - before[role]) / queries * 1e6) for role in after},
        "cpu_us_per_query_total": round(sum(after[role] - before[role] for role in after) / queries * 1e6),
    }


def search(client: httpx.Client, query: str, *, base: str = BASE) -> Mapping[str, Any]:
    """One search; anything but success is an error."""
    reply = client.post("/api/v1/search", json={"query": query, "knowledge_base": base, "top_k": 10})
    reply.raise_for_status()
    return reply.json()


def _cpu(loaded: Loaded) -> dict[str, float]:
    return {role: cpu_seconds(pids) for role, pids in loaded.pids().items()}
