"""How good is a ranking? The usual metrics, in percent, and whether a difference between two runs is more than luck.

Sources: nDCG with the logarithmic discount of Järvelin and Kekäläinen, TOIS 2002; paired bootstrap of Efron and
Tibshirani, "An Introduction to the Bootstrap", 1993, as Sakai (SIGIR 2006) uses it for retrieval.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DEPTH = 10
GOLD_DEPTH = 5
_PERCENT = 100
_TAIL = 0.025


@dataclass(frozen=True, slots=True)
class EvaluatedQuery:
    """One question's ranking.

    Attributes:
        grades: the right documents; grades above 0.
        ranked: documents, best first and each once.
        passages: texts of the passages in their own order.
        references: sentences that an answer rests on; empty where a set has none.
    """

    grades: Mapping[str, int]
    ranked: Sequence[str]
    passages: Sequence[str]
    references: Sequence[str]

    def ndcg(self) -> float:
        """Discounted gain of the first ten over the best possible, 0 to 1."""
        best = sorted(self.grades.values(), reverse=True)[:DEPTH]
        return _discounted([self.grades.get(name, 0) for name in self.ranked[:DEPTH]]) / _discounted(best)

    def found(self, depth: int = DEPTH) -> float:
        """Share of the right documents among the first ``depth``, 0 to 1."""
        return sum(name in self.grades for name in self.ranked[:depth]) / len(self.grades)

    def reciprocal_rank(self) -> float:
        """One over the place of the first right document among ten, else 0."""
        places = [place for place, name in enumerate(self.ranked[:DEPTH], 1) if name in self.grades]
        return 1 / places[0] if places else 0.0

    def gold_text(self, depth: int = GOLD_DEPTH) -> float:
        """Share of the references that stand whole in the first ``depth`` passages, 0 to 1; white space aside."""
        read = "\n".join(_squeezed(text) for text in self.passages[:depth])
        return sum(_squeezed(text) in read for text in self.references) / len(self.references)


@dataclass(frozen=True, slots=True)
class Difference:
    """By how many points of percent one run is above another over the same questions.

    Attributes:
        mean: over all questions.
        low, high: its 95 % interval.
    """

    mean: float
    low: float
    high: float


def evaluate(queries: Sequence[EvaluatedQuery]) -> dict[str, float]:
    """Means over all questions, in percent. ``full@10``: all right documents are among the first ten."""
    metrics = {
        f"ndcg@{DEPTH}": _mean([query.ndcg() for query in queries]),
        f"recall@{DEPTH}": _mean([query.found() for query in queries]),
        "hits@1": _mean([query.found(1) > 0 for query in queries]),
        f"mrr@{DEPTH}": _mean([query.reciprocal_rank() for query in queries]),
        f"full@{DEPTH}": _mean([query.found() == 1 for query in queries]),
    }
    with_references = [query.gold_text() for query in queries if query.references]
    return metrics | ({f"gold text@{GOLD_DEPTH}": _mean(with_references)} if with_references else {})


def paired_bootstrap(
    ours: Sequence[float], theirs: Sequence[float], *, draws: int = 2_000, seed: int = 1
) -> Difference:
    """How far one run is above another, and how sure that is, over resampled questions.

    Args:
        ours: a value for each question, 0 to 1.
        theirs: the other run's, in the same order.
        draws: samples.
        seed: of the samples, so that a figure can be repeated.
    """
    differences = [_PERCENT * (mine - other) for mine, other in zip(ours, theirs, strict=True)]
    count = len(differences)
    if not count:
        return Difference(0.0, 0.0, 0.0)
    draw = random.Random(seed)  # noqa: S311 - statistics
    means = sorted(sum(draw.choices(differences, k=count)) / count for _ in range(draws))
    low, high = means[int(_TAIL * draws)], means[int((1 - _TAIL) * draws)]
    return Difference(round(sum(differences) / count, 2), round(low, 2), round(high, 2))


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(place + 1) for place, gain in enumerate(gains, 1))


def _mean(values: Sequence[float]) -> float:
    return round(_PERCENT * sum(values) / max(1, len(values)), 2)


def _squeezed(text: str) -> str:
    return "".join(text.split())
