"""Has this step been done already, for exactly these inputs? Keeps one small file per step under ``.venv``."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = ROOT / ".venv"
_STAMPS = ENVIRONMENT / ".zhida"


def fingerprint(paths: Iterable[Path], *words: str) -> str:
    """A SHA-256 over the contents and names of ``paths`` (folders: every file below) and over ``words``."""
    digest = hashlib.sha256("\0".join(words).encode())
    for path in sorted(_files(paths)):
        digest.update(f"\0{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_done(step: str, mark: str) -> bool:
    """True where the step's last completion left the same mark."""
    return recorded(step) == mark


def recorded(step: str) -> str:
    """The mark of the step's last completion; empty where there is none."""
    try:
        return (_STAMPS / step).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def mark_done(step: str, mark: str) -> None:
    """Remember that the step is complete."""
    _STAMPS.mkdir(parents=True, exist_ok=True)
    (_STAMPS / step).write_text(mark, encoding="utf-8")


def forget(step: str) -> None:
    """The step is about to change what it made: until it is complete again, it is not done."""
    (_STAMPS / step).unlink(missing_ok=True)


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            yield from (below for below in path.rglob("*") if below.is_file() and "__pycache__" not in below.parts)
        elif path.exists():
            yield path
