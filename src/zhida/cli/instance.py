"""How does an instance live? ``up`` and ``serve`` run it; other commands find it by its instance file."""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, ClassVar

import httpx

from zhida.bootstrap import Places, Welcome, places, prepare_instance, write_private
from zhida.database import EmbeddedPostgres
from zhida.errors import Kind, ZhidaError
from zhida.inference import EmbeddingProvider
from zhida.kit.supervision import ChildSpec, Supervisor
from zhida.migrations import check_server, migrate
from zhida.settings import Settings

_TEND_EVERY_SECONDS = 0.1
_BIND_SECONDS = 10.0
_START_SECONDS = 120.0
_BACKLOG = 2048


class PortTakenError(ZhidaError):
    """Somebody else listens where we should."""

    code: ClassVar[str] = "cli.port_taken"
    kind: ClassVar[Kind] = Kind.CONFLICT


class StartFailedError(ZhidaError):
    """The instance did not become ready."""

    code: ClassVar[str] = "cli.start_failed"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Started:
    """An instance that answers."""

    address: str
    welcome: Welcome


class Instance:
    """A whole node: the database if none is given, and every process. Runs on the calling thread."""

    def __init__(self, settings: Settings, *, quiet: bool) -> None:
        """``quiet``: processes log into files even where standard error is no terminal."""
        self._settings = settings
        self._places: Places = places(settings.data_dir)
        self._supervisor = Supervisor()
        self._postgres = EmbeddedPostgres(self._places.root / "postgres") if settings.database.url is None else None
        self._log_to_files = quiet or settings.log_to_files or sys.stderr.isatty()
        self._stopping = False
        self._outputs: list[IO[bytes]] = []

    def run(self, on_ready: Callable[[Started], None]) -> None:
        """Start, call ``on_ready`` once, keep everything alive until SIGTERM or SIGINT, then stop in order.

        Raises:
            InstanceRunningError, PortTakenError, StartFailedError, DataDirectoryError and the database's errors.
        """
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        self._places.make()
        try:
            url = self._start_record()
            listening = self._listen()
            welcome = asyncio.run(prepare_instance(self._settings, self._places, url))
            self._start_children(url, listening)
            started = Started(self._address(listening), welcome)
            self._await_ready(started.address)
            if not self._stopping:
                self._write_instance_file(started.address)
                on_ready(started)
            self._tend()
        finally:
            self._stop()

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._stopping = True

    def _start_record(self) -> str:
        url = self._settings.database.url
        address = self._postgres.start() if self._postgres else url.get_secret_value() if url else ""
        check_server(address)
        migrate(address)
        return address

    def _listen(self) -> socket.socket:
        """The listening socket, held by us so that a restarted api process goes on where the last one stopped."""
        listening = socket.socket(socket.AF_INET6 if ":" in self._settings.host else socket.AF_INET)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        deadline = time.monotonic() + _BIND_SECONDS
        while True:
            try:
                listening.bind((self._settings.host, self._settings.port))
                listening.listen(_BACKLOG)
            except OSError as error:
                # Processes of an instance that was killed let go of the port within moments.
                if time.monotonic() < deadline and self._places.instance_file.exists() and not self._stopping:
                    time.sleep(_TEND_EVERY_SECONDS)
                    continue
                listening.close()
                raise PortTakenError(
                    f"Zhida cannot listen on {self._settings.host}:{self._settings.port}: {error.strerror}.",
                    advice="Stop the program that uses the port, or choose another: ZHIDA_PORT=8080 make run.",
                ) from error
            return listening

    def _address(self, listening: socket.socket) -> str:
        host, port = listening.getsockname()[:2]
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
        return f"http://{shown}:{port}"

    def _start_children(self, url: str, listening: socket.socket) -> None:
        environment = dict(os.environ)
        environment["ZHIDA_DATA_DIR"] = str(self._places.root)
        environment["ZHIDA_DATABASE__URL"] = url
        environment["ZHIDA_LOG_TO_FILES"] = str(self._log_to_files).lower()
        environment.pop("ZHIDA_ADMIN_PASSWORD", None)
        if self._settings.inference.embedding.provider is EmbeddingProvider.LOCAL:
            self._add("embedder", environment)
        self._add("indexer", environment)
        for number in range(self._settings.workers):
            self._add("worker", environment, name=f"worker-{number + 1}")
        environment["ZHIDA_LISTEN_FD"] = str(listening.fileno())
        listening.set_inheritable(True)
        self._add("api", environment, inherited=(listening.fileno(),))

    def _add(
        self, role: str, environment: Mapping[str, str], *, name: str = "", inherited: tuple[int, ...] = ()
    ) -> None:
        output: IO[bytes] | None = None
        if self._log_to_files:
            output = (self._places.logs / f"{name or role}.out").open("ab")
            self._outputs.append(output)
        self._supervisor.add(
            ChildSpec(
                name=name or role,
                arguments=[sys.executable, "-m", f"zhida.{role}"],
                environment=dict(environment),
                stop_seconds=self._settings.http.stop_seconds + 5,
                inherited=inherited,
                output=output,
            )
        )

    def _await_ready(self, address: str) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._stopping:
            self._supervisor.tend()
            try:
                if httpx.get(f"{address}/ready", timeout=3, trust_env=False).is_success:
                    return
            except httpx.TransportError:
                pass  # it does not listen yet
            if time.monotonic() > deadline:
                raise StartFailedError(
                    f"Zhida was not ready after {_START_SECONDS:.0f} seconds.",
                    advice=f"The logs in {self._places.logs} say why.",
                )
            time.sleep(_TEND_EVERY_SECONDS)

    def _tend(self) -> None:
        while not self._stopping:
            if self._postgres is not None and not self._postgres.is_alive():
                self._restart_postgres(self._postgres)
            self._supervisor.tend()
            time.sleep(_TEND_EVERY_SECONDS)

    def _restart_postgres(self, postgres: EmbeddedPostgres) -> None:
        try:
            postgres.start()
        except ZhidaError as error:
            sys.stderr.write(f"zhida: the database does not start; trying again: {error}\n")
            time.sleep(1)

    def _write_instance_file(self, address: str) -> None:
        body = {"pid": os.getpid(), "address": address, "started_at": datetime.now(UTC).isoformat()}
        write_private(self._places.instance_file, json.dumps(body))

    def _stop(self) -> None:
        """The door first, then those who work, then the record."""
        self._places.instance_file.unlink(missing_ok=True)
        self._supervisor.stop(["api"])
        self._supervisor.stop()
        if self._postgres is not None:
            self._postgres.stop()
        for output in self._outputs:
            output.close()
