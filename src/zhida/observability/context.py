"""Which request is being served? Doors open a scope; log lines and error reports read it, through awaits and tasks."""

import re
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Final

_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What a log line says about where it was written. Empty text where it is not known."""

    request_id: str = ""
    trace_id: str = ""
    user_id: str = ""


_NOWHERE: Final = RequestContext()
_current: ContextVar[RequestContext] = ContextVar("request_context", default=_NOWHERE)


def new_request_id() -> str:
    """128 random bits in hexadecimal: also fit to be a trace id (W3C Trace Context)."""
    return secrets.token_hex(16)


@contextmanager
def request_scope(wished_id: str | None = None, *, traceparent: str | None = None) -> Generator[str]:
    """Serve one request, or do one job, under an id.

    Args:
        wished_id: an id that the caller brought, already checked to be harmless; None makes one.
        traceparent: W3C's header, where one came; anything malformed counts as none.

    Yields:
        The request's id.
    """
    request_id = wished_id or new_request_id()
    traced = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    before = _current.set(RequestContext(request_id, traced.group(1) if traced else request_id))
    try:
        yield request_id
    finally:
        _current.reset(before)


def bind_user(user_id: str) -> None:
    """From here on the request is known to be this principal's."""
    _current.set(replace(_current.get(), user_id=user_id))


def current_context() -> RequestContext:
    """Ids of the request that is being served; all empty outside of one."""
    return _current.get()


def current_request_id() -> str:
    """The id of the request that is being served; empty outside of one."""
    return _current.get().request_id
