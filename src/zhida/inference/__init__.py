"""How is a model asked?

The ports of embedding and chat, what they raise, the folders of local models, and the catalogue to pull more from.
Adapters stand behind the ports and are chosen by bootstrap.
"""

from zhida.inference.breaker import BreakingEmbeddingModel
from zhida.inference.call_rules import forbid_real_calls
from zhida.inference.chat_settings import ChatSettings
from zhida.inference.embedding_wire import (
    TEXTS_LIMIT,
    CardReply,
    CardRequest,
    EmbedderStatistics,
    EmbedRequest,
    FailureReply,
    FrameBuffer,
    Reply,
    Request,
    RoleStatistics,
    StatisticsReply,
    StatisticsRequest,
    VectorsReply,
    WireError,
    frame,
    reply_of,
    request_of,
    vectors_frame,
    vectors_of,
)
from zhida.inference.errors import ModelFilesError, ModelRejectedError, ModelUnavailableError
from zhida.inference.local_model import LocalEmbeddingModel, TextRole
from zhida.inference.model_catalogue import CatalogueEntry, CatalogueFile, catalogue
from zhida.inference.model_folder import ModelFolder, find_model_folder, packaged_model_folder, read_model_folder
from zhida.inference.model_host import ModelHost, Transfer
from zhida.inference.model_manifest import ModelManifest, Pooling
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
from zhida.inference.pull_model import KnownModel, list_models, pull_model
from zhida.inference.settings import PACKAGED_MODEL, EmbeddingProvider, EmbeddingSettings, InferenceSettings

__all__ = [
    "PACKAGED_MODEL",
    "TEXTS_LIMIT",
    "BreakingEmbeddingModel",
    "CardReply",
    "CardRequest",
    "CatalogueEntry",
    "CatalogueFile",
    "ChatDelta",
    "ChatEvent",
    "ChatFinishReason",
    "ChatFinished",
    "ChatMessage",
    "ChatModel",
    "ChatOptions",
    "ChatRole",
    "ChatSettings",
    "EmbedRequest",
    "EmbedderStatistics",
    "EmbeddingModel",
    "EmbeddingModelCard",
    "EmbeddingProvider",
    "EmbeddingSettings",
    "FailureReply",
    "FrameBuffer",
    "InferenceSettings",
    "KnownModel",
    "LocalEmbeddingModel",
    "ModelFilesError",
    "ModelFolder",
    "ModelHost",
    "ModelManifest",
    "ModelRejectedError",
    "ModelUnavailableError",
    "Pooling",
    "Reply",
    "Request",
    "RoleStatistics",
    "StatisticsReply",
    "StatisticsRequest",
    "TextRole",
    "Transfer",
    "VectorsReply",
    "WireError",
    "catalogue",
    "find_model_folder",
    "forbid_real_calls",
    "frame",
    "list_models",
    "packaged_model_folder",
    "pull_model",
    "read_model_folder",
    "reply_of",
    "request_of",
    "vectors_frame",
    "vectors_of",
]
