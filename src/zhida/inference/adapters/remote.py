"""The node's embedder, asked over its Unix socket. Wired by bootstrap into the api and the worker.

One connection carries all requests of a process. When the embedder restarts, the connection is made again by itself
and what was under way is asked once more: to embed is idempotent.
"""

import asyncio
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from zhida.inference.call_rules import require_no_open_unit
from zhida.inference.embedding_wire import (
    CardReply,
    CardRequest,
    EmbedderStatistics,
    EmbedRequest,
    FailureReply,
    FrameBuffer,
    Reply,
    Request,
    StatisticsReply,
    StatisticsRequest,
    VectorsReply,
    WireError,
    frame,
    reply_of,
    vectors_of,
)
from zhida.inference.errors import ModelRejectedError, ModelUnavailableError
from zhida.inference.local_model import TextRole
from zhida.inference.ports import EmbeddingModelCard
from zhida.inference.settings import EmbeddingSettings
from zhida.inference.well_formed import well_formed

TEXTS_PER_REQUEST = 64
"""A document's chunks are sent in parts, so that several documents take turns."""
_ADVICE = "It is started again by itself; if this stays, look into the embedder's log."
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.02, 0.25


class _ConnectionLostError(Exception):
    """The embedder went away before it answered."""


class _Connection(asyncio.Protocol):
    """The client's end; every reply finds its caller by number."""

    def __init__(self) -> None:
        self._frames = FrameBuffer()
        self._callers: dict[int, asyncio.Future[tuple[Reply, bytes]]] = {}
        self._numbers = count(1)
        self._transport: asyncio.Transport | None = None

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._transport = None
        for caller in self._callers.values():
            if not caller.done():
                caller.set_exception(_ConnectionLostError())
        self._callers.clear()

    def data_received(self, data: bytes) -> None:
        try:
            for header, body in self._frames.add(data):
                reply = reply_of(header)
                caller = self._callers.pop(reply.number, None)
                if caller is not None and not caller.done():
                    caller.set_result((reply, body))
        except WireError:
            self.close()

    async def ask(self, make: Callable[[int], Request]) -> tuple[Reply, bytes]:
        """Send a request that was given a number, and wait for its reply."""
        if self._transport is None or self._transport.is_closing():
            raise _ConnectionLostError
        number = next(self._numbers)
        caller: asyncio.Future[tuple[Reply, bytes]] = asyncio.get_running_loop().create_future()
        self._callers[number] = caller
        self._transport.write(frame(make(number)))
        try:
            return await caller
        finally:
            self._callers.pop(number, None)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class RemoteEmbeddingModel:
    """The embedding port over the embedder's socket; belongs to one event loop."""

    def __init__(self, socket_path: Path, *, card: EmbeddingModelCard, settings: EmbeddingSettings) -> None:
        """``card``: of the model that is configured; the embedder must run the same."""
        self._socket_path = socket_path
        self._card = card
        self._settings = settings
        self._connection: _Connection | None = None
        self._connecting = asyncio.Lock()
        self._gone_since: float | None = None

    @property
    def card(self) -> EmbeddingModelCard:
        """What the model is."""
        return self._card

    async def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed questions, together with those of other processes."""
        return await self._embed(texts, TextRole.QUERY, self._settings.query_timeout_seconds)

    async def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed chunks; the time limit is for each part of them."""
        return await self._embed(texts, TextRole.PASSAGE, self._settings.passage_timeout_seconds)

    async def statistics(self) -> EmbedderStatistics:
        """What the embedder did since it started.

        Raises:
            ModelUnavailableError: it does not answer.
        """
        reply, _ = await self._ask(StatisticsRequest, self._settings.query_timeout_seconds)
        if not isinstance(reply, StatisticsReply):
            raise _unexpected(reply)
        return reply.statistics

    async def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def _embed(self, texts: Sequence[str], role: TextRole, seconds: float) -> NDArray[np.float32]:
        require_no_open_unit()
        clean = [well_formed(text) for text in texts]
        parts = [clean[start : start + TEXTS_PER_REQUEST] for start in range(0, len(clean), TEXTS_PER_REQUEST)]
        vectors = [await self._embed_part(part, role, seconds) for part in parts]
        return np.concatenate(vectors) if vectors else np.empty((0, self._card.dimensions), np.float32)

    async def _embed_part(self, texts: list[str], role: TextRole, seconds: float) -> NDArray[np.float32]:
        reply, body = await self._ask(lambda number: EmbedRequest(number, role, texts), seconds)
        if not isinstance(reply, VectorsReply):
            raise _unexpected(reply)
        try:
            vectors = vectors_of(reply, body)
        except WireError as error:
            raise ModelUnavailableError("The embedder's reply is broken.", advice=_ADVICE) from error
        if vectors.shape != (len(texts), self._card.dimensions):
            raise ModelUnavailableError("The embedder's reply has the wrong size.", advice=_ADVICE)
        return vectors

    async def _ask(self, make: Callable[[int], Request], seconds: float) -> tuple[Reply, bytes]:
        try:
            async with asyncio.timeout(seconds):
                return await self._ask_twice(make, seconds)
        except TimeoutError as error:
            message = f"The embedder did not answer within {seconds:g} s."
            raise ModelUnavailableError(message, advice=_ADVICE) from error

    async def _ask_twice(self, make: Callable[[int], Request], seconds: float) -> tuple[Reply, bytes]:
        for _ in range(2):
            connection = await self._connected(seconds)
            try:
                reply, body = await connection.ask(make)
            except _ConnectionLostError:
                continue
            if isinstance(reply, FailureReply) and reply.reason == "stopping":
                connection.close()
                continue
            return reply, body
        raise ModelUnavailableError("The embedder was lost twice while it worked on this.", advice=_ADVICE)

    async def _connected(self, seconds: float) -> _Connection:
        if self._connection is not None and self._connection.is_open:
            return self._connection
        if self._connecting.locked():
            self._require_recently_there(seconds)
        async with self._connecting:
            if self._connection is None or not self._connection.is_open:
                self._connection = await self._connect(seconds)
            return self._connection

    def _require_recently_there(self, seconds: float) -> None:
        """Whoever would wait in vain is told at once: without its embedder, a search must not cost its time limit."""
        if self._gone_since is not None and asyncio.get_running_loop().time() - self._gone_since > seconds:
            raise ModelUnavailableError("The embedder is not there.", advice=_ADVICE)

    async def _connect(self, seconds: float) -> _Connection:
        """Try until it succeeds, or the embedder is gone for longer than the caller would wait."""
        loop = asyncio.get_running_loop()
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                _, connection = await loop.create_unix_connection(_Connection, str(self._socket_path))
                await self._compare_cards(connection)
            except (OSError, _ConnectionLostError):
                self._gone_since = self._gone_since or loop.time()
                self._require_recently_there(seconds)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            else:
                self._gone_since = None
                return connection

    async def _compare_cards(self, connection: _Connection) -> None:
        reply, _ = await connection.ask(CardRequest)
        if not isinstance(reply, CardReply):
            connection.close()
            raise _unexpected(reply)
        if (reply.name, reply.dimensions) != (self._card.name, self._card.dimensions):
            connection.close()
            message = f"The embedder runs {reply.name}, but {self._card.name} is configured."
            raise ModelUnavailableError(message, advice="Restart Zhida, so that all processes read the same settings.")


def _unexpected(reply: Reply) -> ModelUnavailableError | ModelRejectedError:
    if isinstance(reply, FailureReply) and reply.reason == "refused":
        return ModelRejectedError(f"The embedder refused the texts: {reply.message}")
    if isinstance(reply, FailureReply):
        advice = "Try again in a moment." if reply.reason == "busy" else _ADVICE
        return ModelUnavailableError(f"The embedder could not embed: {reply.message}", advice=advice)
    return ModelUnavailableError("The embedder's reply does not fit the request.", advice=_ADVICE)
