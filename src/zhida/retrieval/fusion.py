"""How do two rankings become one? By a convex combination of both legs' scores, or by weighted reciprocal ranks.

Scores carry what ranks lose: how far the first hit stands above the second. So the convex combination is the default
(Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", ACM TOIS 42(1), 2023). BM25 is divided
by the best score, its theoretical minimum being 0; cosines are counted from that of the last candidate, over their
range. A leg whose hits are all alike thereby decides little, and one whose first hit stands out decides much.

Reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009) needs no scores, and is there for models whose
similarities mean little. Its constant is far below the paper's 60, with which a chunk at rank 20 in both lists beats
the first of one. The figures of both are in docs/evaluation.md.
"""

from collections.abc import Callable
from typing import NamedTuple

from zhida.ids import ChunkKey
from zhida.knowledge import Hits
from zhida.retrieval.settings import FusionMethod

RANK_CONSTANT = 8.0
NARROWEST_RANGE = 0.2
"""Cosines that lie closer together than this are not spread any further: their order is mostly chance."""


class FusedHit(NamedTuple):
    """A hit of one or both legs. Ranks count from 1.

    A tuple, since each search makes some 150 of them and a frozen dataclass takes five times as long to make.
    """

    key: ChunkKey
    score: float
    lexical_rank: int | None
    lexical_score: float | None
    dense_rank: int | None
    dense_score: float | None


class _Leg(NamedTuple):
    """One leg's hits, and what each adds to the fused score; one that only the other leg found adds nothing."""

    places: dict[int, int]
    scores: list[float]
    shares: list[float]


def fuse(
    lexical: Hits,
    dense: Hits,
    *,
    lexical_weight: float,
    dense_weight: float,
    method: FusionMethod = FusionMethod.CONVEX,
) -> list[FusedHit]:
    """Both legs' hits, best first; where only one leg has hits, its order stands. Equal scores keep the lexical order.

    Args:
        lexical: with BM25 scores.
        dense: with cosines.
        lexical_weight: how much the lexical leg counts, relative to the other.
        dense_weight: likewise.
        method: how.
    """
    total = (lexical_weight + dense_weight) or 1.0
    lexical_shares, dense_shares = _SHARES[method]
    by_words = _leg(lexical, lexical_shares, lexical_weight / total)
    by_meaning = _leg(dense, dense_shares, dense_weight / total)
    fused = [_hit(key, by_words, by_meaning) for key in by_words.places | by_meaning.places]
    fused.sort(key=_score, reverse=True)
    return fused


def _leg(hits: Hits, shares: "_Shares", weight: float) -> _Leg:
    scores = hits.scores.tolist()
    return _Leg({key: place for place, key in enumerate(hits.keys.tolist())}, scores, shares(scores, weight))


def _by_rank(scores: list[float], weight: float) -> list[float]:
    return [weight / (RANK_CONSTANT + rank) for rank in range(1, len(scores) + 1)]


def _by_bm25(scores: list[float], weight: float) -> list[float]:
    scale = weight / scores[0] if scores and scores[0] > 0 else 0.0
    return [score * scale for score in scores]


def _by_cosine(scores: list[float], weight: float) -> list[float]:
    if not scores:
        return []
    nothing = min(scores[-1], scores[0] - NARROWEST_RANGE)
    scale = weight / (scores[0] - nothing)
    return [(score - nothing) * scale for score in scores]


_Shares = Callable[[list[float], float], list[float]]
_SHARES: dict[FusionMethod, tuple[_Shares, _Shares]] = {
    FusionMethod.CONVEX: (_by_bm25, _by_cosine),
    FusionMethod.RECIPROCAL_RANK: (_by_rank, _by_rank),
}


def _hit(key: int, by_words: _Leg, by_meaning: _Leg) -> FusedHit:
    lexical, dense = by_words.places.get(key), by_meaning.places.get(key)
    return FusedHit(
        ChunkKey(key),
        (0.0 if lexical is None else by_words.shares[lexical]) + (0.0 if dense is None else by_meaning.shares[dense]),
        None if lexical is None else lexical + 1,
        None if lexical is None else by_words.scores[lexical],
        None if dense is None else dense + 1,
        None if dense is None else by_meaning.scores[dense],
    )


def _score(hit: FusedHit) -> float:
    return hit.score
