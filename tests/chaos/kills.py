"""``kill -9`` at random moments, and the bookkeeping that tells whether anything was lost, doubled or half visible."""

import random
import threading
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.running import RunningInstance, wait_until

VICTIMS = ("worker", "api", "indexer", "embedder", "postgres", "supervisor")
DOCUMENTS_PER_KILL = 4
SECTIONS = 5
"""Chunks of a document: each section is too long to share a chunk with another."""
_PATIENCE_SECONDS = 180.0
_LATEST_KILL_SECONDS = 2.5


@dataclass
class Findings:
    """What a run found; the three lists must stay empty."""

    seed: int
    kills: Counter[str] = field(default_factory=Counter[str])
    accepted: int = 0
    ready: int = 0
    failed: int = 0
    searches: int = 0
    unanswered_searches: int = 0
    slowest_recovery_seconds: float = 0.0
    lost: list[str] = field(default_factory=list[str])
    doubled: list[str] = field(default_factory=list[str])
    half_visible: list[str] = field(default_factory=list[str])

    def summary(self) -> dict[str, Any]:
        """As one JSON object."""
        return vars(self) | {"kills": dict(self.kills)}


def document(marker: str, edition: str) -> bytes:
    """A document of ``SECTIONS`` chunks that each hold the marker and the edition."""
    sections = [
        f"## Section {number} of {marker}\n\n" + f"The {marker} report, {edition}, part {number}. " * 9
        for number in range(SECTIONS)
    ]
    return f"# {marker}\n\n{chr(10).join(sections)}\n".encode()


class Watcher:
    """Searches for every known document all the time, and notes whatever is seen in part or in two editions."""

    def __init__(self, running: RunningInstance, base: str, findings: Findings) -> None:
        self._running = running
        self._base = base
        self._findings = findings
        self._markers: list[str] = []
        self._stop = threading.Event()

    def watch(self, marker: str) -> None:
        """Include a document from now on."""
        self._markers.append(marker)

    @contextmanager
    def watching(self) -> Generator[None]:
        """Watch for as long as the block lasts."""
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _run(self) -> None:
        draw = random.Random(1)
        while not self._stop.wait(0.02):
            if not self._markers:
                continue
            marker = draw.choice(self._markers[-12:])
            try:
                with self._running.client(timeout=5) as client:
                    passages = search(client, self._base, marker)
            except (httpx.HTTPError, OSError, ValueError):
                self._findings.unanswered_searches += 1
                continue
            self._findings.searches += 1
            if (problem := partly_visible(marker, passages)) is not None:
                self._findings.half_visible.append(problem)


def search(client: httpx.Client, base: str, marker: str) -> list[dict[str, Any]]:
    """The passages of one document, found by its marker alone."""
    reply = client.post(
        "/api/v1/search", json={"query": marker, "knowledge_base": base, "top_k": 10, "profile": "lexical"}
    )
    reply.raise_for_status()
    return [passage for passage in reply.json()["passages"] if marker in passage["text"]]


def partly_visible(marker: str, passages: list[dict[str, Any]]) -> str | None:
    """What is wrong with what was seen of a document: it shows all its chunks in one edition, or none."""
    editions = {edition for edition in ("first edition", "second edition") for p in passages if edition in p["text"]}
    if len(passages) not in (0, SECTIONS) or len(editions) > 1:
        return f"{marker}: {len(passages)} chunks of {sorted(editions)}"
    return None


def run_kills(running: RunningInstance, *, kills: int, seed: int) -> Findings:
    """Upload, kill something at a random moment, let it recover, look whether everything is right; again and again."""
    draw = random.Random(seed)
    findings = Findings(seed)
    base = _create_base(running)
    watcher = Watcher(running, base, findings)
    documents: dict[str, str] = {}
    with watcher.watching():
        for number in range(kills):
            victim = VICTIMS[number % len(VICTIMS)] if kills >= len(VICTIMS) else draw.choice(VICTIMS)
            markers = [f"mark{seed}x{number}x{item}" for item in range(DOCUMENTS_PER_KILL)]
            for marker in markers:
                watcher.watch(marker)
            killer = threading.Timer(draw.uniform(0.0, _LATEST_KILL_SECONDS), _kill, (running, victim))
            killer.start()
            documents |= _upload_stubbornly(running, base, markers)
            if documents and draw.random() < 0.5:
                _replace_stubbornly(running, draw.choice(list(documents.items())))
            killer.join()
            findings.kills[victim] += 1
            running.start_again()
            started = time.monotonic()
            _await_everything(running, base, len(documents))
            findings.slowest_recovery_seconds = max(
                findings.slowest_recovery_seconds, round(time.monotonic() - started, 1)
            )
    _take_stock(running, base, documents, findings)
    return findings


def _create_base(running: RunningInstance) -> str:
    with running.client() as client:
        reply = client.post("/api/v1/knowledge-bases", json={"name": "chaos", "chunk_size": 96, "chunk_overlap": 0})
        reply.raise_for_status()
        return str(reply.json()["id"])


def _kill(running: RunningInstance, victim: str) -> None:
    if victim == "supervisor":
        running.kill()
        return
    running.kill_role(victim)


def _upload_stubbornly(running: RunningInstance, base: str, markers: list[str]) -> dict[str, str]:
    """Upload until it is acknowledged, as any client would; ids by marker."""
    files = {f"{marker}.md": document(marker, "first edition") for marker in markers}
    accepted: dict[str, str] = {}

    def is_accepted() -> bool:
        running.start_again()
        with running.client() as client:
            parts = [("files", (name, content)) for name, content in files.items()]
            reply = client.post(f"/api/v1/knowledge-bases/{base}/documents", files=parts)
            if reply.status_code != 202:
                assert reply.status_code in (401, 500, 503), reply.text
                return False
            accepted.update({entry["name"][:-3]: entry["id"] for entry in reply.json()["documents"]})
            return True

    wait_until(
        is_accepted,
        seconds=_PATIENCE_SECONDS,
        what="an upload is accepted",
        tolerated=(httpx.TransportError, OSError, ValueError),
    )
    return accepted


def _replace_stubbornly(running: RunningInstance, item: tuple[str, str]) -> None:
    marker, document_id = item

    def is_accepted() -> bool:
        running.start_again()
        with running.client() as client:
            content = document(marker, "second edition")
            reply = client.put(f"/api/v1/documents/{document_id}", files={"file": (f"{marker}.md", content)})
            return reply.status_code == 202

    wait_until(
        is_accepted,
        seconds=_PATIENCE_SECONDS,
        what="a replacement is accepted",
        tolerated=(httpx.TransportError, OSError, ValueError),
    )


def _states(running: RunningInstance, base: str) -> dict[str, dict[str, Any]]:
    states: dict[str, dict[str, Any]] = {}
    cursor: str | None = None
    with running.client() as client:
        while True:
            parameters = {"limit": "200"} | ({"cursor": cursor} if cursor else {})
            reply = client.get(f"/api/v1/knowledge-bases/{base}/documents", params=parameters)
            reply.raise_for_status()
            states |= {item["id"]: item for item in reply.json()["items"]}
            cursor = reply.json()["next_cursor"]
            if cursor is None:
                return states


def _await_everything(running: RunningInstance, base: str, expected: int) -> None:
    def is_settled() -> bool:
        assert running.is_started, running.output()
        states = _states(running, base)
        return len(states) >= expected and all(state["status"] in ("ready", "failed") for state in states.values())

    wait_until(
        is_settled,
        seconds=_PATIENCE_SECONDS,
        what="every document ends",
        tolerated=(httpx.HTTPError, OSError, ValueError),
    )


def _take_stock(running: RunningInstance, base: str, documents: dict[str, str], findings: Findings) -> None:
    """Every accepted document stands exactly once and whole, or failed with a reason."""
    states = _states(running, base)
    findings.accepted = len(documents)
    findings.doubled += [f"{len(states)} documents for {len(documents)}"] if len(states) > len(documents) else []
    with running.client() as client:
        for marker, document_id in documents.items():
            state = states.get(document_id)
            if state is None or (state["status"] == "failed" and not state["reason"]):
                findings.lost.append(marker)
                continue
            findings.failed += state["status"] == "failed"
            findings.ready += state["status"] == "ready"
            passages = search(client, base, marker)
            if state["status"] == "ready" and len(passages) < SECTIONS:
                findings.lost.append(f"{marker}: {len(passages)} chunks")
            if len(passages) > SECTIONS:
                findings.doubled.append(f"{marker}: {len(passages)} chunks")
