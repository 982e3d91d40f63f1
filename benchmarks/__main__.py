"""``python -m benchmarks [NAME…]``: runs benchmarks, all by default, and prints each as one JSON object."""

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from benchmarks import ingestion, search

BENCHMARKS: dict[str, Callable[[], dict[str, Any]]] = {
    "search": search.run,
    "busy": ingestion.busy,
    "ingestion": ingestion.ingestion,
    "memory": ingestion.memory,
}


def main() -> None:
    """Run the chosen ones in turn."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    names = parser.parse_args().names or list(BENCHMARKS)
    for name in names:
        if name not in BENCHMARKS:
            parser.error(f"there is no benchmark {name}; choose from {', '.join(BENCHMARKS)}")
        sys.stdout.write(json.dumps(BENCHMARKS[name](), indent=1, ensure_ascii=False) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
