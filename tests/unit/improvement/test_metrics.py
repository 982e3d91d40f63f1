"""Metrics, each against a number worked out by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhida.improvement import Difference, EvaluatedQuery, evaluate, paired_bootstrap


def ranking(
    *ranked: str,
    right: dict[str, int] | None = None,
    passages: tuple[str, ...] = (),
    references: tuple[str, ...] = (),
) -> EvaluatedQuery:
    return EvaluatedQuery(right or {"a": 1, "b": 1}, ranked, passages, references)


def test_a_perfect_ranking_has_everything() -> None:
    assert evaluate([ranking("a", "b", "x")]) == {
        "ndcg@10": 100,
        "recall@10": 100,
        "hits@1": 100,
        "mrr@10": 100,
        "full@10": 100,
    }


def test_nothing_found_is_zero_throughout() -> None:
    assert set(evaluate([ranking("x", "y"), ranking()]).values()) == {0}


def test_no_questions_are_no_division_by_zero() -> None:
    assert set(evaluate([]).values()) == {0}


def test_right_documents_at_two_and_four_of_two() -> None:
    query = ranking("x", "a", "y", "b")
    assert query.ndcg() == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3)))
    assert query.reciprocal_rank() == 1 / 2
    assert query.found() == 1
    assert query.found(3) == 1 / 2
    assert query.found(1) == 0


def test_higher_grades_count_more() -> None:
    right = {"a": 3, "b": 1}
    assert ranking("b", "a", right=right).ndcg() == pytest.approx((1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3)))


def test_what_stands_below_the_tenth_place_counts_nothing() -> None:
    query = ranking(*"0123456789", "a")
    assert (query.ndcg(), query.found(), query.reciprocal_rank()) == (0, 0, 0)


def test_more_right_documents_than_places_can_still_be_perfect() -> None:
    names = [str(number) for number in range(15)]
    query = EvaluatedQuery(dict.fromkeys(names, 1), names, (), ())
    assert query.ndcg() == pytest.approx(1)
    assert query.found() == pytest.approx(10 / 15)


def test_means_are_over_questions_and_in_percent() -> None:
    metrics = evaluate([ranking("a", "b"), ranking("x", "a"), ranking("x"), ranking("b")])
    assert metrics["hits@1"] == 50
    assert metrics["full@10"] == 25
    assert metrics["recall@10"] == 50
    assert metrics["mrr@10"] == 62.5


def test_gold_sentences_are_looked_for_in_the_first_five_passages_whatever_the_white_space() -> None:
    query = ranking(
        "a",
        passages=("It lasts\nthirty  months.", "", "", "", "", "It costs forty crowns."),
        references=("It lasts thirty months.", "It costs forty crowns."),
    )
    assert query.gold_text() == 1 / 2
    assert query.gold_text(6) == 1


def test_a_gold_sentence_that_is_cut_between_two_passages_is_not_there() -> None:
    query = ranking("a", passages=("It lasts", "thirty months."), references=("It lasts thirty months.",))
    assert query.gold_text() == 0


def test_the_share_of_gold_text_is_told_only_where_there_is_some() -> None:
    with_gold = ranking("a", passages=("yes",), references=("yes",))
    assert evaluate([with_gold, ranking("a")])["gold text@5"] == 100
    assert "gold text@5" not in evaluate([ranking("a")])


def test_a_difference_that_is_the_same_everywhere_has_no_width() -> None:
    assert paired_bootstrap([0.75, 0.5, 1.0], [0.5, 0.25, 0.75]) == Difference(25, 25, 25)


def test_a_clear_difference_excludes_zero_and_a_doubtful_one_does_not() -> None:
    clear = paired_bootstrap([1.0] * 60 + [0.0] * 40, [0.0] * 100)
    assert (clear.mean, clear.low > 0) == (60, True)
    assert clear.low < 60 < clear.high
    doubtful = paired_bootstrap([1.0, 0.0] * 50, [0.0, 1.0] * 50)
    assert doubtful.mean == 0
    assert doubtful.low < 0 < doubtful.high


def test_the_same_samples_are_drawn_each_time() -> None:
    ours, theirs = [0.1, 0.9, 0.4, 0.6], [0.3, 0.2, 0.5, 0.1]
    assert paired_bootstrap(ours, theirs) == paired_bootstrap(ours, theirs)


def test_runs_over_different_questions_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="zip"):
        paired_bootstrap([1.0], [1.0, 0.0])


def test_no_questions_are_no_difference() -> None:
    assert paired_bootstrap([], []) == Difference(0, 0, 0)


@given(
    st.permutations([*"abcdefghijkl"]), st.dictionaries(st.sampled_from("abcdefghxyz"), st.integers(1, 3), min_size=1)
)
def test_every_metric_of_a_question_lies_between_nothing_and_all(order: list[str], grades: dict[str, int]) -> None:
    query = EvaluatedQuery(grades, order, (), ())
    for figure in (query.ndcg(), query.found(), query.reciprocal_rank()):
        assert 0 <= figure <= 1 + 1e-9


@given(st.permutations([*"abcdefgh"]), st.integers(0, 6))
def test_moving_a_right_document_up_never_costs_anything(order: list[str], place: int) -> None:
    better = list(order)
    better[place], better[place + 1] = better[place + 1], better[place]
    grades = {order[place + 1]: 2, "a": 1} if order[place] != "a" else {order[place + 1]: 2}
    before, after = EvaluatedQuery(grades, order, (), ()), EvaluatedQuery(grades, better, (), ())
    assert after.ndcg() >= before.ndcg() - 1e-12
    assert after.reciprocal_rank() >= before.reciprocal_rank()
