"""A job handler that remembers what it was asked, and a way to wait for what it saw."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

DEADLINE_SECONDS = 30.0

Behaviour = Callable[[Mapping[str, str], int], Awaitable[None]]


async def succeed(_payload: Mapping[str, str], _attempt: int) -> None:
    """Do nothing, successfully."""


class RecordingHandler:
    """Behaves as told, and keeps each call and each surrender."""

    def __init__(
        self, behaviour: Behaviour = succeed, *, kind: str = "work", concurrency: int = 2, max_attempts: int = 3
    ) -> None:
        self.kind = kind
        self.concurrency = concurrency
        self.max_attempts = max_attempts
        self.behaviour = behaviour
        self.calls: list[tuple[dict[str, str], int]] = []
        self.given_up: list[tuple[dict[str, str], str]] = []

    async def __call__(self, payload: Mapping[str, str], attempt: int) -> None:
        self.calls.append((dict(payload), attempt))
        await self.behaviour(payload, attempt)

    async def gave_up(self, payload: Mapping[str, str], error: str) -> None:
        self.given_up.append((dict(payload), error))


async def eventually(question: Callable[[], Awaitable[bool]]) -> None:
    """Ask until the answer is yes."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not await question():  # noqa: ASYNC110  the answer may lie in another process
            await asyncio.sleep(0.02)
