"""A set's report: figures by profile, the better leg, the distance to it, and the peers."""

from zhida.improvement import (
    EvaluatedQuery,
    EvaluationDocument,
    EvaluationQuery,
    EvaluationSet,
    FailedDocument,
    best_peer,
    peers_of,
    report_of,
)


def found(*ranked: str) -> list[EvaluatedQuery]:
    """Two questions whose right document is ``a``: the first found at once, the second as the ranking says."""
    return [EvaluatedQuery({"a": 1}, ["a"], (), ()), EvaluatedQuery({"a": 1}, ranked, (), ())]


def a_set(name: str) -> EvaluationSet:
    query = EvaluationQuery("q", "Why?", {"a": 1}, ())
    return EvaluationSet(name, (EvaluationDocument("a", "", "Because."),), (query, query))


def test_the_better_leg_is_the_one_that_both_together_are_held_against() -> None:
    failed = [FailedDocument("b", "It is empty.")]
    rankings = {"lexical": found("x", "a"), "dense": found("x", "y"), "balanced": found("a")}
    report = report_of(a_set("unknown"), rankings, failed=failed, seconds={"ingestion": 1.0})
    assert report.better_leg == "lexical"
    assert (report.metrics["dense"]["ndcg@10"], report.metrics["balanced"]["ndcg@10"]) == (50, 100)
    assert report.balanced_above_better_leg.mean == 18.45
    assert (report.documents, report.distractors, report.queries, report.failed) == (1, 0, 2, tuple(failed))
    assert report.peers == {"ndcg@10": {}, "gold text@5": {}}


def test_the_best_peer_is_the_highest_of_all_their_ways_to_search() -> None:
    best = best_peer(peers_of("cranfield-en")["ndcg@10"])
    assert best is not None
    assert (best.name, best.mode, best.figure) == ("LlamaIndex", "hybrid", 43.2)
    assert best_peer(peers_of("unknown")["ndcg@10"]) is None
