"""An instance that answers as a test wrote it down, over real HTTP."""

import json
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from zhida.cli.client import Client


@dataclass(frozen=True)
class Reply:
    """One answer: what goes over the wire, and whether the connection is dropped in its middle."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict[str, str])
    breaks_off: bool = False

    @classmethod
    def of(cls, document: Any, status: int = 200, **headers: str) -> "Reply":
        return cls(status, json.dumps(document).encode(), {name.replace("_", "-"): at for name, at in headers.items()})


@dataclass
class Request:
    """What was asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class ScriptedInstance:
    """Answers the scripted replies one after the other, the last one for ever."""

    def __init__(self, *replies: Reply) -> None:
        self.requests: list[Request] = []
        self._replies = list(replies)
        instance = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                instance.requests.append(Request(self.command, self.path, dict(self.headers), body))
                reply = instance._next()
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body) + reply.breaks_off))
                self.end_headers()
                self.wfile.write(reply.body)
                if reply.breaks_off:
                    self.close_connection = True

            do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - the server looks for these names

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that it has there
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def _next(self) -> Reply:
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]

    @contextmanager
    def serving(self) -> Generator["ScriptedInstance"]:
        """Answer for as long as the block lasts."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def client(self) -> Client:
        """A client of it."""
        return Client(self.address, "zk_secret", is_local=True)


Serve = Callable[..., ScriptedInstance]
