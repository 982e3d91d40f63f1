"""How do events travel? Server-sent events, each one JSON object, written so that proxies pass them on at once."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from starlette.responses import StreamingResponse

_encode = msgspec.json.Encoder().encode
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
STREAM_RESPONSE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "text/event-stream": {
                "schema": {
                    "type": "object",
                    "description": "Each event; its data is one JSON object.",
                    "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
                    "required": ["event", "data"],
                }
            }
        }
    },
}


def event(name: str, body: object) -> bytes:
    """One event on the wire."""
    return b"event: " + name.encode() + b"\ndata: " + _encode(body) + b"\n\n"


def event_stream(events: AsyncIterator[bytes]) -> StreamingResponse:
    """A response that sends events as they come."""
    return StreamingResponse(events, media_type="text/event-stream", headers=HEADERS)
