"""What is measured? Every metric of ours, by name, in one place; the classes are how rooms and doors report to it.

Label values come from closed sets (route templates, stages, kinds), never from what a person typed. A child of a
metric is looked up once and then kept: ``labels()`` costs more than the count itself.
"""

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Final, Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_Metric = TypeVar("_Metric", Counter, Gauge, Histogram)

_CHILDREN_MAX: Final = 1000
_OTHER: Final = "other"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_REQUEST_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_QUERY_STAGE_SECONDS: Final = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_INGESTION_STAGE_SECONDS: Final = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900)
_BATCH_TEXTS: Final = (1, 2, 4, 8, 16, 32, 64, 128)


class Children(Generic[_Metric]):
    """A metric's children by their label values; past a thousand they share one that is called other."""

    def __init__(self, metric: _Metric, labels: int) -> None:
        self._metric = metric
        self._others = (_OTHER,) * labels
        self._kept: dict[tuple[str, ...], _Metric] = {}

    def at(self, *values: str) -> _Metric:
        """The child of these label values."""
        child = self._kept.get(values)
        if child is None:
            if len(self._kept) >= _CHILDREN_MAX:
                values = self._others
            child = self._kept[values] = self._metric.labels(*values)
        return child


class HttpMeter:
    """Requests, by the API."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("method", "route", "status")
        self._requests = Children(
            Counter("zhida_http_requests", "HTTP requests that were answered.", labels, registry=registry), 3
        )
        self._seconds = Children(
            Histogram(
                "zhida_http_request_seconds",
                "From a request's first byte to its response's last.",
                labels[:2],
                buckets=_REQUEST_SECONDS,
                registry=registry,
            ),
            2,
        )
        self._in_flight = Children(
            Gauge("zhida_http_requests_in_flight", "HTTP requests being answered.", ("method",), registry=registry), 1
        )

    def request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered. ``route`` is the template, not the path."""
        verb = method if method in _METHODS else _OTHER
        self._requests.at(verb, route, str(status)).inc()
        self._seconds.at(verb, route).observe(seconds)

    def in_flight(self, method: str) -> AbstractContextManager[None]:
        """Count a request while it is being answered."""
        return self._in_flight.at(method if method in _METHODS else _OTHER).track_inprogress()


class QueryMeter:
    """Questions and searches, by the rooms that answer them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._queries = Children(
            Counter(
                "zhida_queries",
                "Searches and questions that ended.",
                ("status", "language", "complexity", "cache"),
                registry=registry,
            ),
            4,
        )
        self._stages = Children(
            Histogram(
                "zhida_query_stage_seconds",
                "Time in each stage of a query; total is the whole.",
                ("stage",),
                buckets=_QUERY_STAGE_SECONDS,
                registry=registry,
            ),
            1,
        )

    def query(
        self,
        *,
        status: str,
        language: str = "",
        complexity: str = "",
        cache: str = "off",
        timings_ms: Mapping[str, float],
    ) -> None:
        """Count a query that ended, and its stages.

        Args:
            status: answered, refused, failed, stopped.
            language: the query's, as a BCP 47 tag.
            complexity: as the query plan judged it.
            cache: hit, miss, off.
            timings_ms: milliseconds by stage, ``total`` among them.
        """
        self._queries.at(status, language, complexity, cache).inc()
        for stage, milliseconds in timings_ms.items():
            self._stages.at(stage).observe(milliseconds / 1000)


class DocumentMeter:
    """Documents on their way in, by ingestion (its port ``IngestionMeter``)."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._stages = Children(
            Histogram(
                "zhida_ingestion_stage_seconds",
                "Time in each stage of a document's way in.",
                ("stage",),
                buckets=_INGESTION_STAGE_SECONDS,
                registry=registry,
            ),
            1,
        )
        self._documents = Children(
            Counter(
                "zhida_documents", "Documents that ended their way in.", ("result", "media_type"), registry=registry
            ),
            2,
        )
        self._chunks = Counter("zhida_chunks", "Chunks that were published.", registry=registry)

    def stage(self, name: str, started: float) -> float:
        """Book the time since ``started`` (of ``time.perf_counter``) under a stage; returns now."""
        now = time.perf_counter()
        self._stages.at(name).observe(now - started)
        return now

    def document(self, *, result: str, media_type: str) -> None:
        """Count a document that ended: ready, failed, unchanged, superseded."""
        self._documents.at(result, media_type).inc()

    def chunks(self, count: int) -> None:
        """Count published chunks."""
        self._chunks.inc(count)


class JobMeter:
    """Background jobs, by the worker."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._jobs = Children(
            Gauge("zhida_jobs", "Jobs in the record, by state.", ("kind", "state"), registry=registry), 2
        )
        self._oldest = Children(
            Gauge(
                "zhida_jobs_oldest_seconds", "Age of the oldest job of a state.", ("kind", "state"), registry=registry
            ),
            2,
        )
        self._attempts = Children(
            Counter(
                "zhida_job_attempts", "Attempts at jobs, by how they ended.", ("kind", "result"), registry=registry
            ),
            2,
        )
        self._shown: set[tuple[str, str]] = set()

    def depths(self, depths: Mapping[tuple[str, str], tuple[int, float]]) -> None:
        """Replace all depths: (kind, state) to (how many, the oldest one's age in seconds)."""
        for gone in self._shown - depths.keys():
            self._jobs.at(*gone).set(0)
            self._oldest.at(*gone).set(0)
        for place, (count, oldest_s) in depths.items():
            self._jobs.at(*place).set(count)
            self._oldest.at(*place).set(oldest_s)
        self._shown |= depths.keys()

    def attempt(self, *, kind: str, result: str) -> None:
        """Count an attempt: done, retried, dead."""
        self._attempts.at(kind, result).inc()


class EmbedderMeter:
    """The node's embedding service. ``purpose`` is query or passage."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._texts = Children(
            Histogram(
                "zhida_embedder_batch_texts",
                "Texts in one run of the model.",
                ("purpose",),
                buckets=_BATCH_TEXTS,
                registry=registry,
            ),
            1,
        )
        self._seconds = Children(
            Histogram(
                "zhida_embedder_batch_seconds",
                "Time of one run of the model.",
                ("purpose",),
                buckets=_QUERY_STAGE_SECONDS,
                registry=registry,
            ),
            1,
        )

    def batch(self, *, purpose: str, texts: int, seconds: float) -> None:
        """Count one run of the model."""
        self._texts.at(purpose).observe(texts)
        self._seconds.at(purpose).observe(seconds)


class IndexMeter:
    """The search index against the record, by the indexer and the API."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lag = Gauge(
            "zhida_index_revision_lag",
            "Revisions by which the index furthest behind trails the record.",
            registry=registry,
        )
        self._applied = Counter("zhida_index_changes", "Change-feed entries that were applied.", registry=registry)
        self._events = Children(
            Counter("zhida_index_events", "What befell indexes, and what was done.", ("event",), registry=registry), 1
        )

    def lag(self, revisions: int) -> None:
        """How far the index furthest behind trails."""
        self._lag.set(revisions)

    def applied(self, changes: int) -> None:
        """Count change-feed entries."""
        self._applied.inc(changes)

    def happened(self, event: str, times: int) -> None:
        """Count events: rebuilds, damaged, folds, drops, failures, outages."""
        self._events.at(event).inc(times)


class ErrorMeter:
    """Errors, by whoever catches them; and what watchers of attacks want to see."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._errors = Children(
            Counter("zhida_errors", "Errors, by where and of which kind.", ("component", "kind"), registry=registry), 2
        )
        self._log_ins = Children(
            Counter("zhida_log_ins", "Log-ins, by how they ended.", ("result",), registry=registry), 1
        )

    def error(self, *, component: str, kind: str) -> None:
        """Count an error. ``component`` is a room or a dependency, ``kind`` a ``Kind`` or internal."""
        self._errors.at(component, kind).inc()

    def log_in(self, result: str) -> None:
        """Count a log-in: done, refused, locked."""
        self._log_ins.at(result).inc()
