"""Who starts PostgreSQL when the operator has none? The supervisor and the tests, through ``EmbeddedPostgres``."""

from pathlib import Path


class EmbeddedPostgres:
    """One PostgreSQL 16 on a data directory, as a child of the calling process."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def start(self) -> str:
        """Start it and wait until it answers; the connection URL."""
        raise NotImplementedError

    def stop(self) -> None:
        """Shut it down fast and cleanly; quiet where it does not run."""
        raise NotImplementedError

    def is_alive(self) -> bool:
        """Whether the server process runs."""
        raise NotImplementedError

    @property
    def pid(self) -> int | None:
        """The server's process, None where it does not run."""
        raise NotImplementedError
