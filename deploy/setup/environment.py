"""Is everything installed? Makes ``.venv``, fills it from the locks, and installs Zhida itself into it."""

import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.setup.mirrors import PipSettings
from deploy.setup.stamps import ENVIRONMENT, ROOT, fingerprint, forget, is_done, mark_done, recorded
from deploy.setup.uv import run_uv, uv_binary

PYTHON = ENVIRONMENT / "bin" / "python"
LOCKS = ROOT / "locks"
# A name of a lock, and the locks whose packages it holds as well.
_HOLDS = {"runtime": {"runtime"}, "model": {"model"}, "web": {"web"}, "dev": {"dev", "runtime", "web"}}


@dataclass(frozen=True, slots=True)
class Installer:
    """uv with this machine's settings."""

    binary: Path
    variables: Mapping[str, str]

    def run(self, *arguments: str) -> None:
        """Run ``uv ARGUMENTS``."""
        run_uv(self.binary, list(arguments), self.variables)


def installer(settings: PipSettings, variables: Mapping[str, str]) -> Installer:
    """Make ``.venv`` where there is none that works, and fetch uv."""
    mark = f"{sys.version_info.major}.{sys.version_info.minor} {ROOT}"
    inside = Path(sys.prefix) == ENVIRONMENT
    if not inside and not (_works() and recorded("python").partition(" ")[2] in {"", str(ROOT)}):
        print(f"Zhida set-up: new environment .venv with Python {sys.version.split()[0]}", file=sys.stderr)
        venv.create(ENVIRONMENT, with_pip=False, symlinks=True, clear=True)
        mark_done("python", mark)
    return Installer(uv_binary(settings), variables)


def install_packages(uv: Installer, locks: set[str]) -> None:
    """Bring ``.venv`` to exactly what the locks name; every file is checked against its hash."""
    if _has(locks):
        return
    print(f"Zhida set-up: packages of {', '.join(sorted(locks))} (the first time takes some minutes)", file=sys.stderr)
    forget("packages")
    forget("zhida")
    files = [str(LOCKS / f"{name}.txt") for name in sorted(locks)]
    uv.run("pip", "sync", "--require-hashes", "--quiet", *files)
    mark_done("packages", _mark(locks))


def install_zhida(uv: Installer) -> None:
    """Install this tree itself, so that ``.venv/bin/zhida`` runs it as it stands."""
    mark = fingerprint([ROOT / "pyproject.toml"])
    if is_done("zhida", mark) and (ENVIRONMENT / "bin" / "zhida").exists():
        return
    uv.run("pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", ".")
    mark_done("zhida", mark)


def keep_only_what_runs(uv: Installer) -> None:
    """For an image: without Node, the model's published weights, and uv itself; the page and the model are built."""
    forget("packages")
    uv.run("pip", "sync", "--require-hashes", "--quiet", str(LOCKS / "runtime.txt"))
    uv.run("pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", ".")
    shutil.rmtree(ENVIRONMENT / "uv")


def _works() -> bool:
    check = [str(PYTHON), "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    try:
        return subprocess.run(check, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def _has(locks: set[str]) -> bool:
    """True where what was installed last, from locks unchanged since, holds all that is wanted."""
    names, _, _ = recorded("packages").partition(" ")
    there = {name for name in names.split("+") if name in _HOLDS}
    held = {held for name in there for held in _HOLDS[name]}
    return bool(there) and locks <= held and is_done("packages", _mark(there))


def _mark(locks: set[str]) -> str:
    return f"{'+'.join(sorted(locks))} {fingerprint([LOCKS / f'{name}.txt' for name in locks])}"
