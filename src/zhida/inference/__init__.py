"""How is a model asked?

The ports of embedding and chat, what they raise, the folders of local models, and the catalogue to pull more from.
Adapters stand behind the ports and are chosen by bootstrap.
"""

from zhida.inference.chat_settings import ChatSettings
from zhida.inference.errors import ModelFilesError, ModelRejectedError, ModelUnavailableError
from zhida.inference.local_model import LocalEmbeddingModel, TextRole
from zhida.inference.ports import (
    ChatDelta,
    ChatEvent,
    ChatFinished,
    ChatFinishReason,
    ChatMessage,
    ChatModel,
    ChatOptions,
    ChatRole,
    EmbeddingModel,
    EmbeddingModelCard,
)
from zhida.inference.settings import PACKAGED_MODEL, EmbeddingProvider, EmbeddingSettings, InferenceSettings

__all__ = [
    "PACKAGED_MODEL",
    "ChatDelta",
    "ChatEvent",
    "ChatFinishReason",
    "ChatFinished",
    "ChatMessage",
    "ChatModel",
    "ChatOptions",
    "ChatRole",
    "ChatSettings",
    "EmbeddingModel",
    "EmbeddingModelCard",
    "EmbeddingProvider",
    "EmbeddingSettings",
    "InferenceSettings",
    "LocalEmbeddingModel",
    "ModelFilesError",
    "ModelRejectedError",
    "ModelUnavailableError",
    "TextRole",
]
