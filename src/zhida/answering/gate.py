"""Is there enough evidence to answer? Decided in code before any model is asked: the prompt is never the only guard."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from zhida.ids import Language
from zhida.knowledge import analyse, analyse_query
from zhida.retrieval import Passage

_THRESHOLD: Final = 0.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether to answer, and the score (0 to 1) that decided it."""

    is_enough: bool
    score: float


def judge(question: str, passages: Sequence[Passage], *, language: Language) -> Verdict:
    """Weigh the evidence."""
    wanted = set(analyse_query(question))
    if not passages or not wanted:
        return Verdict(is_enough=False, score=0.0)
    score = max(len(wanted & set(analyse(f"{p.title}\n{p.text}"))) / len(wanted) for p in passages)
    return Verdict(is_enough=score >= _THRESHOLD, score=score)
