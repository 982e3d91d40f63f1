"""The use case: a question and a grant in, a stream of answer events out. Called by the doors."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from zhida.access import ReadGrant
from zhida.answering.events import AnswerEvent
from zhida.answering.ports import Retriever
from zhida.answering.settings import AnsweringSettings
from zhida.ids import KnowledgeBaseId
from zhida.inference import ChatModel, ChatOptions


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """One question. ``top_k`` and ``profile``: None takes the settings' value."""

    grant: ReadGrant
    knowledge_base_id: KnowledgeBaseId
    question: str
    top_k: int | None = None
    profile: str | None = None


class AnsweringService:
    """Answers from passages; without a chat model the answer is made of the documents' own sentences."""

    def __init__(
        self, retrieval: Retriever, chat: ChatModel | None, settings: AnsweringSettings, options: ChatOptions
    ) -> None:
        self._retrieval = retrieval
        self._chat = chat
        self._settings = settings
        self._options = options

    def answer(self, request: AnswerRequest) -> AsyncIterator[AnswerEvent]:
        """``Retrieved``, then text and citations, then exactly one of ``Finished`` and ``Refused``.

        Closing the iterator stops the model.

        Raises:
            KnowledgeBaseNotFoundError: no such knowledge base for this grant.
            ModelUnavailableError, ModelRejectedError: the model failed after its first text was sent; before that,
                the answer falls back to the documents' own sentences and carries a warning.
        """
        raise NotImplementedError
