"""Where does each thing live in the data directory? The one place that knows; every process asks it."""

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from zhida.errors import Kind, ZhidaError

_SOCKET_FOLDER_BYTES_MAX = 80
"""A Unix socket's path has at most 107 bytes; the names of the sockets need the rest."""


class DataDirectoryError(ZhidaError):
    """The data directory cannot be used."""

    code: ClassVar[str] = "bootstrap.data_directory"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Places:
    """The data directory's layout.

    Attributes:
        root: the data directory, absolute.
        sockets: a short private folder for Unix sockets, whose paths may have no more than 107 bytes.
    """

    root: Path
    sockets: Path

    @property
    def originals(self) -> Path:
        """Files as people uploaded them."""
        return self.root / "originals"

    @property
    def index(self) -> Path:
        """Search indexes; derived, may be deleted at any time while nothing runs."""
        return self.root / "index"

    @property
    def models(self) -> Path:
        """Pulled models."""
        return self.root / "models"

    @property
    def run(self) -> Path:
        """What describes the running instance."""
        return self.root / "run"

    @property
    def metrics(self) -> Path:
        """Each process's figures, for the API to merge."""
        return self.run / "metrics"

    @property
    def instance_file(self) -> Path:
        """Where the running instance answers; absent when none runs."""
        return self.run / "instance.json"

    @property
    def record_file(self) -> Path:
        """The record's address, for commands that work beside the instance; readable by the owner alone."""
        return self.run / "record.url"

    @property
    def local_key_file(self) -> Path:
        """The key of commands on this machine, readable by the owner alone."""
        return self.run / "local.key"

    @property
    def embedder_socket(self) -> Path:
        """Where the embedder listens."""
        return self.sockets / "embedder"

    @property
    def index_requests(self) -> Path:
        """Where commands leave requests for the indexer, such as a rebuild."""
        return self.run / "index-requests"

    @property
    def logs(self) -> Path:
        """Log files of the processes."""
        return self.root / "logs"

    def make(self) -> None:
        """Create the folders, private to the owner; parents of the data directory are left as they are.

        Raises:
            DataDirectoryError: it cannot be made, or the sockets' folder belongs to somebody else.
        """
        folders = (self.originals, self.index, self.models, self.run, self.metrics, self.logs, self.index_requests)
        try:
            for folder in (self.root, *folders, self.sockets):
                folder.mkdir(mode=0o700, parents=folder == self.root, exist_ok=True)
            owner = self.sockets.stat()
        except OSError as error:
            raise DataDirectoryError(
                f"The data directory {self.root} cannot be used: {error.strerror}.",
                advice="Check its owner, rights and space, or name another by ZHIDA_DATA_DIR.",
            ) from error
        if owner.st_uid != os.getuid() or stat.S_IMODE(owner.st_mode) & 0o077:
            raise DataDirectoryError(
                f"The folder {self.sockets} belongs to somebody else or is open to others.",
                advice="Remove it, or choose a shorter ZHIDA_DATA_DIR so that it is not needed.",
            )


def places(data_dir: Path) -> Places:
    """The layout of a data directory; where sockets go follows from its path, so that every process agrees."""
    root = data_dir.expanduser().absolute()
    inside = root / "run" / "sockets"
    if len(os.fsencode(inside)) <= _SOCKET_FOLDER_BYTES_MAX:
        return Places(root=root, sockets=inside)
    digest = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:12]
    return Places(root=root, sockets=Path(tempfile.gettempdir()) / f"zhida-{os.getuid()}-{digest}")
