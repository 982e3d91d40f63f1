"""An embedding provider for tests: a real HTTP server in OpenAI's form, in front of the hashed stand-in."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from zhida.inference import TextRole
from zhida.inference.adapters.memory import HashedEmbeddingModel


@dataclass
class ScriptedEmbeddingsServer:
    """What the provider does.

    Attributes:
        statuses: answered with an error, one per request, before anything succeeds.
        retry_after: value of the Retry-After header of those errors.
        answers: bytes sent instead of vectors, one per request.
        batches: the texts of each request.
    """

    model: HashedEmbeddingModel
    statuses: list[int] = field(default_factory=list[int])
    retry_after: str | None = None
    answers: list[bytes] = field(default_factory=list[bytes])
    batches: list[list[str]] = field(default_factory=list[list[str]])
    authorizations: list[str | None] = field(default_factory=list[str | None])
    url: str = ""

    def answer(self, texts: list[str]) -> bytes:
        """Vectors of any length but 1, in any order but the right one."""
        vectors = self.model.embed_now(texts, TextRole.PASSAGE) * 3
        data = [{"index": index, "embedding": vector.tolist()} for index, vector in enumerate(vectors)]
        return json.dumps({"object": "list", "data": data[::-1], "model": "scripted"}).encode()


class _Handler(BaseHTTPRequestHandler):
    provider: ScriptedEmbeddingsServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""

    def do_POST(self) -> None:
        provider = self.provider
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        provider.batches.append(request["input"])
        provider.authorizations.append(self.headers.get("Authorization"))
        status = provider.statuses.pop(0) if provider.statuses else 200
        content = b"{}" if status != 200 else provider.answer(request["input"])
        if status == 200 and provider.answers:
            content = provider.answers.pop(0)
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        if status != 200 and provider.retry_after is not None:
            self.send_header("Retry-After", provider.retry_after)
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def running_embeddings(model: HashedEmbeddingModel) -> Generator[ScriptedEmbeddingsServer]:
    """Serve on a free loopback port, in a thread; ``url`` ends in /v1."""
    provider = ScriptedEmbeddingsServer(model)
    handler = type("Handler", (_Handler,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    provider.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield provider
    server.shutdown()
    server.server_close()
    thread.join()
