"""Where is the record of the instance of this data directory? For commands that work beside it instead of over HTTP."""

from collections.abc import Generator
from contextlib import contextmanager

from zhida.bootstrap import places
from zhida.cli.attaching import stated
from zhida.cli.errors import NotRunningError
from zhida.settings import Settings


@contextmanager
def record_of_instance(settings: Settings) -> Generator[str]:
    """The connection URL of the running instance's record.

    Raises:
        NotRunningError: none runs on this data directory.
    """
    layout = places(settings.data_dir)
    if stated(layout.instance_file) is None:
        raise NotRunningError(f"No instance of {layout.root} runs.", advice="Start one beside this command: zhida up.")
    yield layout.record_file.read_text()
