"""The embedder's socket: takes requests, embeds questions at once, hands chunks to the passage thread.

Questions are embedded on the event loop's own thread. While one run is under way, what arrives waits in the sockets
and makes up the next run: batches form by themselves, without a timer and without a change of threads.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from zhida.embedder.passage_thread import PassageThread
from zhida.embedder.running import count_run, embed_run
from zhida.embedder.waiting import STOPPING, WaitingRequest, WaitingTexts
from zhida.inference import (
    TEXTS_LIMIT,
    CardReply,
    CardRequest,
    EmbedderStatistics,
    EmbeddingSettings,
    EmbedRequest,
    FailureReply,
    FrameBuffer,
    LocalEmbeddingModel,
    Reply,
    Request,
    RoleStatistics,
    StatisticsReply,
    StatisticsRequest,
    TextRole,
    WireError,
    frame,
    request_of,
    vectors_frame,
)
from zhida.observability import EmbedderMeter

GOODBYE_SECONDS = 2.0
"""How long clients may take to read the last replies when the embedder stops."""
_log = logging.getLogger(__name__)


class EmbedderServer:
    """Answers requests of any number of connections; lives on one event loop."""

    def __init__(self, model: LocalEmbeddingModel, settings: EmbeddingSettings, meter: EmbedderMeter) -> None:
        self._meter = meter
        self._model = model
        self._loop = asyncio.get_running_loop()
        limit = settings.waiting_texts_limit
        self._queries = WaitingTexts(run_size=settings.query_batch_size, limit=limit)
        self._passages = PassageThread(
            model,
            run_size=settings.passage_run_size,
            limit=limit,
            deliver=self._deliver,
            observe=lambda texts, seconds: meter.batch(purpose="passage", texts=texts, seconds=seconds),
        )
        self._statistics = RoleStatistics()
        self._started = time.monotonic()
        self._is_run_planned = False
        self._is_stopping = False
        self._all_gone = asyncio.Event()
        self.connections: set[Connection] = set()
        self.broken_connections = 0

    def start(self) -> None:
        """Begin to embed."""
        self._passages.start()

    async def stop(self) -> None:
        """Embed the questions that wait, refuse the chunks that wait, let every client read its replies, and end."""
        self._is_stopping = True
        self._passages.stop()
        while self._queries.count:
            self._embed_queries()
        await asyncio.to_thread(self._passages.join)
        await asyncio.sleep(0)
        for connection in list(self.connections):
            connection.close()
        if self.connections:
            self._all_gone.clear()
            try:
                await asyncio.wait_for(self._all_gone.wait(), GOODBYE_SECONDS)
            except TimeoutError:
                _log.warning("%d clients did not read their last replies", len(self.connections))

    def lost(self, connection: "Connection") -> None:
        """A client is gone."""
        self.connections.discard(connection)
        if not self.connections:
            self._all_gone.set()

    def handle(self, request: Request, connection: "Connection") -> None:
        """Answer a request, now or later."""
        match request:
            case CardRequest(number=number):
                card = self._model.card
                languages = sorted(card.languages)
                connection.send(CardReply(number, card.name, card.dimensions, card.max_tokens, languages))
            case StatisticsRequest(number=number):
                connection.send(StatisticsReply(number, self._counted()))
            case EmbedRequest():
                self._take(request, connection)

    def _take(self, request: EmbedRequest, connection: "Connection") -> None:
        number = request.number
        if self._is_stopping:
            connection.send(FailureReply(number, "stopping", "The embedder stops."))
            return
        if not 0 < len(request.texts) <= TEXTS_LIMIT:
            connection.send(FailureReply(number, "refused", f"A request holds 1 to {TEXTS_LIMIT} texts."))
            return
        answer = partial(connection.answer, number)
        waiting = WaitingRequest(request.texts, self._model.card.dimensions, answer)
        if not self._let_wait(waiting, request.role):
            connection.send(FailureReply(number, "busy", "Too many texts wait to be embedded."))
            return
        connection.waiting[number] = waiting

    def _let_wait(self, waiting: WaitingRequest, role: TextRole) -> bool:
        if role is TextRole.PASSAGE:
            return self._passages.add(waiting)
        if not self._queries.add(waiting):
            self._statistics.refused += len(waiting.texts)
            return False
        self._plan_run()
        return True

    def _plan_run(self) -> None:
        if not self._is_run_planned:
            self._is_run_planned = True
            self._loop.call_soon(self._planned_run)

    def _planned_run(self) -> None:
        self._is_run_planned = False
        self._embed_queries()
        if self._queries.count:
            self._plan_run()

    def _embed_queries(self) -> None:
        run = self._queries.next_run()
        if run is None:
            return
        started = time.perf_counter()
        vectors, failure = embed_run(self._model, run, TextRole.QUERY)
        if vectors is None:
            run.fail(failure)
            return
        count_run(self._statistics, run, since=started, observe=self._observe_query)
        run.finish(vectors)

    def _observe_query(self, texts: int, seconds: float) -> None:
        self._meter.batch(purpose="query", texts=texts, seconds=seconds)

    def _counted(self) -> EmbedderStatistics:
        self._statistics.waiting = self._queries.count
        return EmbedderStatistics(
            queries=self._statistics,
            passages=self._passages.statistics,
            connections=len(self.connections),
            broken_connections=self.broken_connections,
            uptime_seconds=time.monotonic() - self._started,
        )

    def _deliver(self, call: Callable[[], None]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)


class Connection(asyncio.Protocol):
    """One client's socket."""

    def __init__(self, server: EmbedderServer) -> None:
        self._server = server
        self._frames = FrameBuffer()
        self._transport: asyncio.Transport | None = None
        self.waiting: dict[int, WaitingRequest] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client came."""
        self._transport = cast("asyncio.Transport", transport)
        self._server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client went: what it asked for is dropped."""
        del exc
        for request in self.waiting.values():
            request.is_abandoned = True
        self.waiting.clear()
        self._transport = None
        self._server.lost(self)

    def data_received(self, data: bytes) -> None:
        """Requests, or garbage, for which the connection is closed."""
        try:
            for header, _ in self._frames.add(data):
                self._server.handle(request_of(header), self)
        except WireError as error:
            _log.warning("a client does not speak the embedder's protocol: %s", error)
            self._server.broken_connections += 1
            if self._transport is not None:
                self._transport.abort()

    def pause_writing(self) -> None:
        """The client does not read its replies: take no more requests of it."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """The client reads again."""
        if self._transport is not None:
            self._transport.resume_reading()

    def answer(self, number: int, vectors: NDArray[np.float32] | None, failure: str) -> None:
        """Reply to an embedding request."""
        self.waiting.pop(number, None)
        if self._transport is None:
            return
        if vectors is not None:
            self._transport.write(vectors_frame(number, vectors))
        elif failure == STOPPING:
            self.send(FailureReply(number, "stopping", "The embedder stops."))
        else:
            self.send(FailureReply(number, "failed", failure))

    def send(self, reply: Reply) -> None:
        """Reply to anything."""
        if self._transport is not None:
            self._transport.write(frame(reply))

    def close(self) -> None:
        """Send what is still to be sent, then close."""
        if self._transport is not None:
            self._transport.close()


async def run_embedder(
    model: LocalEmbeddingModel,
    *,
    socket_path: Path,
    settings: EmbeddingSettings,
    stop: asyncio.Event,
    meter: EmbedderMeter,
) -> None:
    """Serve a loaded model on a Unix socket until ``stop`` is set.

    The socket's path is at most 107 bytes long, in a folder that only our user may enter; an old socket is replaced.

    Raises:
        OSError: the socket cannot be made.
    """
    server = EmbedderServer(model, settings, meter)
    server.start()
    listening = await asyncio.get_running_loop().create_unix_server(lambda: Connection(server), path=socket_path)
    _log.info("the embedder serves %s", model.card.name)
    try:
        await stop.wait()
    finally:
        listening.close()
        await server.stop()
