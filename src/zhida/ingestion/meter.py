"""What ingestion reports about itself; bootstrap plugs in the metrics, tests the silent one."""

import time
from typing import Protocol


class IngestionMeter(Protocol):
    """Counts documents and times stages."""

    def stage(self, name: str, started: float) -> float:
        """Book the time since ``started`` (of ``time.perf_counter``) under a stage; returns now."""
        ...

    def document(self, *, result: str, media_type: str) -> None:
        """Count a document that ended."""
        ...

    def chunks(self, count: int) -> None:
        """Count published chunks."""
        ...


class SilentMeter:
    """Reports nothing."""

    def stage(self, name: str, started: float) -> float:  # noqa: ARG002 - the port's signature
        """Book nothing."""
        return time.perf_counter()

    def document(self, *, result: str, media_type: str) -> None:
        """Count nothing."""

    def chunks(self, count: int) -> None:
        """Count nothing."""
