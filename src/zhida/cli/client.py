"""How does a command ask an instance? A small HTTP client on the standard library.

Attached commands start in a fraction of the time that a full client would take to import. Redirects are not followed:
a key goes to the address that was named and to no other. A proxy is used for remote addresses alone.
"""

import http.client
import json
import socket
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.error import URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

import zhida
from zhida.cli.errors import RefusedError, UnfitInputError, UnreachableError
from zhida.cli.sse import events_of

REPLY_SECONDS = 60.0
ANSWER_SECONDS = 240.0
"""Longer than a chat model may take for a whole answer by default."""
_PAGE_SIZE = 200
_OK_STATUSES = range(200, 300)
_RETRY_AFTER_SECONDS_MAX = 30.0


class Body(Protocol):
    """What an upload sends: its type, its length in bytes, its pieces."""

    content_type: str
    length: int

    def __iter__(self) -> Iterator[bytes]:
        """The pieces; all of them together have the stated length."""
        ...


class Client:
    """Asks one instance with one key. Every method raises ``RefusedError`` and ``UnreachableError``."""

    def __init__(self, address: str, key: str, *, is_local: bool) -> None:
        """``is_local``: an instance of this machine, which no proxy stands before."""
        if urlsplit(address).scheme not in {"http", "https"} or not urlsplit(address).netloc:
            raise UnfitInputError(f"{address} is no address.", advice="Set ZHIDA_URL to something like https://host.")
        if not key.isascii() or not key.isprintable():
            raise UnfitInputError("The key has characters that no key has.", advice="Copy it again into ZHIDA_KEY.")
        self.address = address.rstrip("/")
        self._key = key
        self._opener = OpenerDirector()
        for handler in (ProxyHandler({} if is_local else None), HTTPHandler(), HTTPSHandler()):
            self._opener.add_handler(handler)

    def get(self, path: str, **query: str | int | None) -> dict[str, Any]:
        """A resource."""
        stated = urlencode({name: value for name, value in query.items() if value is not None})
        with self._sent("GET", f"{path}?{stated}" if stated else path) as response:
            return self._document(response)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Create, or make happen."""
        with self._sent("POST", path, data=json.dumps(body or {}).encode(), timeout=ANSWER_SECONDS) as response:
            return self._document(response)

    def delete(self, path: str) -> None:
        """Take away."""
        with self._sent("DELETE", path) as response:
            response.read()

    def upload(self, path: str, body: Body) -> dict[str, Any]:
        """Send files; ``FileUnreadableError`` of the body passes through."""
        headers = {"Content-Type": body.content_type, "Content-Length": str(body.length)}
        with self._sent("POST", path, data=body, headers=headers, timeout=ANSWER_SECONDS) as response:
            return self._document(response)

    def events(self, path: str, body: Mapping[str, Any]) -> Generator[tuple[str, dict[str, Any]]]:
        """Server-sent events as they come. Closing the generator closes the connection."""
        with self._sent("POST", path, data=json.dumps(body).encode(), timeout=ANSWER_SECONDS) as response:
            yield from events_of(response)

    def items(self, path: str, **query: str | int | None) -> list[dict[str, Any]]:
        """All items of a list, page by page."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = self.get(path, **query, limit=_PAGE_SIZE, cursor=cursor)
            found += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    @contextmanager
    def _sent(
        self,
        method: str,
        path: str,
        *,
        data: bytes | Body | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = REPLY_SECONDS,
    ) -> Generator[http.client.HTTPResponse]:
        request = Request(  # noqa: S310 - the scheme was checked
            self.address + path,
            data=data,  # type: ignore[arg-type] - an iterable, as urllib takes it with a stated length
            method=method,
            headers={
                "Authorization": f"Bearer {self._key}",
                "User-Agent": f"zhida-cli/{zhida.__version__}",
                "Accept": "application/json, text/event-stream",
                "Content-Type": "application/json",
                **(headers or {}),
            },
        )
        with self._translated():
            response = self._opener.open(request, timeout=timeout)
            with response:
                if response.status not in _OK_STATUSES:
                    raise _refusal(response)
                yield response

    def _document(self, response: http.client.HTTPResponse) -> dict[str, Any]:
        try:
            document: object = json.loads(response.read())
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise UnreachableError(
                f"What answers at {self.address} is not Zhida.", advice="Check the address: ZHIDA_URL, or ZHIDA_PORT."
            )
        return document  # type: ignore[return-value] - an object of JSON has names of text

    @contextmanager
    def _translated(self) -> Generator[None]:
        """What urllib, http.client and sockets raise, as errors of ours."""
        advice = "“zhida doctor” looks for the reason."
        try:
            yield
        except BrokenPipeError as error:
            raise UnreachableError(f"{self.address} closed the connection early.", advice=advice) from error
        except TimeoutError as error:
            raise UnreachableError(f"{self.address} did not answer in time.", advice=advice) from error
        except (URLError, http.client.HTTPException, ConnectionError, socket.gaierror) as error:
            reason = error.reason if isinstance(error, URLError) else error
            if isinstance(reason, TimeoutError):
                raise UnreachableError(f"{self.address} did not answer in time.", advice=advice) from error
            said = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
            raise UnreachableError(f"{self.address} cannot be reached: {said}.", advice=advice) from error


def in_path(name: str) -> str:
    """A name or id as one part of a path."""
    return quote(name, safe="")


def _refusal(response: http.client.HTTPResponse) -> RefusedError:
    try:
        problem: Any = json.loads(response.read(1 << 20))
        message, advice = str(problem["detail"]), str(problem.get("advice", ""))
    except (ValueError, TypeError, KeyError):
        message, advice = f"The address answered with status {response.status}.", "Check the address and proxies."
    try:
        seconds = float(response.headers.get("Retry-After", "2"))
    except ValueError:
        seconds = 2.0
    return RefusedError(
        message,
        status=response.status,
        advice=advice,
        retry_after_seconds=min(max(seconds, 0.0), _RETRY_AFTER_SECONDS_MAX),
    )
