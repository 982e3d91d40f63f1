"""Two rankings become one, and neither may drag the other down where it has nothing to say."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhida.knowledge import Hits
from zhida.retrieval import FusionMethod
from zhida.retrieval.fusion import FusedHit, fuse

NOBODY = Hits(keys=np.empty(0, np.int64), scores=np.empty(0, np.float32))
METHODS = pytest.mark.parametrize("method", list(FusionMethod))


def hits(*pairs: tuple[int, float]) -> Hits:
    return Hits(
        keys=np.array([key for key, _ in pairs], np.int64), scores=np.array([score for _, score in pairs], np.float32)
    )


def balanced(lexical: Hits, dense: Hits, *, method: FusionMethod = FusionMethod.CONVEX) -> list[FusedHit]:
    return fuse(lexical, dense, lexical_weight=1.0, dense_weight=1.0, method=method)


def keys(fused: list[FusedHit]) -> list[int]:
    return [int(hit.key) for hit in fused]


def leg(lowest: float, highest: float) -> st.SearchStrategy[Hits]:
    """A ranking of distinct chunks whose scores fall."""

    def ranked(found: dict[int, float]) -> Hits:
        return hits(*sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))

    scores = st.floats(lowest, highest, width=32)
    return st.dictionaries(st.integers(1, 60), scores, max_size=40).map(ranked)


LEXICAL, DENSE = leg(0.0625, 60.0), leg(-1.0, 1.0)
WEIGHTS = st.floats(0.05, 20.0)


def test_a_chunk_that_leads_both_legs_leads() -> None:
    assert keys(balanced(hits((1, 9.0), (2, 3.0)), hits((1, 0.8), (3, 0.5))))[0] == 1


def test_scores_are_combined_as_the_docstring_says() -> None:
    fused = fuse(hits((1, 8.0), (2, 4.0)), hits((2, 0.9), (3, 0.5), (1, 0.4)), lexical_weight=3.0, dense_weight=1.0)
    score = {int(hit.key): hit.score for hit in fused}
    assert score[1] == pytest.approx(0.75)
    assert score[2] == pytest.approx(0.75 * 0.5 + 0.25)
    assert score[3] == pytest.approx(0.25 * 0.1 / 0.5)


def test_ranks_and_scores_of_both_legs_are_told() -> None:
    (first, second) = balanced(hits((7, 5.0)), hits((8, 0.75), (7, 0.5)))
    assert first == FusedHit(first.key, first.score, 1, 5.0, 2, 0.5)
    assert second == FusedHit(second.key, second.score, None, None, 1, 0.75)


@METHODS
def test_a_chunk_in_the_middle_of_both_legs_does_not_beat_the_first_of_one(method: FusionMethod) -> None:
    lexical = hits(*((key, 20.0 / key) for key in range(1, 41)))
    dense = hits(*((key, 0.7 - place / 100) for place, key in enumerate((*range(101, 120), 20, *range(121, 141)))))
    order = keys(balanced(lexical, dense, method=method))
    assert min(order.index(1), order.index(101)) < order.index(20)


def test_cosines_that_hardly_differ_do_not_overturn_the_words() -> None:
    lexical = hits((1, 20.0), (2, 16.0))
    dense = hits((2, 0.302), (1, 0.300))
    assert keys(balanced(lexical, dense)) == [1, 2]


def test_a_single_hit_of_the_dense_leg_counts_in_full() -> None:
    assert [hit.score for hit in balanced(NOBODY, hits((1, 0.2)))] == [pytest.approx(1 / 2)]


@METHODS
def test_nothing_found_is_nothing_found(method: FusionMethod) -> None:
    assert balanced(NOBODY, NOBODY, method=method) == []


@METHODS
def test_without_weights_everything_found_is_still_there(method: FusionMethod) -> None:
    fused = fuse(hits((1, 3.0)), hits((2, 0.3)), lexical_weight=0.0, dense_weight=0.0, method=method)
    assert keys(fused) == [1, 2]


@METHODS
@given(lexical=LEXICAL, weight=WEIGHTS)
def test_where_only_words_find_something_their_order_stands(method: FusionMethod, lexical: Hits, weight: float) -> None:
    fused = fuse(lexical, NOBODY, lexical_weight=1.0, dense_weight=weight, method=method)
    assert keys(fused) == lexical.keys.tolist()


@METHODS
@given(dense=DENSE, weight=WEIGHTS)
def test_where_only_meaning_finds_something_its_order_stands(method: FusionMethod, dense: Hits, weight: float) -> None:
    fused = fuse(NOBODY, dense, lexical_weight=1.0, dense_weight=weight, method=method)
    assert keys(fused) == dense.keys.tolist()


@METHODS
@given(lexical=LEXICAL, dense=DENSE)
def test_every_hit_comes_out_once_and_best_first(method: FusionMethod, lexical: Hits, dense: Hits) -> None:
    fused = balanced(lexical, dense, method=method)
    assert sorted(keys(fused)) == sorted(set(lexical.keys.tolist()) | set(dense.keys.tolist()))
    scores = [hit.score for hit in fused]
    assert scores == sorted(scores, reverse=True)
    assert all(math.isfinite(score) and 0 <= score <= 1 + 1e-6 for score in scores)


@METHODS
@given(lexical=LEXICAL, dense=DENSE, shift=st.integers(1, 1_000))
def test_what_chunks_are_called_does_not_matter(method: FusionMethod, lexical: Hits, dense: Hits, shift: int) -> None:
    renamed = balanced(
        Hits(lexical.keys + shift, lexical.scores), Hits(dense.keys + shift, dense.scores), method=method
    )
    assert [key - shift for key in keys(renamed)] == keys(balanced(lexical, dense, method=method))


@METHODS
@given(lexical=LEXICAL, dense=DENSE)
def test_a_chunk_no_worse_in_either_leg_is_no_worse_fused(method: FusionMethod, lexical: Hits, dense: Hits) -> None:
    fused = balanced(lexical, dense, method=method)
    nowhere = 1_000
    for better, worse in pairwise(fused):
        places = [
            (better.lexical_rank or nowhere, worse.lexical_rank or nowhere),
            (better.dense_rank or nowhere, worse.dense_rank or nowhere),
        ]
        assert any(mine < theirs for mine, theirs in places) or better.score == worse.score


@given(lexical=LEXICAL, dense=DENSE, scale=st.sampled_from([0.25, 0.5, 2.0, 8.0]))
def test_the_unit_of_bm25_does_not_matter(lexical: Hits, dense: Hits, scale: float) -> None:
    scaled = Hits(lexical.keys, lexical.scores * np.float32(scale))
    assert keys(balanced(scaled, dense)) == keys(balanced(lexical, dense))


@given(lexical=LEXICAL, dense=DENSE)
def test_a_leg_of_weight_zero_changes_nothing_among_the_other_s_hits(lexical: Hits, dense: Hits) -> None:
    fused = fuse(lexical, dense, lexical_weight=1.0, dense_weight=0.0)
    assert keys(fused)[: len(lexical.keys)] == lexical.keys.tolist()
