"""A model host for tests: a real HTTP server that can resume, redirect, break off, lie and fail."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class ModelHostServer:
    """Serves ``files`` by path.

    Attributes:
        breaks: how many of the next transfers are cut in the middle.
        statuses: answered before anything succeeds, one per request.
        resumes: whether Range requests are honoured.
        redirects: whether files lie elsewhere, as on real hosts.
        requests: path and Range header of what was asked.
    """

    files: dict[str, bytes]
    breaks: int = 0
    statuses: list[int] = field(default_factory=list[int])
    resumes: bool = True
    redirects: bool = False
    requests: list[tuple[str, str | None]] = field(default_factory=list[tuple[str, str | None]])
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    host: ModelHostServer

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""

    def do_GET(self) -> None:
        host, path = self.host, self.path
        host.requests.append((path, self.headers.get("Range")))
        if host.statuses:
            self._empty(host.statuses.pop(0))
        elif host.redirects and not path.startswith("/elsewhere/"):
            self._empty(302, location=f"{host.url}/elsewhere{path}")
        elif (content := host.files.get(path.removeprefix("/elsewhere"))) is None:
            self._empty(404)
        else:
            self._serve(content)

    def _empty(self, status: int, *, location: str | None = None) -> None:
        self.send_response(status)
        if location is not None:
            self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _serve(self, content: bytes) -> None:
        asked = self.headers.get("Range")
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and self.host.resumes else 0
        rest = content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        if self.host.breaks:
            self.host.breaks -= 1
            self.wfile.write(rest[: len(rest) // 2])
            self.close_connection = True
            return
        self.wfile.write(rest)


@contextmanager
def running_model_host(files: dict[str, bytes]) -> Generator[ModelHostServer]:
    """Serve on a free loopback port, in a thread."""
    host = ModelHostServer(files)
    handler = type("Handler", (_Handler,), {"host": host})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    host.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield host
    server.shutdown()
    server.server_close()
    thread.join()
