"""What became of the files? Follows uploads until each of their files is ready or failed."""

import time
from dataclasses import dataclass, field
from typing import Any

from zhida.cli.client import Client
from zhida.cli.errors import FileUnreadableError, RefusedError, UnreachableError
from zhida.cli.progress import Bars

_LOOK_EVERY_SECONDS = 0.4
_PATIENCE_SECONDS = 120.0
"""How long an instance may be away before we give up asking; the documents go on without us."""
_UNAVAILABLE = 503
_DONE = frozenset({"ready", "failed"})


@dataclass(slots=True)
class Outcome:
    """Every file, as it stands now.

    Attributes:
        batches: the documents of each upload, by its id.
        unsent: files that never left this machine.
    """

    batches: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])
    unsent: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def fail(self, name: str, reason: str) -> None:
        """Note a file that could not be sent."""
        failure = {"id": None, "name": name, "status": "failed", "duplicate": False}
        self.unsent.append({**failure, "reason_code": FileUnreadableError.code, "reason": reason})

    @property
    def documents(self) -> list[dict[str, Any]]:
        """All of them, in the order of the uploads."""
        return [document for documents in self.batches.values() for document in documents] + self.unsent

    @property
    def ready(self) -> list[dict[str, Any]]:
        """Those that answer questions now."""
        return [document for document in self.documents if document["status"] == "ready"]

    @property
    def failed(self) -> list[dict[str, Any]]:
        """Those that do not and will not."""
        return [document for document in self.documents if document["status"] == "failed"]

    @property
    def waiting(self) -> list[dict[str, Any]]:
        """Those that are still in work."""
        return [document for document in self.documents if document["status"] not in _DONE]

    @property
    def duplicates(self) -> int:
        """How many were there before, by their content."""
        return sum(bool(document["duplicate"]) for document in self.documents)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        fields = ("id", "name", "status", "duplicate", "reason_code", "reason")
        return {
            "total": len(self.documents),
            "ready": len(self.ready),
            "failed": len(self.failed),
            "batches": list(self.batches),
            "documents": [{name: document.get(name) for name in fields} for document in self.documents],
        }


class BatchFollower:
    """Asks for the state of uploads and draws one bar for each that is under way."""

    def __init__(self, client: Client, bars: Bars, outcome: Outcome) -> None:
        self._client = client
        self._bars = bars
        self._outcome = outcome
        self._open: dict[str, str] = {}
        self._last_heard = time.monotonic()

    def add(self, title: str, submission: dict[str, Any]) -> None:
        """Follow an upload."""
        self._outcome.batches[submission["batch_id"]] = submission["documents"]
        self._open[submission["batch_id"]] = title

    def wait(self) -> None:
        """Until nothing is under way.

        Raises:
            UnreachableError, RefusedError: the instance has been away for too long, or does not let us look.
        """
        self._last_heard = time.monotonic()
        while self._open:
            self.look()
            if self._open:
                time.sleep(_LOOK_EVERY_SECONDS)

    def look(self) -> None:
        """Ask once for every upload under way; a restart of the instance is waited for."""
        for batch_id, title in list(self._open.items()):
            try:
                batch = self._client.get(f"/api/v1/batches/{batch_id}")
            except (UnreachableError, RefusedError) as error:
                if isinstance(error, RefusedError) and error.status != _UNAVAILABLE:
                    raise
                if time.monotonic() - self._last_heard > _PATIENCE_SECONDS:
                    raise
                return
            self._last_heard = time.monotonic()
            self._outcome.batches[batch_id] = batch["documents"]
            done, failed = batch["ready"] + batch["failed"], batch["failed"]
            self._bars.show(title, done, batch["total"], remark=f"{failed} failed" if failed else "")
            if done == batch["total"]:
                self._bars.hide(title)
                del self._open[batch_id]
