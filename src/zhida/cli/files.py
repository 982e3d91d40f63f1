"""Which files are meant by paths on a command line, under which names, and in which requests do they go?"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from zhida.cli.errors import UnfitInputError

FILES_PER_REQUEST = 50
BYTES_PER_REQUEST = 64 << 20
_LEFT_BY_SYSTEMS = frozenset({"thumbs.db", "desktop.ini"})


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file to bring in.

    Attributes:
        name: of the document: the file's name, or its path below and with the folder that was named.
        size: in bytes, when it was found.
    """

    path: Path
    name: str
    size: int


def find_files(paths: Iterable[Path]) -> list[LocalFile]:
    """The files that paths name: files as they are, folders with all below them.

    In folders, hidden files and folders and those that operating systems leave are passed over, links are followed,
    and a folder is visited once, whatever loops links make.

    Raises:
        UnfitInputError: a path does not exist, or is neither file nor folder.
    """
    found: list[LocalFile] = []
    for path in paths:
        if path.is_dir():
            visited: set[tuple[int, int]] = set()
            found += _walk(path, _text(path.resolve().name), visited)
        elif path.is_file():
            found.append(LocalFile(path, _text(path.name), path.stat().st_size))
        else:
            said = "is neither a file nor a folder" if path.exists() else "does not exist"
            raise UnfitInputError(f"{_text(str(path))} {said}.", advice="Check the path.")
    return found


def in_requests(files: Iterable[LocalFile]) -> Iterator[list[LocalFile]]:
    """Files in groups that stay small enough to be sent again; a larger file goes alone."""
    group: list[LocalFile] = []
    size = 0
    for file in files:
        if group and (len(group) >= FILES_PER_REQUEST or size + file.size > BYTES_PER_REQUEST):
            yield group
            group, size = [], 0
        group.append(file)
        size += file.size
    if group:
        yield group


def _walk(folder: Path, name: str, visited: set[tuple[int, int]]) -> Iterator[LocalFile]:
    try:
        about = folder.stat()
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise UnfitInputError(
            f"{_text(str(folder))} cannot be read: {error.strerror}.", advice="Check rights."
        ) from error
    identity = (about.st_dev, about.st_ino)
    if identity in visited:
        return
    visited.add(identity)
    for entry in entries:
        if entry.name.startswith(".") or entry.name.casefold() in _LEFT_BY_SYSTEMS:
            continue
        path, below = Path(entry.path), f"{name}/{_text(entry.name)}" if name else _text(entry.name)
        if path.is_dir():
            yield from _walk(path, below, visited)
        elif path.is_file():
            yield LocalFile(path, below, path.stat().st_size)


def _text(name: str) -> str:
    """A file name as text; bytes that are no UTF-8 become the sign for what cannot be read."""
    return os.fsencode(name).decode(errors="replace")
