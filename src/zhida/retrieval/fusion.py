"""How do two rankings become one? Weighted reciprocal rank fusion, each leg weighed by how sure it is of itself.

Source: Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning
Methods", SIGIR 2009. Plain fusion lets a chunk at rank 20 in both lists beat the first of one; a smaller constant and
a floor for absent ranks mend that.
"""

from dataclasses import dataclass

from zhida.ids import ChunkKey
from zhida.knowledge import Hits

RANK_CONSTANT = 8.0
"""Much smaller than the paper's 60: the first places of a good leg must count."""


@dataclass(frozen=True, slots=True)
class FusedHit:
    """A hit of one or both legs. Ranks count from 1."""

    key: ChunkKey
    score: float
    lexical_rank: int | None
    lexical_score: float | None
    dense_rank: int | None
    dense_score: float | None


def confidence(hits: Hits) -> float:
    """How clearly a leg's first hit stands out, 0 to 1: one minus the mean ratio of hits 2 to 10 to it."""
    if len(hits.scores) == 0:
        return 0.0
    top = float(hits.scores[0])
    if top <= 0 or len(hits.scores) == 1:
        return 0.5
    rest = [min(1.0, max(0.0, score / top)) for score in hits.scores[1:10].tolist()]
    return 1.0 - sum(rest) / len(rest)


def fuse(lexical: Hits, dense: Hits, *, lexical_weight: float, dense_weight: float) -> list[FusedHit]:
    """Both legs' hits, best first; equal scores keep the lexical order."""
    weights = _weights(lexical, dense, lexical_weight=lexical_weight, dense_weight=dense_weight)
    lexical_places = {key: place for place, key in enumerate(lexical.keys.tolist())}
    dense_places = {key: place for place, key in enumerate(dense.keys.tolist())}
    fused: list[FusedHit] = []
    for key in dict.fromkeys([*lexical_places, *dense_places]):
        in_lexical, in_dense = lexical_places.get(key), dense_places.get(key)
        score = 0.0
        if in_lexical is not None:
            score += weights[0] / (RANK_CONSTANT + in_lexical + 1)
        if in_dense is not None:
            score += weights[1] / (RANK_CONSTANT + in_dense + 1)
        fused.append(
            FusedHit(
                key=ChunkKey(key),
                score=score,
                lexical_rank=None if in_lexical is None else in_lexical + 1,
                lexical_score=None if in_lexical is None else float(lexical.scores[in_lexical]),
                dense_rank=None if in_dense is None else in_dense + 1,
                dense_score=None if in_dense is None else float(dense.scores[in_dense]),
            )
        )
    fused.sort(key=lambda hit: -hit.score)
    return fused


def _weights(lexical: Hits, dense: Hits, *, lexical_weight: float, dense_weight: float) -> tuple[float, float]:
    """Each leg's weight times half to one and a half of itself, by its confidence."""
    return lexical_weight * (0.5 + confidence(lexical)), dense_weight * (0.5 + confidence(dense))
