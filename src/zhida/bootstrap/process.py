"""What does every process of ours do first and last? Reads settings, starts its log and its figures, ends both."""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from zhida.bootstrap.places import Places, places
from zhida.errors import ZhidaError
from zhida.observability import Metrics, MetricsDirectory, configure_logging
from zhida.settings import Settings, read_settings

MISCONFIGURED_EXIT_CODE = 78
"""EX_CONFIG of sysexits.h: starting again will not help before somebody has changed something."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process of a node, set up."""

    settings: Settings
    places: Places
    metrics: Metrics
    metrics_page: MetricsDirectory


@contextmanager
def process(role: str) -> Generator[Process]:
    """Settings read, folders there, log and figures running; an error of ours ends the process with one clear line."""
    os.umask(0o077)  # whatever a process of ours writes is its owner's alone
    try:
        settings = read_settings()
        layout = places(settings.data_dir)
        layout.make()
    except ZhidaError as error:
        sys.stderr.write(f"zhida {role}: {error}\n")
        raise SystemExit(MISCONFIGURED_EXIT_CODE) from error
    observability = settings.observability
    output = layout.logs / f"{role}.log" if settings.log_to_files else None
    log = configure_logging(observability.log_level, output=output, form=observability.log_form)
    metrics = Metrics()
    page = MetricsDirectory(layout.metrics, role, metrics, interval=observability.metrics_interval)
    try:
        page.start()
        yield Process(settings, layout, metrics, page)
    except ZhidaError as error:
        sys.stderr.write(f"zhida {role}: {error}\n")
        raise SystemExit(1) from error
    finally:
        page.stop()
        log.stop()
