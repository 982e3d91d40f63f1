"""A whole instance, as an operator starts it, for the tests that go through the doors. Shared by e2e and chaos."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

START_SECONDS = 120.0


class RunningInstance:
    """``zhida up`` on a data directory of its own and a free port."""

    def __init__(self, folder: Path, **variables: str) -> None:
        """``variables``: more settings, as environment variables."""
        self.data_dir = folder / "data"
        self._output = folder / "output"
        self._variables = variables
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self._changing = threading.Lock()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def environment(self) -> dict[str, str]:
        """What commands of this instance are run with."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ZHIDA_")}
        return kept | {
            "ZHIDA_DATA_DIR": str(self.data_dir),
            "ZHIDA_PORT": str(self.port),
            "ZHIDA_ADMIN_EMAIL": "admin@example.test",
            "ZHIDA_ADMIN_PASSWORD": "correct-horse-battery",
            "ZHIDA_INFERENCE__REAL_MODELS_ALLOWED": "false",
            **self._variables,
        }

    def start(self) -> None:
        """Start, and wait until it answers."""
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "zhida.cli", "up", "--quiet"],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        wait_until(self._answers, seconds=START_SECONDS, what="the instance answers")
        self.port = int(self.url.rsplit(":", 1)[1])

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"zhida up ended: {self.output()}"
        if not self._instance_file.exists():
            return False
        stated = json.loads(self._instance_file.read_text())
        return stated["pid"] == self._process.pid

    def stop(self) -> int:
        """Stop as Ctrl-C does; the exit code."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(60)
        self._process = None
        return code

    @property
    def is_started(self) -> bool:
        """Whether the supervisor runs."""
        return self._process is not None and self._process.poll() is None

    def kill_role(self, role: str) -> None:
        """``kill -9`` of every process of a role."""
        for pid in self.pids(role):
            os.kill(pid, signal.SIGKILL)

    def kill(self) -> None:
        """``kill -9`` of the supervisor."""
        with self._changing:
            assert self._process is not None
            self._process.kill()
            self._process.wait(10)
            self._process = None
            self._instance_file.unlink(missing_ok=True)

    def start_again(self) -> None:
        """Start unless it runs; for those who find it killed, two at once included."""
        with self._changing:
            if not self.is_started:
                self.start()

    @property
    def _instance_file(self) -> Path:
        return self.data_dir / "run" / "instance.json"

    @property
    def url(self) -> str:
        """Where it answers."""
        return str(json.loads(self._instance_file.read_text())["address"])

    @property
    def api_key(self) -> str:
        """The local administrator's key."""
        return (self.data_dir / "run" / "local.key").read_text()

    def output(self) -> str:
        """What it printed."""
        return self._output.read_text(errors="replace")

    def logs(self) -> str:
        """What its processes logged."""
        return "\n".join(path.read_text(errors="replace") for path in sorted((self.data_dir / "logs").glob("*")))

    def client(self, key: str | None = None, *, timeout: float = 30) -> httpx.Client:
        """An HTTP client with a key; the administrator's by default."""
        return httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {self.api_key if key is None else key}"},
            timeout=timeout,
            trust_env=False,
        )

    def one_time_link(self) -> str:
        """An address that signs a browser in, once."""
        with self.client() as client:
            reply = client.post("/api/v1/one-time-links")
            reply.raise_for_status()
            return self.url + str(reply.json()["path"])

    def pids(self, role: str) -> list[int]:
        """The processes of a role: api, worker, indexer, embedder, or postgres."""
        if role == "postgres":
            stated = next(self.data_dir.glob("postgres/**/postmaster.pid"), None)
            return [] if stated is None else _children_named("postgres", self.supervisor_pid)
        wanted = f"zhida.{role}".encode()
        return [pid for pid in descendants(self.supervisor_pid) if wanted in _command_line(pid).split(b"\0")]

    @property
    def supervisor_pid(self) -> int:
        """The process that keeps the others alive."""
        assert self._process is not None
        return self._process.pid

    def upload(self, client: httpx.Client, base: str, files: dict[str, bytes], **fields: str) -> dict[str, Any]:
        """Upload files; the reply."""
        parts = [("files", (name, content)) for name, content in files.items()]
        reply = client.post(f"/api/v1/knowledge-bases/{base}/documents", files=parts, data=fields)
        assert reply.status_code == 202, reply.text
        return reply.json()

    def await_batch(self, client: httpx.Client, batch_id: str, *, seconds: float = 120) -> dict[str, Any]:
        """Wait until nothing of a batch is under way; its last state."""
        seen: dict[str, Any] = {}

        def is_done() -> bool:
            nonlocal seen
            reply = client.get(f"/api/v1/batches/{batch_id}")
            seen = reply.json()
            return reply.status_code == 200 and seen["ready"] + seen["failed"] == seen["total"]

        wait_until(is_done, seconds=seconds, what=f"batch {batch_id} ends", tolerated=(httpx.TransportError,))
        return seen


def wait_until(
    holds: Callable[[], bool], *, seconds: float, what: str, tolerated: Sequence[type[Exception]] = ()
) -> None:
    """Look again and again until something holds.

    Raises:
        AssertionError: it did not hold in time.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if holds():
                return
        except tuple(tolerated):
            pass
        time.sleep(0.05)
    raise AssertionError(f"Not within {seconds:.0f} s: {what}.")


@contextmanager
def started_instance(folder: Path, **variables: str) -> Generator[RunningInstance]:
    """An instance for as long as the block lasts."""
    with RunningInstance(folder, **variables) as running:
        yield running


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def descendants(ancestor: int) -> list[int]:
    """Every process below one; their order says nothing."""
    parents = {int(entry.name): _parent(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    found: list[int] = []
    for pid in parents:
        above = pid
        while above in parents and above != ancestor:
            above = parents[above]
        if above == ancestor and pid != ancestor:
            found.append(pid)
    return found


def _children_named(program: str, ancestor: int) -> list[int]:
    """The topmost processes of a program below one: a server, and none of the helpers that it starts itself."""
    all_of_it = {
        pid
        for pid in descendants(ancestor)
        if _command_line(pid).split(b"\0", 1)[0].rsplit(b"/", 1)[-1] == program.encode()
    }
    return [pid for pid in all_of_it if _parent(pid) not in all_of_it]
