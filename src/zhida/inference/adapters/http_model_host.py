"""A model host over HTTP. Wired by bootstrap into ``zhida model pull``."""

from collections.abc import Generator
from contextlib import contextmanager
from http import HTTPStatus

import httpx

from zhida.inference.call_rules import require_call_permitted
from zhida.inference.errors import ModelRejectedError, ModelUnavailableError
from zhida.inference.model_host import Transfer

_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_MIRROR_ADVICE = "Name a mirror that you can reach in ZHIDA_INFERENCE__MODEL_MIRROR_URL, or try again."


class HttpModelHost:
    """Follows redirects, as model hosts keep large files elsewhere."""

    def __init__(self, mirror_url: str, *, client: httpx.Client) -> None:
        """``client`` is closed by whoever made it."""
        self._root = mirror_url.rstrip("/")
        self._client = client

    @contextmanager
    def open(self, address: str, *, start: int) -> Generator[Transfer]:
        """Begin to transfer a file, from its byte ``start`` on.

        Raises:
            ModelUnavailableError: the host does not answer, or the transfer broke off; go on later.
            ModelRejectedError: the host has no such file, or does not give it to us.
        """
        url = f"{self._root}/{address}"
        require_call_permitted(url)
        # Compressed, a file could not be resumed at a byte.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        try:
            with self._client.stream("GET", url, headers=headers, timeout=_TIMEOUT, follow_redirects=True) as response:
                _require_success(response, url)
                is_partial = response.status_code == HTTPStatus.PARTIAL_CONTENT
                yield Transfer(start=start if is_partial else 0, pieces=response.iter_raw())
        except httpx.TransportError as error:
            message = f"{url} could not be fetched ({type(error).__name__})."
            raise ModelUnavailableError(message, advice=_MIRROR_ADVICE) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            message = f"{url} cannot be asked for ({type(error).__name__})."
            raise ModelRejectedError(message, advice=_MIRROR_ADVICE) from error


def _require_success(response: httpx.Response, url: str) -> None:
    status = response.status_code
    if status in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
        return
    message = f"{url} answered with status {status}."
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        raise ModelUnavailableError(message, advice=_MIRROR_ADVICE, status=status)
    raise ModelRejectedError(message, advice=_MIRROR_ADVICE, status=status)
