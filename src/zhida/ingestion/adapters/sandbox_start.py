"""The file that a parser process is started with, by its path; it exists so that the process stays small.

Importing a module of this room would first import the room's face, and with it the service, the database driver and
more, which a parser process neither needs nor should be able to use. So the room is put in place without its face.
"""

import runpy
import sys
from pathlib import Path
from types import ModuleType

_ROOM = "zhida.ingestion"


def _main() -> None:
    room = ModuleType(_ROOM)
    room.__path__ = [str(Path(__file__).parent.parent)]
    sys.modules[_ROOM] = room
    runpy.run_module(f"{_ROOM}.adapters.sandbox_child", run_name="__main__", alter_sys=False)


if __name__ == "__main__":
    _main()
