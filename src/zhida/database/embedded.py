"""Who starts PostgreSQL when the operator has none? The supervisor and the tests, through ``EmbeddedPostgres``."""

import fcntl
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from io import TextIOWrapper
from pathlib import Path

import psycopg
from psycopg import sql

from zhida.database.accounts import Account, choose_account
from zhida.database.cluster import (
    ROLE,
    SUPERUSER,
    Credentials,
    Endpoint,
    configure,
    credentials_of,
    endpoint_for,
    environment,
    initialise,
    refuse_other_major,
)
from zhida.database.errors import EmbeddedStartError, InstanceRunningError
from zhida.database.leftovers import clear_leftovers, wait_until

START_TIMEOUT = timedelta(seconds=120)
"""Enough to replay half a gigabyte of log after a crash on a slow disk."""

LOG_BYTES_MAX = 5_000_000
LOG_LINES_SHOWN = 8
STOP_SIGNALS = (
    (signal.SIGINT, timedelta(seconds=30)),
    (signal.SIGQUIT, timedelta(seconds=10)),
    (signal.SIGKILL, timedelta(seconds=10)),
)
"""Fast shutdown, immediate shutdown, the end: what a server that hangs is asked, in turn."""


class EmbeddedPostgres:
    """One PostgreSQL 16 on a data directory, as a child of the calling process. Not for use from several threads.

    Files: ``cluster/`` (or below ``/var/lib/zhida`` where root may not use user namespaces), ``credentials.json``
    (0600), ``lock``, ``server.log``, ``custom.conf`` (the operator's own settings). Call ``start`` from the main
    thread: the server ends with the thread that started it; from other threads it outlives a kill of the process,
    and the next start ends it.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        account: Callable[[Path], Account] = choose_account,
        endpoint: Callable[[Account], Endpoint] = endpoint_for,
    ) -> None:
        self._data_dir = data_dir.absolute()
        self._choose_account = account
        self._choose_endpoint = endpoint
        self._lock: TextIOWrapper | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._endpoint: Endpoint | None = None
        self._url = ""

    def start(self) -> str:
        """Start the server, or start it again after it died, and wait until it answers.

        Returns:
            The connection URL of the application's role, password included; the same until ``stop``, since others
            were told it.

        Raises:
            InstanceRunningError: another process runs this data directory.
            ClusterVersionError: another major version of PostgreSQL made it.
            EmbeddedStartError: it cannot be made or started; the message says why.
        """
        if self.is_alive():
            return self._url
        try:
            self._data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._take_lock()
            self._start()
        except OSError as error:
            self._give_up()
            raise EmbeddedStartError(
                f"PostgreSQL cannot use {self._data_dir}: {error}",
                advice="The operator checks owner, rights and space of the data directory.",
            ) from error
        except BaseException:
            self._give_up()
            raise
        return self._url

    def _give_up(self) -> None:
        """A start failed. One that is to bring a server back will be tried again: its place is kept."""
        if self._url:
            self._end_server()
        else:
            self.stop()

    def stop(self) -> None:
        """Shut the server down fast and cleanly, and let go of the data directory; quiet where it does not run."""
        self._end_server()
        if self._endpoint is not None and self._endpoint.folder is not None:
            with suppress(OSError):
                self._endpoint.folder.rmdir()
        self._endpoint = None
        self._url = ""
        if self._lock is not None:
            self._lock.close()
        self._lock = None

    def _end_server(self) -> None:
        child = self._child
        if child is not None:
            for number, patience in STOP_SIGNALS:
                if child.poll() is not None:
                    break
                child.send_signal(number)
                with suppress(subprocess.TimeoutExpired):
                    child.wait(patience.total_seconds())
        self._child = None

    def is_alive(self) -> bool:
        """Whether the server process runs; reaps it where it ended."""
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int | None:
        """The server's process, None where it does not run."""
        return self._child.pid if self._child is not None and self.is_alive() else None

    def _take_lock(self) -> None:
        if self._lock is not None:
            return
        lock = (self._data_dir / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            holder = lock.read().strip()
            lock.close()
            raise InstanceRunningError(
                f"Process {holder or '(unknown)'} already runs the database in {self._data_dir}.",
                advice="Use the running instance, stop it first, or choose another ZHIDA_DATA_DIR.",
                pid=int(holder) if holder.isdigit() else None,
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def _start(self) -> None:
        account = self._choose_account(self._data_dir)
        cluster = account.home / "cluster"
        refuse_other_major(cluster)
        clear_leftovers(cluster)
        passwords = credentials_of(self._data_dir)
        if not cluster.exists():
            initialise(account, cluster, passwords.superuser)
        self._endpoint = self._endpoint or self._choose_endpoint(account)
        configure(account, cluster, self._endpoint)
        self._child = self._launch(account, cluster)
        self._await_ready(cluster)
        self._provide_database(self._endpoint, passwords)
        self._url = self._endpoint.url(ROLE, passwords.role, ROLE)

    def _launch(self, account: Account, cluster: Path) -> subprocess.Popen[bytes]:
        log = self._data_dir / "server.log"
        if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
            log.replace(log.with_suffix(".log.1"))
        in_main_thread = threading.current_thread() is threading.main_thread()
        log.touch(mode=0o600)
        with log.open("ab") as output:
            return subprocess.Popen(
                account.command("postgres", "-D", str(cluster), parent=os.getpid() if in_main_thread else None),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment(),
                cwd=account.home,
                start_new_session=True,  # Ctrl-C is for the supervisor, which stops the server last
            )

    def _await_ready(self, cluster: Path) -> None:
        """Wait for the state that the server writes as the eighth line of its process file."""

        def settled() -> bool:
            if not self.is_alive():
                return True
            with suppress(OSError, IndexError):
                lines = (cluster / "postmaster.pid").read_text().splitlines()
                return lines[0].strip() == str(self.pid) and lines[7].strip() == "ready"
            return False

        if wait_until(settled, START_TIMEOUT) and self.is_alive():
            return
        raise EmbeddedStartError(
            f"PostgreSQL did not become ready: {self._last_words()}",
            advice=f"The operator reads {self._data_dir / 'server.log'}.",
        )

    def _last_words(self) -> str:
        lines = (self._data_dir / "server.log").read_text(errors="replace").splitlines()
        return " | ".join(lines[-LOG_LINES_SHOWN:])

    def _provide_database(self, endpoint: Endpoint, passwords: Credentials) -> None:
        """Make the application's role and database where they are missing."""
        url = endpoint.url(SUPERUSER, passwords.superuser, "postgres")
        try:
            with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
                    verifier = connection.pgconn.encrypt_password(
                        passwords.role.encode(), ROLE.encode(), b"scram-sha-256"
                    )
                    connection.execute(
                        sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(
                            sql.Identifier(ROLE), sql.Literal(verifier.decode())
                        )
                    )
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [ROLE]).fetchone():
                    connection.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(sql.Identifier(ROLE)))
        except psycopg.Error as error:
            raise EmbeddedStartError(
                f"PostgreSQL started but did not take our connection: {error}",
                advice=f"The operator reads {self._data_dir / 'server.log'}.",
            ) from error
