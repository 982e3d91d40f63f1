"""How is one run carried out, so that no failure of the model ends the embedder? Called by both of its threads."""

import logging
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from zhida.embedder.waiting import Run
from zhida.errors import ZhidaError
from zhida.inference import LocalEmbeddingModel, RoleStatistics, TextRole

_log = logging.getLogger(__name__)
Observe = Callable[[int, float], None]
"""Told the texts and the seconds of each run."""


def embed_run(model: LocalEmbeddingModel, run: Run, role: TextRole) -> tuple[NDArray[np.float32] | None, str]:
    """The vectors of a run's texts, or None and why the model failed."""
    try:
        return model.embed_now(run.texts, role), ""
    except ZhidaError as error:
        return None, str(error)
    except Exception as error:  # noqa: BLE001
        # This is a door: one text that a native library chokes on must not take everybody's embedder down.
        _log.exception("the embedding model failed")
        return None, f"The embedding model failed: {type(error).__name__}."


def count_run(statistics: RoleStatistics, run: Run, *, since: float, observe: Observe) -> None:
    """Add a run that began at ``since`` on the performance counter, and tell the metrics."""
    seconds = time.perf_counter() - since
    statistics.texts += len(run.texts)
    statistics.runs += 1
    statistics.seconds += seconds
    observe(len(run.texts), seconds)
