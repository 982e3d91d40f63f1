"""How do we get better? Evaluation: sets of questions with known answers, metrics, and what peers reach on them."""

from zhida.improvement.evaluation import EvaluatedQuery, evaluate, paired_bootstrap, reference_coverage
from zhida.improvement.evaluation_sets import EvaluationSet, EvaluationSetError, read_evaluation_set, set_names
from zhida.improvement.peers import peers_of

__all__ = [
    "EvaluatedQuery",
    "EvaluationSet",
    "EvaluationSetError",
    "evaluate",
    "paired_bootstrap",
    "peers_of",
    "read_evaluation_set",
    "reference_coverage",
    "set_names",
]
