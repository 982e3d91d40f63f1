"""What does our PostgreSQL cluster consist of? Files, configuration and passwords, written before each start."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from zhida.database.accounts import MAJOR, Account
from zhida.database.errors import ClusterVersionError, EmbeddedStartError

SUPERUSER = "postgres"
ROLE = "zhida"
"""Owns the database of the same name; no superuser, so that a hole in our SQL stays inside the database."""

INITDB_TIMEOUT_SECONDS = 120
SOCKET_FILE = ".s.PGSQL.5432"
UNSAFE_IN_PATH = frozenset(",\"'\\\n")
"""A comma separates hosts in a connection URL; the others would need quoting in three places."""

CONFIGURATION = """\
# Written at every start; changes are lost. Put yours into ../custom.conf beside the cluster.
listen_addresses = '{addresses}'
port = {port}
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
max_connections = 80
password_encryption = scram-sha-256
shared_buffers = 96MB
work_mem = 8MB
maintenance_work_mem = 64MB
huge_pages = off
jit = off                     # compiles longer than our short queries run
random_page_cost = 1.1
effective_io_concurrency = 64
max_wal_size = 512MB
fsync = on
synchronous_commit = on
full_page_writes = on
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_line_prefix = '%m [%p] '
log_min_messages = warning
log_checkpoints = off
log_autovacuum_min_duration = -1
include_if_exists = '../custom.conf'
"""

ACCESS = """\
# Written at every start. Passwords always; the socket's folder is open to its owner alone.
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
"""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The passwords of the cluster's two roles."""

    superuser: str
    role: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the server listens: a folder for its socket, or else a port on the loopback."""

    folder: Path | None
    port: int = 5432

    def url(self, role: str, password: str, database: str) -> str:
        """The connection URL."""
        if self.folder is None:
            return f"postgresql://{role}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"
        return f"postgresql://{role}:{quote(password, safe='')}@/{database}?host={quote(str(self.folder), safe='')}"


def refuse_other_major(cluster: Path) -> None:
    """Raise ``ClusterVersionError`` for a cluster that this PostgreSQL cannot read."""
    try:
        major = (cluster / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return
    if major != MAJOR:
        raise ClusterVersionError(
            f"The database in {cluster} was made by PostgreSQL {major}; this version of Zhida starts {MAJOR}.",
            advice="The operator starts the Zhida that made it, backs up, and restores the backup here.",
            found=major,
        )


def credentials_of(data_dir: Path) -> Credentials:
    """The cluster's passwords, made at the first start and kept in a file that only its owner reads."""
    file = data_dir / "credentials.json"
    if not file.exists():
        made = Credentials(superuser=secrets.token_urlsafe(24), role=secrets.token_urlsafe(24))
        fresh = file.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(asdict(made)))
        fresh.replace(file)
    return Credentials(**json.loads(file.read_text()))


def initialise(account: Account, cluster: Path, superuser_password: str) -> None:
    """Make the cluster in a folder beside it, so that a start that was killed halfway leaves no half cluster.

    Raises:
        EmbeddedStartError: initdb failed.
    """
    fresh = cluster.with_suffix(".new")
    password = cluster.with_name("initdb.password")
    password.unlink(missing_ok=True)
    password.touch(mode=0o600)
    password.write_text(superuser_password)
    account.own(password)
    problem = ""
    for locale in ("C.UTF-8", "C"):
        shutil.rmtree(fresh, ignore_errors=True)
        done = subprocess.run(
            account.command(
                "initdb",
                f"--pgdata={fresh}",
                f"--username={SUPERUSER}",
                f"--pwfile={password}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                f"--locale={locale}",
                "--data-checksums",
            ),
            capture_output=True,
            text=True,
            check=False,
            timeout=INITDB_TIMEOUT_SECONDS,
            env=environment(),
            cwd=account.home,
        )
        if done.returncode == 0:
            password.unlink()
            fresh.rename(cluster)
            return
        problem = done.stderr.strip()
    password.unlink()
    raise EmbeddedStartError(
        f"initdb failed: {problem}", advice="The operator checks space and rights of the data directory."
    )


def configure(account: Account, cluster: Path, endpoint: Endpoint) -> None:
    """Write the server's configuration."""
    texts = {
        "postgresql.conf": CONFIGURATION.format(
            addresses="" if endpoint.folder else "127.0.0.1", port=endpoint.port, socket=endpoint.folder or ""
        ),
        "pg_hba.conf": ACCESS,
    }
    for name, text in texts.items():
        fresh = cluster / f"{name}.new"
        fresh.write_text(text)
        fresh.chmod(0o600)
        account.own(fresh)
        fresh.replace(cluster / name)


def endpoint_for(account: Account) -> Endpoint:
    """A folder for the socket: beside the cluster, or a short private one where that path is too long or unfit.

    Where no socket can be made at all (some mounted folders refuse them), a port on the loopback.
    """
    beside = account.home / "socket"
    beside.mkdir(mode=0o700, exist_ok=True)
    account.own(beside)
    if takes_socket(beside):
        return Endpoint(beside)
    for parent in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):  # noqa: S108  mkdtemp is private
        if parent and Path(parent).is_dir() and os.access(parent, os.W_OK | os.X_OK):
            folder = Path(tempfile.mkdtemp(prefix="zhida-pg-", dir=parent))
            account.own(folder)
            if takes_socket(folder):
                return Endpoint(folder)
            folder.rmdir()
    return on_loopback(account)


def on_loopback(_account: Account) -> Endpoint:
    """A free port on the loopback."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return Endpoint(None, free.getsockname()[1])


def takes_socket(folder: Path) -> bool:
    """Whether a Unix socket can be made there and its path be written into a URL."""
    if UNSAFE_IN_PATH & set(str(folder)):
        return False
    path = folder / (SOCKET_FILE + ".try")  # longer than the real ones, .lock apart, which is no socket
    try:
        with socket.socket(socket.AF_UNIX) as attempt:
            attempt.bind(str(path))
    except OSError:
        return False
    finally:
        path.unlink(missing_ok=True)
    return True


def environment() -> dict[str, str]:
    """What the server's programs may know of our environment: nothing that could lead them elsewhere."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
