"""The figures: their names, their labels, and how those of several processes become one page."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from zhida.observability import Metrics, MetricsDirectory
from zhida.observability.metrics_directory import merged

Sample = tuple[str, frozenset[tuple[str, str]]]


def samples(text: str) -> dict[Sample, float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(text: str, name: str, **labels: str) -> float:
    return samples(text)[name, frozenset(labels.items())]


def exercised() -> Metrics:
    metrics = Metrics()
    with metrics.http.in_flight("GET"):
        metrics.http.request(method="GET", route="/api/v1/documents/{id}", status=200, seconds=0.012)
    metrics.queries.query(
        status="answered", language="zh", complexity="simple", cache="miss", timings_ms={"lexical": 3.0, "total": 9.0}
    )
    metrics.documents.stage("parse", time.perf_counter())
    metrics.documents.document(result="ready", media_type="text/plain")
    metrics.documents.chunks(7)
    metrics.jobs.depths({("ingest", "waiting"): (3, 1.5)})
    metrics.jobs.attempt(kind="ingest", result="done")
    metrics.embedder.batch(purpose="query", texts=4, seconds=0.005)
    metrics.index.lag(2)
    metrics.index.applied(5)
    metrics.index.happened("rebuilds", 2)
    metrics.errors.error(component="database", kind="unavailable")
    metrics.errors.log_in("refused")
    return metrics


def test_every_meter_shows_under_its_name() -> None:
    text = exercised().exposition()
    assert value(text, "zhida_http_requests_total", method="GET", route="/api/v1/documents/{id}", status="200") == 1
    assert value(text, "zhida_http_requests_in_flight", method="GET") == 0
    assert value(text, "zhida_query_stage_seconds_sum", stage="total") == pytest.approx(0.009)
    assert value(text, "zhida_queries_total", status="answered", language="zh", complexity="simple", cache="miss") == 1
    assert value(text, "zhida_ingestion_stage_seconds_count", stage="parse") == 1
    assert value(text, "zhida_documents_total", result="ready", media_type="text/plain") == 1
    assert value(text, "zhida_chunks_total") == 7
    assert value(text, "zhida_jobs", kind="ingest", state="waiting") == 3
    assert value(text, "zhida_jobs_oldest_seconds", kind="ingest", state="waiting") == 1.5
    assert value(text, "zhida_embedder_batch_texts_sum", purpose="query") == 4
    assert value(text, "zhida_index_revision_lag") == 2
    assert value(text, "zhida_index_events_total", event="rebuilds") == 2
    assert value(text, "zhida_errors_total", component="database", kind="unavailable") == 1
    assert value(text, "zhida_log_ins_total", result="refused") == 1
    assert value(text, "process_resident_memory_bytes") > 1e6
    assert "_created" not in text


def test_a_state_that_empties_falls_to_zero() -> None:
    metrics = exercised()
    metrics.jobs.depths({})
    assert value(metrics.exposition(), "zhida_jobs", kind="ingest", state="waiting") == 0


def test_made_up_methods_and_endless_labels_stay_bounded() -> None:
    metrics = Metrics()
    for number in range(1500):
        metrics.http.request(method=f"X{number}", route=f"/{number}", status=200, seconds=0.001)
    counted = {
        place: n for place, n in samples(metrics.exposition()).items() if place[0] == "zhida_http_requests_total"
    }
    assert len(counted) == 1001
    assert sum(counted.values()) == 1500


def test_merged_figures_of_two_processes_are_one_valid_page() -> None:
    one, two = exercised(), exercised()
    text = merged([("api-1", one.exposition()), ("worker-2", two.exposition())])
    assert text.count("# TYPE zhida_http_requests_total ") == 1
    names = [line.split("{")[0] for line in text.splitlines() if line.startswith("zhida_chunks_total")]
    assert names == ["zhida_chunks_total", "zhida_chunks_total"]
    assert value(text, "zhida_chunks_total", process="api", pid="1") == 7
    route = "/api/v1/documents/{id}"
    assert (
        value(
            text,
            "zhida_http_requests_total",
            method="GET",
            route=route,
            status="200",
            process="worker",
            pid="2",
        )
        == 1
    )


def test_a_page_holds_the_living_and_drops_the_dead(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    text = exercised().exposition()
    (tmp_path / f"worker-{dead.pid}.prom").write_text(text)
    (tmp_path / f"indexer-{os.getppid()}.prom").write_text(text)
    silent = tmp_path / f"embedder-{os.getppid()}.prom"
    silent.write_text(text)
    os.utime(silent, (time.time() - 120, time.time() - 120))
    (tmp_path / "worker-1.tmp").write_text("half a fi")
    page = MetricsDirectory(tmp_path, "api", exercised()).exposition()
    assert {dict(labels)["process"] for _, labels in samples(page)} == {"api", "indexer"}
    assert not silent.exists()
    assert not (tmp_path / f"worker-{dead.pid}.prom").exists()


def test_a_process_leaves_its_figures_while_it_runs_and_none_after(tmp_path: Path) -> None:
    directory = MetricsDirectory(tmp_path / "metrics", "worker", exercised())
    directory.start()
    path = tmp_path / "metrics" / f"worker-{os.getpid()}.prom"
    assert value(path.read_text(), "zhida_chunks_total") == 7
    directory.stop()
    directory.stop()
    assert list((tmp_path / "metrics").iterdir()) == []


def test_a_folder_that_cannot_be_written_costs_only_the_figures(tmp_path: Path) -> None:
    directory = MetricsDirectory(tmp_path / "nowhere", "worker", exercised())
    directory.write()
    assert value(directory.exposition(), "zhida_chunks_total", process="worker", pid=str(os.getpid())) == 7
