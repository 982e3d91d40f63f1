"""How does a group of files reach the instance? In one request, sent again where the instance is briefly away."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from zhida.cli.batches import Outcome
from zhida.cli.client import Client
from zhida.cli.errors import RefusedError, UnreachableError
from zhida.cli.files import LocalFile
from zhida.cli.multipart import UnreadableFileError, Upload

_ATTEMPTS = 5
_RETRY_SECONDS = 2.0
_TOO_LARGE = 413
_MAY_PASS = frozenset({429, 502, 503, 504})


class Uploader:
    """Sends groups of files to one knowledge base. The same content twice is known there, so sending again is safe."""

    def __init__(self, client: Client, base_id: str, *, replace: bool) -> None:
        self._client = client
        self._path = f"/api/v1/knowledge-bases/{base_id}/documents"
        self._fields = {"on_conflict": "replace" if replace else "keep_both"}
        self.progress: Callable[[float], None] = _unseen
        self._sent = 0

    def send(self, files: Sequence[LocalFile], outcome: Outcome) -> dict[str, Any] | None:
        """Upload a group; the submission. None: none of its files could be sent, as the outcome says.

        Raises:
            RefusedError, UnreachableError: the instance takes nothing at all.
        """
        left = list(files)
        attempt = 1
        while left:
            try:
                return self._send(left)
            except UnreadableFileError as error:
                left.remove(error.file)
                outcome.fail(error.file.name, error.reason)
            except RefusedError as error:
                if error.status == _TOO_LARGE and len(left) == 1:
                    outcome.fail(left.pop().name, error.message)
                    return None
                if error.status not in _MAY_PASS or attempt == _ATTEMPTS:
                    raise
                attempt += 1
                time.sleep(error.retry_after_seconds)
            except UnreachableError:
                if attempt == _ATTEMPTS:
                    raise
                attempt += 1
                time.sleep(_RETRY_SECONDS)
        return None

    def _send(self, files: Sequence[LocalFile]) -> dict[str, Any]:
        self._sent = 0
        with Upload(files, self._fields, progress=self._count) as body:
            return self._client.upload(self._path, body)

    def _count(self, size: int) -> None:
        self._sent += size
        self.progress(self._sent)


def _unseen(_sent: float) -> None:
    return
