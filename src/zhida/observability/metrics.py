"""One process's figures: its registry and all its meters. Made once by bootstrap and handed to whoever reports."""

from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import generate_latest

from zhida.observability.meters import (
    DocumentMeter,
    EmbedderMeter,
    ErrorMeter,
    HttpMeter,
    IndexMeter,
    JobMeter,
    QueryMeter,
)


class Metrics:
    """The meters, over a registry of their own, so that two in one test do not meet.

    A metric without labels shows its zero from the start; one with labels shows what has happened.
    """

    def __init__(self) -> None:
        disable_created_metrics()  # they double the lines, and say when a counter began: the scrape's gaps say that
        registry = CollectorRegistry()
        self._registry = registry
        self.http = HttpMeter(registry)
        self.queries = QueryMeter(registry)
        self.documents = DocumentMeter(registry)
        self.jobs = JobMeter(registry)
        self.embedder = EmbedderMeter(registry)
        self.index = IndexMeter(registry)
        self.errors = ErrorMeter(registry)
        ProcessCollector(registry=registry)

    def exposition(self) -> str:
        """All figures in Prometheus' text form (version 0.0.4)."""
        return generate_latest(self._registry).decode()
