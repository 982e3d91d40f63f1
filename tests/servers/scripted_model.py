"""A model provider for tests: a real HTTP/1.1 server in OpenAI's form whose every move is scripted.

``async with ScriptedModelServer() as server:`` in an asynchronous test; ``with running_scripted_model() as server:``
runs it in a thread of its own, for tests that start Zhida's processes. Change ``server.behaviour`` at any time: it is
read once per request.
"""

import asyncio
import json
import re
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

Prompt = Sequence[dict[str, str]]


@dataclass(frozen=True)
class Behaviour:
    """What the provider does with a request. Durations are in seconds.

    Attributes:
        reply: prompt to deltas.
        statuses: answered with an error, one per request, before anything succeeds; counted by ``server.requests``.
        retry_after: value of the Retry-After header of those errors.
        disconnect_after: cut the connection after so many deltas.
        hang_after: say nothing more after so many deltas, and keep the connection open.
        error_after: send an error object inside the stream after so many deltas.
        garbage_after: send bytes that are no chunk after so many deltas.
        reasoning: deltas of ``reasoning_content`` before the text.
        keep_alives: comments sent before the first delta.
    """

    reply: Callable[[Prompt], Sequence[str]] = lambda _prompt: ["Hello", ", ", "world."]
    first_token_seconds: float = 0.0
    between_seconds: float = 0.0
    statuses: tuple[int, ...] = ()
    retry_after: str | None = None
    disconnect_after: int | None = None
    hang_after: int | None = None
    error_after: int | None = None
    error_code: int | str | None = 500
    garbage_after: int | None = None
    sends_usage: bool = True
    sends_done: bool = True
    sends_finish_reason: bool = True
    space_after_colon: bool = True
    line_end: str = "\n"
    streams: bool = True
    finish_reason: str = "stop"
    reasoning: tuple[str, ...] = ()
    keep_alives: int = 0


@dataclass
class ScriptedModelServer:
    """Listens on a free loopback port.

    Attributes:
        requests: bodies of all chat requests, in order. keys: their Authorization headers.
        stopped: replies whose connection the client closed before their end.
        completed: replies that were sent to their end.
    """

    behaviour: Behaviour = field(default_factory=Behaviour)
    requests: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    keys: list[str | None] = field(default_factory=list[str | None])
    stopped: int = 0
    has_stopped: asyncio.Event = field(default_factory=asyncio.Event)
    completed: int = 0
    port: int = 0
    _errors_sent: int = 0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    @property
    def base_url(self) -> str:
        """What ``ZHIDA_INFERENCE__CHAT__BASE_URL`` is set to."""
        return f"http://127.0.0.1:{self.port}/v1"

    def behave(self, behaviour: Behaviour) -> None:
        """From now on; errors that were sent before do not count."""
        self._errors_sent = 0
        self.behaviour = behaviour

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_error: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._answer_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Read and answer one request; False where the connection ends with it."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request_line, *lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        _method, path, _version = request_line.split(" ")
        if path.endswith("/models"):
            self._send_json(writer, 200, {"object": "list", "data": [{"id": "scripted", "object": "model"}]})
            return True
        if not path.endswith("/chat/completions"):
            self._send_json(writer, 404, {"error": {"message": f"no route {path}", "type": "invalid_request_error"}})
            return True
        request: dict[str, Any] = json.loads(body)
        self.requests.append(request)
        self.keys.append(headers.get("authorization"))
        return await self._complete(request, reader, writer)

    async def _complete(
        self, request: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        behaviour = self.behaviour
        if self._errors_sent < len(behaviour.statuses):
            status = behaviour.statuses[self._errors_sent]
            self._errors_sent += 1
            error = {"message": f"scripted error {status}", "type": "scripted", "code": status}
            self._send_json(writer, status, {"error": error}, retry_after=behaviour.retry_after)
            return True
        texts = list(behaviour.reply(request["messages"]))
        if not behaviour.streams:
            message = {"role": "assistant", "content": "".join(texts)}
            choices = [{"index": 0, "message": message, "finish_reason": behaviour.finish_reason}]
            self._send_json(writer, 200, {"choices": choices, "usage": _usage(request, texts)})
            self.completed += 1
            return True
        closed = asyncio.create_task(reader.read(1))
        sending = asyncio.create_task(self._stream(behaviour, request, texts, writer))
        try:
            await asyncio.wait({closed, sending}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                is_complete = sending.result()
                self.completed += is_complete
            else:
                self.stopped += 1
                self.has_stopped.set()
        finally:
            closed.cancel()
            sending.cancel()
            await asyncio.gather(closed, sending, return_exceptions=True)
        return False

    async def _stream(
        self, behaviour: Behaviour, request: dict[str, Any], texts: Sequence[str], writer: asyncio.StreamWriter
    ) -> bool:
        """Send the reply; True where it was sent to its end."""
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        send = _Sender(behaviour, writer)
        for _ in range(behaviour.keep_alives):
            await send.raw(": keep-alive" + behaviour.line_end * 2)
        await asyncio.sleep(behaviour.first_token_seconds)
        for text in behaviour.reasoning:
            await send.delta({"content": None, "reasoning_content": text})
        await send.delta({"role": "assistant", "content": ""})
        for number, text in enumerate([*texts, None]):
            if await self._misbehaves(behaviour, number, send):
                return False
            if text is not None:
                await send.delta({"content": text})
                await asyncio.sleep(behaviour.between_seconds)
        if behaviour.sends_finish_reason:
            await send.delta({}, behaviour.finish_reason)
        if behaviour.sends_usage and request.get("stream_options", {}).get("include_usage"):
            await send.payload(json.dumps({"choices": [], "usage": _usage(request, texts)}))
        if behaviour.sends_done:
            await send.payload("[DONE]")
        return True

    async def _misbehaves(self, behaviour: Behaviour, number: int, send: "_Sender") -> bool:
        """Do the harm that is due after ``number`` deltas; True where the reply ends with it."""
        if behaviour.disconnect_after == number:
            send.writer.transport.abort()
            return True
        if behaviour.hang_after == number:
            await asyncio.Event().wait()
        if behaviour.error_after == number:
            await send.payload(json.dumps({"error": {"message": "scripted", "code": behaviour.error_code}}))
            return True
        if behaviour.garbage_after == number:
            await send.payload("{<html>502 Bad Gateway</html>")
            return True
        return False

    def _send_json(
        self, writer: asyncio.StreamWriter, status: int, content: dict[str, Any], *, retry_after: str | None = None
    ) -> None:
        body = json.dumps(content).encode()
        extra = f"Retry-After: {retry_after}\r\n" if retry_after is not None else ""
        length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"HTTP/1.1 {status} Scripted\r\n{length}{extra}\r\n".encode() + body)


@dataclass(frozen=True)
class _Sender:
    behaviour: Behaviour
    writer: asyncio.StreamWriter

    async def raw(self, text: str) -> None:
        self.writer.write(text.encode())
        await self.writer.drain()

    async def payload(self, text: str) -> None:
        colon = "data: " if self.behaviour.space_after_colon else "data:"
        await self.raw(colon + text + self.behaviour.line_end * 2)

    async def delta(self, delta: dict[str, str | None], finish_reason: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        chunk = {"id": "scripted", "object": "chat.completion.chunk", "model": "scripted", "choices": [choice]}
        await self.payload(json.dumps(chunk, ensure_ascii=False))


def _usage(request: dict[str, Any], texts: Sequence[str]) -> dict[str, int]:
    prompt = sum(len(message["content"]) for message in request["messages"]) // 4
    completion = sum(map(len, texts)) // 4
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def honest(prompt: Prompt) -> list[str]:
    """Reads the evidence in Zhida's prompt and says its best sentence with the right marker, or that there is none."""
    text = prompt[-1]["content"]
    question = _between(text, "QUESTION")
    words = _words(question)
    best = (0, "", 0)
    for number, passage in re.findall(r"(?ms)^\[(\d+)\][^\n]*\n(.*?)(?=^\[\d+\]|\Z)", _between(text, "EVIDENCE")):
        for sentence in re.findall(r"[^。！？!?\n]+?(?:[。！？!?\n]|\.(?=\s|$)|$)", passage):
            best = max(best, (len(words & _words(sentence)), sentence.strip(), int(number)))
    overlap, sentence, number = best
    if overlap == 0:
        return ["NOT_IN_", "DOCUMENTS"]
    middle = len(sentence) // 2
    return [sentence[:middle], sentence[middle:], " [", f"{number}", "]"]


def inventing(prompt: Prompt) -> list[str]:
    """The honest reply with markers of passages that do not exist."""
    return ["Invented [9", "7][", "98] first. ", *honest(prompt), " [1, 99]"]


def _between(text: str, word: str) -> str:
    found = re.search(rf"(?s)BEGIN-{word}-(\w+)\n(.*?)\nEND-{word}-\1", text)
    return found[2] if found else ""


def _words(text: str) -> set[str]:
    han = set(re.findall(r"[㐀-鿿]{2}", text)) | set(re.findall(r"(?<=[㐀-鿿])[㐀-鿿]{2}", text))
    return han | {word for word in re.findall(r"[a-z0-9]{3,}", text.lower()) if word not in _FREQUENT}


_FREQUENT = frozenset(
    {"the", "and", "for", "was", "were", "are", "what", "who", "when", "where", "which", "how", "did"}
)


@contextmanager
def running_scripted_model(behaviour: Behaviour | None = None) -> Generator[ScriptedModelServer]:
    """The server in a thread of its own, up until the block ends."""
    server = ScriptedModelServer(behaviour or Behaviour())
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="scripted-model", daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(timeout=10)
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.__aexit__(), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()
