"""How good is a ranking? The usual metrics, in percent, and whether a difference between two runs is more than luck.

Sources: nDCG with the logarithmic discount of Järvelin and Kekäläinen, TOIS 2002; paired bootstrap of Efron and
Tibshirani, "An Introduction to the Bootstrap", 1993, as Sakai (SIGIR 2006) uses it for retrieval.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DEPTH = 10


@dataclass(frozen=True, slots=True)
class EvaluatedQuery:
    """One question's ranking: documents, best first and each once, and the texts of the passages in their own order."""

    grades: Mapping[str, int]
    ranked: Sequence[str]
    passages: Sequence[str]
    references: Sequence[str]

    def ndcg(self) -> float:
        """Discounted gain of the first ten over the best possible, 0 to 1."""
        gain = sum(self.grades.get(name, 0) / math.log2(place + 2) for place, name in enumerate(self.ranked[:DEPTH]))
        best = sorted(self.grades.values(), reverse=True)[:DEPTH]
        return gain / sum(grade / math.log2(place + 2) for place, grade in enumerate(best))

    def found(self, depth: int = DEPTH) -> float:
        """Share of the right documents among the first ``depth``."""
        return sum(name in self.grades for name in self.ranked[:depth]) / len(self.grades)

    def reciprocal_rank(self) -> float:
        """One over the place of the first right document among ten, else 0."""
        places = [place for place, name in enumerate(self.ranked[:DEPTH]) if name in self.grades]
        return 1 / (places[0] + 1) if places else 0.0


def evaluate(queries: Sequence[EvaluatedQuery]) -> dict[str, float]:
    """Means over all questions, in percent. ``full@10``: all right documents among the first ten."""
    count = max(1, len(queries))
    sums = {
        "ndcg@10": sum(query.ndcg() for query in queries),
        "recall@10": sum(query.found() for query in queries),
        "hits@1": sum(query.found(1) > 0 for query in queries),
        "mrr@10": sum(query.reciprocal_rank() for query in queries),
        "full@10": sum(query.found() == 1 for query in queries),
    }
    metrics = {name: round(100 * total / count, 2) for name, total in sums.items()}
    coverage = reference_coverage(queries)
    return metrics if coverage is None else metrics | {"gold text@5": coverage}


def reference_coverage(queries: Sequence[EvaluatedQuery], depth: int = 5) -> float | None:
    """Share, in percent, of gold sentences that stand whole in the first passages; None where a set has none."""
    shares: list[float] = []
    for query in queries:
        if query.references:
            haystack = "\n".join(_squeezed(text) for text in query.passages[:depth])
            shares.append(sum(_squeezed(text) in haystack for text in query.references) / len(query.references))
    return round(100 * sum(shares) / len(shares), 2) if shares else None


def paired_bootstrap(
    ours: Sequence[float], theirs: Sequence[float], *, draws: int = 2_000, seed: int = 1
) -> tuple[float, float]:
    """The 95 % interval of the mean difference, in points of percent, over resampled questions.

    Args:
        ours: a value per question, 0 to 1.
        theirs: the other run's, in the same order.
        draws: samples.
        seed: of the samples, so that a figure can be repeated.
    """
    differences = [100 * (a - b) for a, b in zip(ours, theirs, strict=True)]
    draw = random.Random(seed)  # noqa: S311 - statistics
    count = len(differences)
    means = sorted(sum(draw.choices(differences, k=count)) / count for _ in range(draws))
    return round(means[int(0.025 * draws)], 2), round(means[int(0.975 * draws)], 2)


def _squeezed(text: str) -> str:
    return "".join(text.split())
