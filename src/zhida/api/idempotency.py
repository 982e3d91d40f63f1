"""What if a client sends a write twice? Repeats under one ``Idempotency-Key`` are answered, not redone."""

import hashlib
from http import HTTPStatus
from typing import ClassVar

from fastapi import Request, Response

from zhida.api.callers import application_of, principal_of
from zhida.api.guarding import GuardedRoute, Handler
from zhida.database import Claim, IdempotencyKeys
from zhida.errors import Kind, ZhidaError

HEADER = "idempotency-key"
REPLAYED = {"Idempotent-Replayed": "true"}
_KEY_LENGTH_MAX = 200
_METHODS = frozenset({"POST", "PUT"})
_SECRET_PATHS = frozenset({"/api/v1/keys", "/api/v1/one-time-links"})
"""Their answers show a secret once; it is not kept for a repeat."""


class IdempotencyKeyError(ZhidaError):
    """The key is too long, or was used for another request."""

    code: ClassVar[str] = "request.idempotency_key"
    kind: ClassVar[Kind] = Kind.INVALID


class RepeatedWriteError(ZhidaError):
    """The first try is still under way, or its answer cannot be shown again."""

    code: ClassVar[str] = "request.repeated"
    kind: ClassVar[Kind] = Kind.CONFLICT


class IdempotentRoute(GuardedRoute):
    """Runs a write once per caller and key."""

    def once_handler(self) -> Handler:
        """What runs once; subclasses wrap it."""
        return super().inner_handler()

    def inner_handler(self) -> Handler:
        """The framework's handler, behind the memory of what was answered."""
        handle = self.once_handler()

        async def handle_once(request: Request) -> Response:
            key = request.headers.get(HEADER)
            if key is None or request.method not in _METHODS:
                return await handle(request)
            return await _once(request, key, handle)

        return handle_once


async def _once(request: Request, key: str, handle: Handler) -> Response:
    if not 0 < len(key) <= _KEY_LENGTH_MAX or not key.isprintable():
        raise IdempotencyKeyError(
            f"An Idempotency-Key has 1 to {_KEY_LENGTH_MAX} printable characters.", advice="Send a random UUID."
        )
    app = await application_of(request)
    principal = await principal_of(request, app)
    keys = IdempotencyKeys(app.database)
    found = await keys.claim(principal.id, key, await _fingerprint(request))
    match found.claim:
        case Claim.ANOTHER_REQUEST:
            raise IdempotencyKeyError(
                "This Idempotency-Key was used for another request.", advice="Use a new key for a new request."
            )
        case Claim.UNDER_WAY:
            raise RepeatedWriteError(
                "The first request under this key is still under way.", advice="Wait a moment and send it again."
            )
        case Claim.DONE if found.body is None:
            raise RepeatedWriteError(
                "This was done already, and its answer was shown once.",
                advice="If it was lost, revoke what was made and make another under a new key.",
            )
        case Claim.DONE:
            return Response(found.body, found.status, REPLAYED, "application/json")
        case Claim.MINE:
            pass
    done = False
    try:
        response = await handle(request)
        if response.status_code < HTTPStatus.BAD_REQUEST:
            body = None if request.url.path in _SECRET_PATHS else bytes(response.body)
            await keys.finish(principal.id, key, status=response.status_code, body=body)
            done = True
        return response
    finally:
        if not done:
            await keys.release(principal.id, key)


async def _fingerprint(request: Request) -> bytes:
    """What makes two requests the same; an upload by its length, for its bytes are recognised by ingestion anyway."""
    digest = hashlib.sha256(f"{request.method} {request.url.path}\n".encode())
    if request.headers.get("content-type", "").startswith("multipart/"):
        digest.update(request.headers.get("content-length", "").encode())
    else:
        digest.update(await request.body())
    return digest.digest()
