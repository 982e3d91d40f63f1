"""Where is the record of the instance of this data directory? For commands that work beside it instead of over HTTP."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import ClassVar

from zhida.bootstrap import places
from zhida.errors import Kind, ZhidaError
from zhida.settings import Settings


class NoInstanceError(ZhidaError):
    """The command needs a running instance."""

    code: ClassVar[str] = "cli.no_instance"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@contextmanager
def record_of_instance(settings: Settings) -> Generator[str]:
    """The connection URL of the running instance's record.

    Raises:
        NoInstanceError: none runs on this data directory.
    """
    layout = places(settings.data_dir)
    if not layout.instance_file.exists():
        raise NoInstanceError(f"No instance runs on {layout.root}.", advice="Start one beside this command: zhida up.")
    yield layout.record_file.read_text()
