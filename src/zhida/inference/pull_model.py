"""How does a named model come onto this machine? Fetched file by file, resumed where it broke off, checked, renamed.

Called by ``zhida model pull`` and ``zhida model list``. Until its last file is checked, everything lies in a folder
whose name no model can have; a model's folder is therefore whole or absent.
"""

import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from zhida.ids import Language
from zhida.inference.errors import ModelFilesError, ModelUnavailableError
from zhida.inference.model_catalogue import CatalogueEntry, CatalogueFile
from zhida.inference.model_folder import ModelFolder, packaged_model_folder, read_model_folder
from zhida.inference.model_host import ModelHost
from zhida.inference.model_manifest import MANIFEST_FILE

PARTIAL_FOLDER = ".partial"
SPARE_BYTES = 64 << 20
"""Room that must be left on the disk beside the model."""
BREAKS_PER_FILE = 5
"""How often a transfer may break off and be taken up again before the person is told."""
_OTHER_MIRROR = "This mirror serves another file: name another one in ZHIDA_INFERENCE__MODEL_MIRROR_URL."
_READ_BYTES = 1 << 20

Progress = Callable[[str, int, int], None]
"""Called with a file's name, how many of its bytes are here, and how many there will be."""


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model that stands here or could be fetched.

    Attributes:
        folder: None where it must be fetched first.
        size: of what must be fetched, in bytes; 0 where that is not known.
        problem: why the folder cannot be used; empty where it can, or where there is none.
    """

    name: str
    folder: Path | None
    languages: frozenset[Language]
    size: int = 0
    licence: str = ""
    problem: str = ""


def pull_model(
    entry: CatalogueEntry, *, models_folder: Path, host: ModelHost, progress: Progress | None = None
) -> ModelFolder:
    """Fetch a model, unless it stands there whole already.

    Raises:
        ModelFilesError: the disk is full, another process fetches it too, or a file is not what its digest says.
        ModelUnavailableError: the host does not answer; what arrived so far is kept for the next try.
        ModelRejectedError: the host does not have the model.
    """
    target = models_folder / entry.name
    if _is_whole(target):
        return read_model_folder(target)
    partial = models_folder / PARTIAL_FOLDER / entry.name
    with _disk_errors(entry, models_folder):
        partial.mkdir(parents=True, exist_ok=True)
        with _only_one(partial.parent / f"{entry.name}.lock", entry.name):
            _require_room(entry, partial)
            for file in entry.files:
                address, path = entry.address(file), partial / file.path
                _FileTransfer(address, file, path, host=host, progress=progress or _silent).finish()
            (partial / MANIFEST_FILE).write_bytes(msgspec.json.encode(entry.manifest(), order="sorted"))
            _sync(partial)
            shutil.rmtree(target, ignore_errors=True)
            partial.rename(target)
    return read_model_folder(target)


def list_models(catalogue: Mapping[str, CatalogueEntry], models_folder: Path) -> list[KnownModel]:
    """The packaged model, the folders that lie here, then what the catalogue could fetch; each once."""
    folders = [packaged_model_folder()]
    if models_folder.is_dir():
        folders += sorted(path for path in models_folder.iterdir() if path.is_dir() and path.name != PARTIAL_FOLDER)
    known = {folder.name: _installed(folder, catalogue.get(folder.name)) for folder in folders}
    for name, entry in catalogue.items():
        if name not in known:
            known[name] = KnownModel(name, None, entry.languages, size=entry.size, licence=entry.licence)
    return list(known.values())


def _installed(folder: Path, entry: CatalogueEntry | None) -> KnownModel:
    try:
        languages, problem = read_model_folder(folder).card.languages, ""
    except ModelFilesError as error:
        languages, problem = frozenset[Language](), str(error)
    licence = entry.licence if entry else ""
    return KnownModel(folder.name, folder, languages, licence=licence, problem=problem)


def _is_whole(folder: Path) -> bool:
    if not folder.is_dir():
        return False
    try:
        read_model_folder(folder).verify()
    except ModelFilesError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _FileTransfer:
    """One file on its way here."""

    address: str
    file: CatalogueFile
    path: Path
    host: ModelHost
    progress: Progress

    def finish(self) -> None:
        """Bring the file here, from where the last try ended."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        digest, breaks = None, 0
        while digest is None:
            try:
                digest = self._go_on()
            except ModelUnavailableError:
                breaks += 1
                if breaks > BREAKS_PER_FILE or not (self.path.exists() and self.path.stat().st_size):
                    raise
        if digest != self.file.sha256:
            self.path.unlink()
            message = f"{self.address} has SHA-256 {digest}, not {self.file.sha256} as pinned; it was thrown away."
            raise ModelFilesError(message, advice=_OTHER_MIRROR)

    def _go_on(self) -> str:
        """Append what is missing; the SHA-256 of the whole file."""
        size, digest = self.file.size, hashlib.sha256()
        held = _digest_of_start(self.path, size, digest.update)
        self.progress(self.file.path, held, size)
        if held == size:
            return digest.hexdigest()
        mode = "r+b" if self.path.exists() else "w+b"
        with self.host.open(self.address, start=held) as transfer, self.path.open(mode) as output:
            if transfer.start != held:
                held, digest = 0, hashlib.sha256()
            output.truncate(held)
            output.seek(held)
            for piece in transfer.pieces:
                held += len(piece)
                if held > size:
                    message = f"{self.address} is longer than the {size} bytes that are pinned."
                    raise ModelFilesError(message, advice=_OTHER_MIRROR)
                output.write(piece)
                digest.update(piece)
                self.progress(self.file.path, held, size)
        if held < size:
            message = f"{self.address} broke off after {held} of {size} bytes."
            raise ModelUnavailableError(message, advice="Run the command again; it goes on from there.")
        return digest.hexdigest()


def _digest_of_start(path: Path, limit: int, update: Callable[[bytes], None]) -> int:
    """How many bytes an earlier try left; they are added to the digest. Too many are worth nothing: 0."""
    if not path.exists() or path.stat().st_size > limit:
        return 0
    with path.open("rb") as file:
        while piece := file.read(_READ_BYTES):
            update(piece)
        return file.tell()


def _require_room(entry: CatalogueEntry, partial: Path) -> None:
    here = sum(path.stat().st_size for path in partial.rglob("*") if path.is_file())
    needed, free = max(entry.size - here, 0) + SPARE_BYTES, shutil.disk_usage(partial).free
    if needed > free:
        message = f"{entry.name} needs {needed >> 20} MiB in {partial.parent.parent}, where {free >> 20} MiB are free."
        raise ModelFilesError(message, advice="Free some room, or set ZHIDA_INFERENCE__MODELS_FOLDER to another disk.")


@contextmanager
def _only_one(path: Path, name: str) -> Generator[None]:
    """One process at a time; the lock ends with the process."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"{name} is being fetched by another process."
            raise ModelFilesError(message, advice="Wait for it to end.") from error
        yield


@contextmanager
def _disk_errors(entry: CatalogueEntry, models_folder: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            message = f"The disk of {models_folder} is full; {entry.name} needs {entry.size >> 20} MiB."
            advice = "Free some room and run the command again; it goes on from where it stopped."
            raise ModelFilesError(message, advice=advice) from error
        message = f"{models_folder} cannot be written: {error.strerror}."
        raise ModelFilesError(message, advice="Check who owns the data directory.") from error


def _sync(folder: Path) -> None:
    """Let the bytes reach the disk before the name does, so that a power cut leaves no hollow model."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


def _silent(_name: str, _held: int, _size: int) -> None:
    return
