"""How do we get better? Evaluation: sets of questions with known answers, metrics, and what peers reach on them."""

from zhida.improvement.evaluation import GOLD_DEPTH, Difference, EvaluatedQuery, evaluate, paired_bootstrap
from zhida.improvement.evaluation_sets import (
    EvaluationDocument,
    EvaluationQuery,
    EvaluationSet,
    EvaluationSetError,
    read_documents,
    read_evaluation_set,
    set_names,
)
from zhida.improvement.peers import BestPeer, best_peer, peers_of
from zhida.improvement.reports import LEGS, TOGETHER, FailedDocument, SetReport, report_of

__all__ = [
    "GOLD_DEPTH",
    "LEGS",
    "TOGETHER",
    "BestPeer",
    "Difference",
    "EvaluatedQuery",
    "EvaluationDocument",
    "EvaluationQuery",
    "EvaluationSet",
    "EvaluationSetError",
    "FailedDocument",
    "SetReport",
    "best_peer",
    "evaluate",
    "paired_bootstrap",
    "peers_of",
    "read_documents",
    "read_evaluation_set",
    "report_of",
    "set_names",
]
