"""How large may the local search index grow before it folds, and how hard does it search? Bootstrap hands this in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


def _no_step(_: str) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class LocalIndexOptions:
    """Sizes in rows, shares from 0 to 1.

    Attributes:
        open_indexes: readers kept open at once; the one that was used longest ago is closed first.
        check_interval: how often at most a reader looks for a new manifest.
        graph_from_rows: a base with fewer rows is scanned exactly, a larger one gets an HNSW graph.
        graph_links: HNSW's M (Malkov and Yashunin 2016); 16 links cost 128 bytes a row.
        graph_build_breadth: HNSW's efConstruction.
        graph_search_breadth: HNSW's efSearch when everything is permitted; divided by the permitted share.
        exact_below_share: a permitted share below this is scanned exactly, for HNSW loses recall under a narrow filter;
            wider ones are scanned where that is faster.
        delta_rows_min, delta_share, delta_rows_max: the delta is folded into the base when it holds more rows than
            the larger of the first two (the second as a share of the base), and at the third in any case.
        deleted_share, deleted_rows_min: the base is built anew without its deleted rows when they are more than both.
        lexical_heap_bytes: memory of the lexical writer while it is open.
        after_step: told the name of every durable step of a write; a test ends the process there.
    """

    open_indexes: int = 64
    check_interval: timedelta = timedelta(milliseconds=20)
    graph_from_rows: int = 10_000
    graph_links: int = 16
    graph_build_breadth: int = 80
    graph_search_breadth: int = 96
    exact_below_share: float = 0.05
    delta_rows_min: int = 2_000
    delta_share: float = 0.1
    delta_rows_max: int = 20_000
    deleted_share: float = 0.2
    deleted_rows_min: int = 500
    lexical_heap_bytes: int = 32_000_000
    after_step: Callable[[str], None] = _no_step
