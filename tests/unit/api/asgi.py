"""The smallest of servers: hands an ASGI application one request and keeps what it answers."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Scope

HANGS: Message = {"type": "test.hang"}
"""In place of a message: nothing comes any more."""
GOES: Message = {"type": "http.disconnect"}


def piece(body: bytes, *, is_last: bool) -> Message:
    """A piece of a request's body."""
    return {"type": "http.request", "body": body, "more_body": not is_last}


def http_scope(path: str = "/", **headers: str) -> Scope:
    """A request; underscores in names of headers stand for hyphens."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "method": "POST", "path": path, "headers": raw, "query_string": b"", "state": {}}


@dataclass
class Exchange:
    """What came back."""

    messages: list[Message] = field(default_factory=list[Message])

    @property
    def status(self) -> int:
        return self.messages[0]["status"]

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode().lower(): value.decode() for name, value in self.messages[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])

    @property
    def problem(self) -> dict[str, Any]:
        return json.loads(self.body)


async def exchange(app: ASGIApp, scope: Scope, received: Sequence[Message] = ()) -> Exchange:
    """Run one request to its end."""
    answer = Exchange()
    coming = iter(received or [piece(b"", is_last=True)])

    async def receive() -> Message:
        message = next(coming, HANGS)
        if message is HANGS:
            await asyncio.Event().wait()
        return message

    async def send(message: Message) -> None:
        answer.messages.append(message)

    await app(scope, receive, send)
    return answer
