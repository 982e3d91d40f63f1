"""Where is uv? Fetches the one pinned in ``locks/uv.txt`` into ``.venv/uv``, whatever the machine's Python has.

With pip, by pip; on a Python that has neither pip nor ensurepip (Debian's without python3-venv), from the index itself.
"""

import hashlib
import html
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from urllib.request import urlopen

from deploy.setup.mirrors import PipSettings
from deploy.setup.stamps import ENVIRONMENT, ROOT, fingerprint, forget, is_done, mark_done

LOCK = ROOT / "locks" / "uv.txt"
_FOLDER = ENVIRONMENT / "uv"
# What pip would ask where nobody has told it otherwise.
_PYTHON_S_OWN_INDEX = "https://pypi.org/simple"


class SetupError(Exception):
    """Set-up cannot go on; the message says who must do what."""


def uv_binary(settings: PipSettings) -> Path:
    """The pinned uv, fetched if it is not there yet.

    Raises:
        SetupError: no way led to it.
    """
    mark = fingerprint([LOCK])
    binary = _FOLDER / "bin" / "uv"
    if is_done("uv", mark) and binary.exists():
        return binary
    forget("uv")
    shutil.rmtree(_FOLDER, ignore_errors=True)
    print("Zhida set-up: fetching uv, which fetches the rest", file=sys.stderr)
    pip = _pip()
    if pip:
        _install_by_pip(pip)
    else:
        _install_from_index(settings.index_url or _PYTHON_S_OWN_INDEX, binary)
    mark_done("uv", mark)
    return binary


def _pip() -> list[str]:
    """A command that runs pip: this Python's, else one put into ``.venv`` by ensurepip; empty if neither."""
    inside = str(ENVIRONMENT / "bin" / "python")
    for python, prepare in ((sys.executable, False), (inside, True)):
        if prepare and not _runs([python, "-m", "ensurepip", "--default-pip"]):
            continue
        if _runs([python, "-m", "pip", "--version"]):
            return [python, "-m", "pip"]
    return []


def _runs(command: list[str]) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _install_by_pip(pip: list[str]) -> None:
    command = [*pip, "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
    command += ["--require-hashes", "--target", str(_FOLDER), "--requirement", str(LOCK)]
    refusing_a_target = {"PIP_USER", "PIP_REQUIRE_VIRTUALENV"}
    environment = {name: value for name, value in os.environ.items() if name not in refusing_a_target}
    environment["PIP_ROOT_USER_ACTION"] = "ignore"  # it goes into .venv/uv, not into the system
    if subprocess.run(command, check=False, env=environment).returncode != 0:
        raise SetupError("pip could not fetch uv (see above). Behind a mirror: pip config set global.index-url URL")


def _install_from_index(index: str, binary: Path) -> None:
    """Read the index's page (PEP 503), take this machine's wheel, check it against the lock, unpack the one program."""
    wanted = locked_wheels(LOCK.read_text(encoding="utf-8"))
    page = index.rstrip("/") + "/uv/"
    if urlsplit(page).scheme not in {"http", "https"}:
        raise SetupError(f"This Python has no pip, and {index} is no web address. Install pip (Debian: python3-venv).")
    try:
        with urlopen(page, timeout=60) as answer:
            links = wheel_links(answer.read().decode(), page, platform_tags())
        for link, digest in links:
            if digest in wanted:
                with urlopen(link, timeout=300) as answer:
                    _unpack(answer.read(), digest, binary)
                return
    except OSError as error:
        raise SetupError(f"Set-up could not reach {index} ({error}). Set PIP_INDEX_URL to your mirror.") from error
    raise SetupError(f"{index} offers no uv for {'/'.join(platform_tags())} that is in the lock. Install pip.")


def locked_wheels(lock: str) -> frozenset[str]:
    """The SHA-256 digests that a lock allows."""
    return frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", lock))


def platform_tags() -> list[str]:
    """What a wheel for this machine has in its name, best first."""
    machine = platform.machine().lower()
    if sys.platform == "darwin":
        return ["macosx", "arm64" if machine == "arm64" else "x86_64"]
    musl = "musl" in (sysconfig.get_config_var("HOST_GNU_TYPE") or "")
    return ["musllinux" if musl else "manylinux", "aarch64" if machine in {"aarch64", "arm64"} else machine]


def wheel_links(page: str, address: str, tags: list[str]) -> list[tuple[str, str]]:
    """The (absolute link, SHA-256) of each wheel on an index page whose name holds all ``tags``."""
    links = (urljoin(address, html.unescape(found)) for found in re.findall(r'href="([^"]+\.whl[^"]*)"', page))
    split = ((link, urlsplit(link)) for link in links)
    return [
        (parts._replace(fragment="").geturl(), parts.fragment.removeprefix("sha256="))
        for _, parts in split
        if all(tag in Path(parts.path).name for tag in tags)
    ]


def _unpack(wheel: bytes, digest: str, binary: Path) -> None:
    if hashlib.sha256(wheel).hexdigest() != digest:
        raise SetupError("The uv that came is not the one that was locked: something on the way changed it.")
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".data/scripts/uv"))
        binary.parent.mkdir(parents=True, exist_ok=True)
        binary.write_bytes(archive.read(name))
    binary.chmod(0o755)


def run_uv(binary: Path, arguments: list[str], variables: Mapping[str, str]) -> None:
    """Run uv on our environment.

    Raises:
        SetupError: it failed; it has said why on standard error.
    """
    environment = {**os.environ, **variables, "VIRTUAL_ENV": str(ENVIRONMENT)}
    if subprocess.run([str(binary), *arguments], check=False, cwd=ROOT, env=environment).returncode != 0:
        raise SetupError(
            f"uv {arguments[0]} {arguments[1]} did not succeed; as it says above. Try again: it goes on from here."
        )
