"""How does an instance live? ``up`` and ``serve`` run it; other commands find it by its instance file."""

import asyncio
import errno
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import IO, ClassVar

import httpx

from zhida.bootstrap import Places, Welcome, open_private, places, prepare_instance, write_private
from zhida.cli.file_lock import FileLock
from zhida.cli.source_watch import SourceWatch
from zhida.cli.surroundings import InstancePlaces
from zhida.database import EmbeddedPostgres, InstanceRunningError
from zhida.errors import Kind, ZhidaError
from zhida.inference import EmbeddingProvider
from zhida.kit.supervision import ChildSpec, Supervisor
from zhida.migrations import check_server, migrate
from zhida.observability import configure_logging
from zhida.settings import Settings

_TEND_EVERY_SECONDS = 0.1
_BIND_SECONDS = 10.0
_START_SECONDS = 120.0
_LOCK_SECONDS = 2.0
"""Commands that look whether an instance runs hold the lock for a moment."""
_LOOK_FOR_USERS_SECONDS = 0.5
_SEEN_CHARACTERS = 300
_BACKLOG = 2048


class PortTakenError(ZhidaError):
    """Somebody else listens where we should."""

    code: ClassVar[str] = "cli.port_taken"
    kind: ClassVar[Kind] = Kind.CONFLICT


class AddressInvalidError(ZhidaError):
    """Nobody can listen there on this machine, or not we."""

    code: ClassVar[str] = "cli.address_invalid"
    kind: ClassVar[Kind] = Kind.INVALID


class StartFailedError(ZhidaError):
    """The instance did not become ready."""

    code: ClassVar[str] = "cli.start_failed"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Started:
    """An instance that answers."""

    address: str
    welcome: Welcome


class Lifetime(StrEnum):
    """When an instance ends."""

    UNTIL_STOPPED = "until_stopped"
    WHILE_USED = "while_used"
    """Started by a command: ends with the last command that uses it."""


class Instance:
    """A whole node: the database if none is given, and every process. Runs on the calling thread."""

    def __init__(
        self,
        settings: Settings,
        *,
        quiet: bool,
        lifetime: Lifetime = Lifetime.UNTIL_STOPPED,
        sources: SourceWatch | None = None,
    ) -> None:
        """Plan an instance; nothing is started yet.

        Args:
            settings: of this process and its children.
            quiet: processes log into files even where standard error is no terminal.
            lifetime: when it ends.
            sources: processes start again when these change; for those who work on Zhida itself.
        """
        self._settings = settings
        self._lifetime = lifetime
        self._sources = sources
        self._places: Places = places(settings.data_dir)
        self._supervisor = Supervisor()
        self._postgres = EmbeddedPostgres(self._places.root / "postgres") if settings.database.url is None else None
        self._log_to_files = quiet or settings.log_to_files
        self._stopping = False
        self._outputs: list[IO[bytes]] = []
        known = InstancePlaces(self._places.root)
        self._running_lock = FileLock(known.running_lock)
        self._in_use_lock = FileLock(known.in_use_lock)
        self._follows_a_kill = False
        self._users_looked_for_at = 0.0

    def run(self, on_ready: Callable[[Started], None]) -> None:
        """Start, call ``on_ready`` once, keep everything alive until SIGTERM or SIGINT, then stop in order.

        Raises:
            InstanceRunningError, PortTakenError, AddressInvalidError, StartFailedError, DataDirectoryError and the
                database's errors.
        """
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        self._places.make()
        self._take_data_directory()
        observability = self._settings.observability
        output = self._places.logs / "supervisor.log" if self._log_to_files else None
        log = configure_logging(observability.log_level, output=output, form=observability.log_form)
        try:
            url = self._start_record()
            listening = self._listen()
            welcome = asyncio.run(prepare_instance(self._settings, self._places, url))
            self._start_children(url, listening)
            started = Started(self._address(listening), welcome)
            self._await_ready(started.address)
            if not self._stopping:
                self._write_instance_file(started.address, url)
                on_ready(started)
            self._tend(url, listening)
        finally:
            self._stop()
            log.stop()
            self._running_lock.release()
            self._in_use_lock.release()

    def _take_data_directory(self) -> None:
        deadline = time.monotonic() + _LOCK_SECONDS
        while not self._running_lock.try_alone():
            if time.monotonic() > deadline:
                raise InstanceRunningError(
                    f"An instance already runs on {self._places.root}.",
                    advice="Use it, stop it with “zhida stop”, or choose another ZHIDA_DATA_DIR.",
                )
            time.sleep(_TEND_EVERY_SECONDS)
        self._follows_a_kill = self._places.instance_file.exists()
        self._places.instance_file.unlink(missing_ok=True)
        self._places.record_file.unlink(missing_ok=True)

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
                if time.monotonic() < deadline and self._follows_a_kill and not self._stopping:
                    time.sleep(_TEND_EVERY_SECONDS)
                    continue
                listening.close()
                raise _cannot_listen(self._settings, error) from error
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
            output = open_private(self._places.logs / f"{name or role}.out")
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
        key = self._places.local_key_file.read_text()
        seen = "nothing answered"
        while not self._stopping:
            self._supervisor.tend()
            try:
                headers = {"Authorization": f"Bearer {key}"}
                reply = httpx.get(f"{address}/ready", headers=headers, timeout=3, trust_env=False)
                if reply.is_success:
                    return
                seen = f"it answered {reply.status_code}: {reply.text[:_SEEN_CHARACTERS]}"
            except httpx.TransportError:
                pass  # it does not listen yet
            if time.monotonic() > deadline:
                raise StartFailedError(
                    f"Zhida was not ready after {_START_SECONDS:.0f} seconds; {seen}.",
                    advice=f"The logs in {self._places.logs} say why.",
                )
            time.sleep(_TEND_EVERY_SECONDS)

    def _tend(self, url: str, listening: socket.socket) -> None:
        while not self._stopping:
            if self._postgres is not None and not self._postgres.is_alive():
                self._restart_postgres(self._postgres)
            self._supervisor.tend()
            if self._sources is not None and self._sources.have_changed():
                sys.stderr.write("zhida: the code has changed; starting again\n")
                self._supervisor.stop()
                self._start_children(url, listening)
            if self._lifetime is Lifetime.WHILE_USED and not self._is_used():
                break
            time.sleep(_TEND_EVERY_SECONDS)

    def _is_used(self) -> bool:
        """Whether a command holds the lock of users; where none does, it is ours, and new ones wait for our end."""
        if time.monotonic() - self._users_looked_for_at < _LOOK_FOR_USERS_SECONDS:
            return True
        self._users_looked_for_at = time.monotonic()
        return not self._in_use_lock.try_alone()

    def _restart_postgres(self, postgres: EmbeddedPostgres) -> None:
        try:
            postgres.start()
        except ZhidaError as error:
            sys.stderr.write(f"zhida: the database does not start; trying again: {error}\n")
            time.sleep(1)

    def _write_instance_file(self, address: str, url: str) -> None:
        body = {"pid": os.getpid(), "address": address, "started_at": datetime.now(UTC).isoformat()}
        write_private(self._places.record_file, url)
        write_private(self._places.instance_file, json.dumps(body))

    def _stop(self) -> None:
        """The door first, then those who work, then the record."""
        self._places.instance_file.unlink(missing_ok=True)
        self._places.record_file.unlink(missing_ok=True)
        self._supervisor.stop(["api"])
        self._supervisor.stop()
        if self._postgres is not None:
            self._postgres.stop()
        for output in self._outputs:
            output.close()


def _cannot_listen(settings: Settings, error: OSError) -> PortTakenError | AddressInvalidError:
    message = f"Zhida cannot listen on {settings.host}:{settings.port}: {error.strerror}."
    if error.errno == errno.EADDRINUSE:
        advice = "Stop the program that uses the port, or choose another: ZHIDA_PORT=8080 make run."
        return PortTakenError(message, advice=advice)
    if error.errno == errno.EACCES:
        return AddressInvalidError(message, advice="Choose a port above 1023: ZHIDA_PORT=8080 make run.")
    return AddressInvalidError(message, advice="ZHIDA_HOST must be an address of this machine, such as 127.0.0.1.")
