"""What did a set show? Each leg's metrics, and whether both together are above the better of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhida.improvement.evaluation import Difference, EvaluatedQuery, evaluate, paired_bootstrap
from zhida.improvement.evaluation_sets import EvaluationSet
from zhida.improvement.peers import Figures, peers_of

LEGS = ("lexical", "dense")
TOGETHER = "balanced"
DECISIVE = "ndcg@10"


@dataclass(frozen=True, slots=True)
class FailedDocument:
    """A document of the set that could not be ingested: what follows was measured without it."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class SetReport:
    """One set's figures, in percent.

    Attributes:
        set: its name.
        queries: how many were asked.
        failed: documents that were left out.
        metrics: by profile.
        better_leg: the one with the higher nDCG@10.
        balanced_above_better_leg: the difference of nDCG@10 over the same questions.
        peers: what others reach, by metric.
        seconds: wall time by stage.
    """

    set: str
    documents: int
    distractors: int
    queries: int
    failed: tuple[FailedDocument, ...]
    metrics: Mapping[str, Mapping[str, float]]
    better_leg: str
    balanced_above_better_leg: Difference
    peers: Mapping[str, Figures]
    seconds: Mapping[str, float]


def report_of(
    evaluation_set: EvaluationSet,
    rankings: Mapping[str, Sequence[EvaluatedQuery]],
    *,
    failed: Sequence[FailedDocument],
    seconds: Mapping[str, float],
) -> SetReport:
    """A set's report.

    Args:
        evaluation_set: with the questions that were asked.
        rankings: what each leg and both together found, each in the order of the questions.
        failed: documents that are missing.
        seconds: wall time by stage.
    """
    metrics = {profile: evaluate(queries) for profile, queries in rankings.items()}
    better = max(LEGS, key=lambda leg: metrics[leg][DECISIVE])
    ours, theirs = ([query.ndcg() for query in rankings[profile]] for profile in (TOGETHER, better))
    return SetReport(
        set=evaluation_set.name,
        documents=len(evaluation_set.documents),
        distractors=len(evaluation_set.distractors),
        queries=len(evaluation_set.queries),
        failed=tuple(failed),
        metrics=metrics,
        better_leg=better,
        balanced_above_better_leg=paired_bootstrap(ours, theirs),
        peers=peers_of(evaluation_set.name),
        seconds=seconds,
    )
