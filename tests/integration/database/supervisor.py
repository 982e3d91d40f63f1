"""A program that runs a server until it is killed. Arguments: the data directory; ``thread`` to start from a thread.

Says the server's process, or the reason why there is none.
"""

import sys
import threading
from pathlib import Path

from zhida.database import EmbeddedPostgres
from zhida.errors import ZhidaError


def main(data_dir: Path, *, in_thread: bool) -> None:
    """Start, say so, wait."""
    server = EmbeddedPostgres(data_dir)

    def start() -> None:
        try:
            server.start()
        except ZhidaError as error:
            sys.stdout.write(f"{error.code} {error}\n")
        else:
            sys.stdout.write(f"{server.pid}\n")
        sys.stdout.flush()

    if in_thread:
        thread = threading.Thread(target=start)
        thread.start()
        thread.join()
    else:
        start()
    sys.stdin.readline()
    server.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), in_thread="thread" in sys.argv)
