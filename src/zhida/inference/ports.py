"""The wires to models: embed texts, stream a chat completion. Adapters translate every vendor exception here."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from zhida.ids import Language


@dataclass(frozen=True, slots=True)
class EmbeddingModelCard:
    """What an embedding model is.

    Attributes:
        name: stable, with the weights' digest where known; embeddings in the record are keyed by it.
        dimensions: length of a vector.
        max_tokens: the model's window; longer texts are cut.
        languages: the languages that it was trained for. A text of another one is left to the lexical leg.
    """

    name: str
    dimensions: int
    max_tokens: int
    languages: frozenset[Language]


class EmbeddingModel(Protocol):
    """Texts to vectors.

    Both methods return float32 of shape (len(texts), dimensions), each row L2-normalised.

    Raises:
        ModelUnavailableError: the model does not answer; try again later.
        ModelRejectedError: the model refuses this input or this key; trying again does not help.
    """

    @property
    def card(self) -> EmbeddingModelCard:
        """What the model is."""
        ...

    async def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed questions; goes before any passage that waits."""
        ...

    async def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed chunks; yields to questions."""
        ...


class ChatRole(StrEnum):
    """Who speaks, in OpenAI's words."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One utterance of a prompt."""

    role: ChatRole
    content: str


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """How to sample."""

    temperature: float = 0.1
    top_p: float = 0.9
    max_tokens: int = 1024


@dataclass(frozen=True, slots=True)
class ChatDelta:
    """A piece of generated text."""

    text: str


class ChatFinishReason(StrEnum):
    """Why a model stopped."""

    STOP = "stop"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"


@dataclass(frozen=True, slots=True)
class ChatFinished:
    """The end of a completion; tokens as the model counted them, None where it did not say."""

    reason: ChatFinishReason
    prompt_tokens: int | None
    completion_tokens: int | None


ChatEvent = ChatDelta | ChatFinished


class ChatModel(Protocol):
    """Streams a chat completion. Closing the iterator stops the generation at the provider."""

    @property
    def name(self) -> str:
        """The model's name as the provider spells it."""
        ...

    def stream(self, messages: Sequence[ChatMessage], options: ChatOptions) -> AsyncIterator[ChatEvent]:
        """Deltas, then exactly one ``ChatFinished``.

        Raises:
            ModelUnavailableError: no answer in time, a 5xx or 429 after the retries, a broken stream.
            ModelRejectedError: wrong key, unknown model, refused input.
        """
        ...
