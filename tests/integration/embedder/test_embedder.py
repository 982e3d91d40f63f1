"""The embedder over a real socket: batches, order, bad clients, restarts, and its end."""

import asyncio
import os
import signal
import struct
import sys
import tempfile
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from zhida.embedder import run_embedder
from zhida.embedder.passage_thread import LOWEST_PRIORITY
from zhida.inference import (
    TEXTS_LIMIT,
    EmbedderStatistics,
    EmbeddingModelCard,
    EmbeddingSettings,
    EmbedRequest,
    FailureReply,
    FrameBuffer,
    ModelUnavailableError,
    Reply,
    TextRole,
    frame,
    reply_of,
)
from zhida.inference.adapters.memory import HashedEmbeddingModel
from zhida.inference.adapters.remote import RemoteEmbeddingModel
from zhida.observability import Metrics

DEADLINE = 10.0
OWN_PROCESS = """
import asyncio, sys
from pathlib import Path
from zhida.embedder import run_embedder
from zhida.inference import EmbeddingSettings
from zhida.inference.adapters.memory import HashedEmbeddingModel
from zhida.observability import Metrics
asyncio.run(run_embedder(HashedEmbeddingModel(), socket_path=Path(sys.argv[1]), settings=EmbeddingSettings(),
                         stop=asyncio.Event(), meter=Metrics().embedder))
"""


class ObservedModel:
    """The hashed stand-in, which remembers its runs, and waits at a gate where one is set."""

    def __init__(self) -> None:
        self._model = HashedEmbeddingModel(dimensions=32)
        self.runs: list[tuple[TextRole, list[str]]] = []
        self.niceness: dict[TextRole, int] = {}
        self.gate = threading.Event()
        self.gate.set()
        self.is_at_gate = threading.Event()
        self.failure: Exception | None = None

    @property
    def card(self) -> EmbeddingModelCard:
        return self._model.card

    def embed_now(self, texts: Sequence[str], role: TextRole) -> NDArray[np.float32]:
        self.runs.append((role, list(texts)))
        self.niceness[role] = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        if role is TextRole.PASSAGE:
            self.is_at_gate.set()
            self.gate.wait(DEADLINE)
        if self.failure is not None:
            raise self.failure
        return self._model.embed_now(texts, role)


@pytest.fixture
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="zhida-") as folder:
        yield Path(folder) / "embedder.sock"


@asynccontextmanager
async def embedder(
    model: ObservedModel, path: Path, settings: EmbeddingSettings | None = None
) -> AsyncGenerator[RemoteEmbeddingModel]:
    settings, stop = settings or EmbeddingSettings(), asyncio.Event()
    task = asyncio.create_task(
        run_embedder(model, socket_path=path, settings=settings, stop=stop, meter=Metrics().embedder)
    )
    remote = RemoteEmbeddingModel(path, card=model.card, settings=settings)
    try:
        yield remote
    finally:
        model.gate.set()
        await remote.close()
        stop.set()
        await asyncio.wait_for(task, DEADLINE)


async def at_gate(model: ObservedModel) -> None:
    assert await asyncio.to_thread(model.is_at_gate.wait, DEADLINE)


async def until(remote: RemoteEmbeddingModel, holds: Callable[[EmbedderStatistics], bool]) -> None:
    """Ask the embedder until its statistics are as they should become."""
    async with asyncio.timeout(DEADLINE):
        while not holds(await remote.statistics()):
            pass


async def until_closed(path: Path) -> None:
    """Knock until nobody opens."""
    async with asyncio.timeout(DEADLINE):
        with suppress(OSError):
            while True:
                _, writer = await asyncio.open_unix_connection(path)
                writer.close()


async def raw_replies(path: Path, sent: bytes) -> list[Reply]:
    """What the embedder answers to bytes, until it closes the connection or has answered once."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(sent)
    frames, replies = FrameBuffer(), list[Reply]()
    with suppress(ConnectionError):
        while not replies and (received := await asyncio.wait_for(reader.read(65_536), DEADLINE)):
            replies += [reply_of(header) for header, _ in frames.add(received)]
    writer.close()
    return replies


async def test_questions_that_wait_are_embedded_together(path: Path) -> None:
    model = ObservedModel()
    async with embedder(model, path) as remote:
        await remote.embed_queries(["to connect"])
        await asyncio.gather(*(remote.embed_queries([str(number)]) for number in range(100)))
        counted = (await remote.statistics()).queries
    sizes = [len(texts) for _, texts in model.runs[1:]]
    assert sum(sizes) == 100
    assert max(sizes) == 64
    assert (counted.texts, counted.runs) == (101, len(model.runs))


async def test_chunks_are_embedded_a_few_at_a_time_the_short_ones_first(path: Path) -> None:
    model = ObservedModel()
    texts = ["long " * number for number in range(9, 0, -1)]
    async with embedder(model, path) as remote:
        vectors = await remote.embed_passages(texts)
    assert np.allclose(vectors, HashedEmbeddingModel(dimensions=32).embed_now(texts, TextRole.PASSAGE))
    assert [len(run) for _, run in model.runs] == [4, 4, 1]
    assert [text for _, run in model.runs for text in run] == sorted(texts, key=len)


async def test_questions_are_answered_while_chunks_are_embedded(path: Path) -> None:
    model = ObservedModel()
    async with embedder(model, path) as remote:
        model.gate.clear()
        chunks = asyncio.create_task(remote.embed_passages(["one", "two"]))
        await at_gate(model)
        assert (await remote.embed_queries(["question"])).shape == (1, 32)
        assert not chunks.done()
        model.gate.set()
        assert (await chunks).shape == (2, 32)
    if sys.platform == "linux":
        assert model.niceness[TextRole.PASSAGE] == LOWEST_PRIORITY
        assert model.niceness[TextRole.QUERY] < LOWEST_PRIORITY


async def test_too_many_waiting_texts_are_turned_away_and_counted(path: Path) -> None:
    model = ObservedModel()
    async with embedder(model, path, EmbeddingSettings(waiting_texts_limit=10)) as remote:
        model.gate.clear()
        first = asyncio.create_task(remote.embed_passages(["at the gate"]))
        await at_gate(model)
        second = asyncio.create_task(remote.embed_passages(["waits"] * 8))
        await until(remote, lambda counted: counted.passages.waiting == 8)
        with pytest.raises(ModelUnavailableError, match="Too many texts"):
            await remote.embed_passages(["one too many"] * 3)
        assert (await remote.statistics()).passages.refused == 3
        model.gate.set()
        await asyncio.gather(first, second)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n\r\n" + b" " * 64,
        struct.pack(">II", 1 << 31, 0),
        struct.pack(">II", 8, 1 << 31),
        struct.pack(">II", 0, 0),
        struct.pack(">II", 4, 0) + b"\xc1\xc1\xc1\xc1",
        struct.pack(">II", 3, 0) + b"\x93\xa1x",
    ],
)
async def test_a_client_that_speaks_otherwise_is_cut_off_and_the_rest_go_on(path: Path, sent: bytes) -> None:
    model = ObservedModel()
    async with embedder(model, path) as remote:
        await remote.embed_queries(["before"])
        assert await raw_replies(path, sent) == []
        assert (await remote.embed_queries(["after"])).shape == (1, 32)
        assert (await remote.statistics()).broken_connections == 1


@pytest.mark.parametrize("count", [0, TEXTS_LIMIT + 1])
async def test_a_request_with_too_few_or_too_many_texts_is_refused(path: Path, count: int) -> None:
    async with embedder(ObservedModel(), path) as remote:
        await remote.embed_queries(["before"])
        (reply,) = await raw_replies(path, frame(EmbedRequest(7, TextRole.QUERY, ["x"] * count)))
        assert isinstance(reply, FailureReply)
        assert (reply.number, reply.reason) == (7, "refused")


async def test_requests_of_a_client_that_left_are_dropped(path: Path) -> None:
    model = ObservedModel()
    async with embedder(model, path) as remote:
        model.gate.clear()
        first = asyncio.create_task(remote.embed_passages(["at the gate"]))
        await at_gate(model)
        _, writer = await asyncio.open_unix_connection(path)
        writer.write(frame(EmbedRequest(1, TextRole.PASSAGE, ["nobody listens"] * 8)))
        await until(remote, lambda counted: counted.passages.waiting == 8)
        writer.close()
        await until(remote, lambda counted: counted.connections == 1)
        model.gate.set()
        await first
        await remote.embed_passages(["last"])
    assert all("nobody listens" not in texts for _, texts in model.runs)


@pytest.mark.parametrize("role", list(TextRole))
async def test_a_model_that_fails_is_unavailable_and_the_embedder_goes_on(path: Path, role: TextRole) -> None:
    model = ObservedModel()
    async with embedder(model, path) as remote:
        embed = remote.embed_queries if role is TextRole.QUERY else remote.embed_passages
        for failure in (ModelUnavailableError("out of memory"), ValueError("a bug in the native library")):
            model.failure = failure
            with pytest.raises(ModelUnavailableError, match="could not embed"):
                await embed(["one"])
        model.failure = None
        assert (await embed(["one"])).shape == (1, 32)


async def test_another_model_than_configured_is_named(path: Path) -> None:
    async with embedder(ObservedModel(), path):
        card = HashedEmbeddingModel(dimensions=64).card
        remote = RemoteEmbeddingModel(path, card=card, settings=EmbeddingSettings())
        with pytest.raises(ModelUnavailableError, match=r"hashed-words-32, but hashed-words-64.*Restart"):
            await remote.embed_queries(["one"])


async def test_an_embedder_that_is_not_there_is_unavailable_after_the_time_limit(path: Path) -> None:
    settings = EmbeddingSettings(query_timeout_seconds=0.05)
    remote = RemoteEmbeddingModel(path, card=HashedEmbeddingModel().card, settings=settings)
    with pytest.raises(ModelUnavailableError, match="within"):
        await remote.embed_queries(["one"])


async def test_an_embedder_that_is_long_gone_is_not_waited_for_and_found_when_it_comes(path: Path) -> None:
    settings = EmbeddingSettings(query_timeout_seconds=0.05)
    model = ObservedModel()
    remote = RemoteEmbeddingModel(path, card=model.card, settings=settings)
    with pytest.raises(ModelUnavailableError, match="within"):
        await remote.embed_queries(["one"])
    chunks = asyncio.create_task(remote.embed_passages(["jobs are patient"]))
    for _ in range(3):
        with pytest.raises(ModelUnavailableError, match="not there"):
            await remote.embed_queries(["two"])
    async with embedder(model, path):
        assert (await chunks).shape == (1, 32)
        assert (await remote.embed_queries(["three"])).shape == (1, 32)
        await remote.close()


async def test_what_an_embedder_refuses_because_it_stops_is_asked_of_the_next_one(path: Path) -> None:
    first, stop = ObservedModel(), asyncio.Event()
    first.gate.clear()
    task = asyncio.create_task(
        run_embedder(first, socket_path=path, settings=EmbeddingSettings(), stop=stop, meter=Metrics().embedder)
    )
    remote = RemoteEmbeddingModel(path, card=first.card, settings=EmbeddingSettings())
    chunks = asyncio.create_task(remote.embed_passages(["one", "two", "three", "four", "waits in a second run"]))
    await at_gate(first)
    stop.set()
    await until_closed(path)
    first.gate.set()
    await asyncio.wait_for(task, DEADLINE)
    assert not chunks.done()
    async with embedder(ObservedModel(), path):
        assert (await chunks).shape == (5, 32)
        await remote.close()


async def test_a_killed_embedder_is_found_again(path: Path) -> None:
    model = HashedEmbeddingModel()
    remote = RemoteEmbeddingModel(path, card=model.card, settings=EmbeddingSettings(query_timeout_seconds=DEADLINE))
    for _ in range(2):
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", OWN_PROCESS, str(path))
        vectors = await asyncio.gather(*(remote.embed_queries([f"question {number}"]) for number in range(20)))
        assert all(vector.shape == (1, model.card.dimensions) for vector in vectors)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    await remote.close()


async def test_an_embedder_that_stops_finishes_what_it_runs_and_refuses_what_waits(path: Path) -> None:
    model, stop = ObservedModel(), asyncio.Event()
    settings = EmbeddingSettings(passage_timeout_seconds=0.2)
    task = asyncio.create_task(
        run_embedder(model, socket_path=path, settings=settings, stop=stop, meter=Metrics().embedder)
    )
    running = RemoteEmbeddingModel(path, card=model.card, settings=EmbeddingSettings())
    waiting = RemoteEmbeddingModel(path, card=model.card, settings=settings)
    model.gate.clear()
    first = asyncio.create_task(running.embed_passages(["under way"]))
    await at_gate(model)
    second = asyncio.create_task(waiting.embed_passages(["waits"]))
    await until(running, lambda counted: counted.passages.waiting == 1)
    stop.set()
    with pytest.raises(ModelUnavailableError):
        await second
    model.gate.set()
    assert (await first).shape == (1, 32)
    await asyncio.wait_for(task, DEADLINE)
    assert [texts for _, texts in model.runs] == [["under way"]]
    await running.close()
    await waiting.close()
