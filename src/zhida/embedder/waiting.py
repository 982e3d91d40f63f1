"""What waits to be embedded, and what is embedded next? Pure bookkeeping, without threads or sockets.

Called by the server for questions and by the passage thread for chunks.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

STOPPING = "stopping"
"""Why a request is refused when the embedder ends; any other reason is a sentence."""
Answer = Callable[[NDArray[np.float32] | None, str], None]
"""Called once for each request: with its vectors, or with None and what went wrong."""


@dataclass(slots=True, eq=False)
class WaitingRequest:
    """One request; its texts may be embedded in several runs.

    Attributes:
        order: places of the texts, shortest first, so that a run pads little.
        done: how many of ``order`` are embedded.
        is_abandoned: nobody listens any more.
    """

    texts: Sequence[str]
    dimensions: int
    answer: Answer
    order: list[int] = field(init=False)
    vectors: NDArray[np.float32] = field(init=False)
    done: int = 0
    is_abandoned: bool = False

    def __post_init__(self) -> None:
        self.order = sorted(range(len(self.texts)), key=lambda place: len(self.texts[place]))
        self.vectors = np.empty((len(self.texts), self.dimensions), np.float32)


@dataclass(frozen=True, slots=True)
class Run:
    """Texts that are embedded together, and where each belongs."""

    parts: list[tuple[WaitingRequest, list[int]]]

    @property
    def texts(self) -> list[str]:
        """In the order of the vectors that ``finish`` expects."""
        return [request.texts[place] for request, places in self.parts for place in places]

    def finish(self, vectors: NDArray[np.float32]) -> None:
        """Hand the vectors to their requests, and answer those that are whole."""
        start = 0
        for request, places in self.parts:
            request.vectors[places] = vectors[start : start + len(places)]
            start += len(places)
            request.done += len(places)
            if request.done == len(request.texts) and not request.is_abandoned:
                request.answer(request.vectors, "")

    def fail(self, reason: str) -> None:
        """Answer every request of the run that it failed; the rest of their texts is not embedded."""
        for request, _ in self.parts:
            if not request.is_abandoned:
                request.is_abandoned = True
                request.answer(None, reason)


class WaitingTexts:
    """First come, first served, in runs of at most ``run_size`` texts; never more than ``limit`` texts wait."""

    def __init__(self, *, run_size: int, limit: int) -> None:
        self._run_size = run_size
        self._limit = limit
        self._requests: deque[tuple[WaitingRequest, int]] = deque()
        self.count = 0

    def add(self, request: WaitingRequest) -> bool:
        """Let a request wait. False: too much waits already, it was not taken."""
        if self.count and self.count + len(request.texts) > self._limit:
            return False
        self._requests.append((request, 0))
        self.count += len(request.texts)
        return True

    def next_run(self) -> Run | None:
        """The texts to embed now, taken out of what waits; None where nothing waits."""
        parts: list[tuple[WaitingRequest, list[int]]] = []
        room = self._run_size
        while self._requests and room:
            request, taken = self._requests.popleft()
            left = len(request.texts) - taken
            if request.is_abandoned:
                self.count -= left
                continue
            size = min(room, left)
            parts.append((request, request.order[taken : taken + size]))
            self.count -= size
            room -= size
            if size < left:
                self._requests.appendleft((request, taken + size))
        return Run(parts) if parts else None

    def refuse_all(self, reason: str) -> None:
        """Answer everything that waits with a failure."""
        while self._requests:
            request, _ = self._requests.popleft()
            if not request.is_abandoned:
                request.is_abandoned = True
                request.answer(None, reason)
        self.count = 0
