"""Answering: passages in, grounded answer out. How is a question answered from evidence, or refused without it?"""

from zhida.answering.events import (
    Answer,
    AnswerEvent,
    AnswerMode,
    AnswerResult,
    Citation,
    CitationAdded,
    Finished,
    LookedAt,
    Refusal,
    RefusalReason,
    Refused,
    Retrieved,
    TextDelta,
    Usage,
    fold,
)
from zhida.answering.ports import Retriever
from zhida.answering.service import AnsweringService, AnswerRequest
from zhida.answering.settings import AnsweringSettings

__all__ = [
    "Answer",
    "AnswerEvent",
    "AnswerMode",
    "AnswerRequest",
    "AnswerResult",
    "AnsweringService",
    "AnsweringSettings",
    "Citation",
    "CitationAdded",
    "Finished",
    "LookedAt",
    "Refusal",
    "RefusalReason",
    "Refused",
    "Retrieved",
    "Retriever",
    "TextDelta",
    "Usage",
    "fold",
]
