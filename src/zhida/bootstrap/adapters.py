"""Which adapter stands behind each port? The one file that names them; each is imported when it is chosen.

A missing optional package therefore gives one clear error, and costs nothing while its adapter is not used.
"""

import importlib
from pathlib import Path
from typing import Any, ClassVar

import httpx

from zhida.access import PasswordHasher
from zhida.bootstrap.places import Places
from zhida.database import Database
from zhida.errors import Kind, ZhidaError
from zhida.inference import (
    BreakingEmbeddingModel,
    ChatModel,
    EmbeddingModel,
    EmbeddingModelCard,
    EmbeddingProvider,
    EmbeddingSettings,
    LocalEmbeddingModel,
    ModelHost,
    find_model_folder,
)
from zhida.ingestion import DocumentParser, ObjectStore
from zhida.jobs import JobQueue
from zhida.knowledge import IndexWriters, SearchIndexes
from zhida.settings import Settings

ARGON2 = "zhida.access.adapters.argon2:Argon2PasswordHasher"
FOLDER_STORE = "zhida.ingestion.adapters.folder_object_store:FolderObjectStore"
SANDBOX = "zhida.ingestion.adapters.sandbox:ParserSandbox"
LOCAL_READERS = "zhida.knowledge.adapters.local_reader:LocalSearchIndexes"
LOCAL_WRITERS = "zhida.knowledge.adapters.local_writer:LocalIndexWriters"
LOCAL_OPTIONS = "zhida.knowledge.adapters.local_options:LocalIndexOptions"
PROCRASTINATE_QUEUE = "zhida.jobs.adapters.procrastinate:ProcrastinateJobQueue"
PROCRASTINATE_WORKER = "zhida.jobs.adapters.procrastinate_worker:ProcrastinateWorker"
ONNX_EMBEDDING = "zhida.inference.adapters.onnx:OnnxEmbeddingModel"
EMBEDDER_CLIENT = "zhida.inference.adapters.remote:RemoteEmbeddingModel"
API_EMBEDDING = "zhida.inference.adapters.openai_embedding:OpenAiEmbeddingModel"
HTTP_MODEL_HOST = "zhida.inference.adapters.http_model_host:HttpModelHost"
OPENAI_CHAT = "zhida.inference.adapters.openai_chat:OpenAiChatModel"


class AdapterMissingError(ZhidaError):
    """The package that an adapter needs is not installed."""

    code: ClassVar[str] = "bootstrap.adapter_missing"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


def load(dotted: str) -> Any:  # noqa: ANN401 - what comes back is as various as the adapters
    """The class of an adapter, by ``module:name``.

    Raises:
        AdapterMissingError: a package that it needs is not installed.
    """
    module, _, name = dotted.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        raise AdapterMissingError(
            f"{name} needs the package {error.name}, which is not installed.",
            advice=f"Install {error.name}, or choose another adapter.",
        ) from error


def password_hasher(settings: Settings) -> PasswordHasher:
    """Argon2id."""
    return load(ARGON2)(at_once=settings.access.password_hashes_at_once)


def object_store(places: Places) -> ObjectStore:
    """A folder of the data directory."""
    return load(FOLDER_STORE)(places.originals)


def document_parser(settings: Settings) -> DocumentParser:
    """Recycled processes under limits."""
    return load(SANDBOX)(settings.ingestion.parsing)


def search_indexes(places: Places, settings: Settings) -> SearchIndexes:
    """Readers of the local index."""
    return load(LOCAL_READERS)(places.index, _index_options(settings))


def index_writers(places: Places, settings: Settings) -> IndexWriters:
    """Writers of the local index."""
    return load(LOCAL_WRITERS)(places.index, _index_options(settings))


def _index_options(settings: Settings) -> object:
    return load(LOCAL_OPTIONS)(open_indexes=settings.knowledge.open_indexes_max)


def job_queue(database: Database) -> JobQueue:
    """Jobs in the record itself."""
    return load(PROCRASTINATE_QUEUE)(database)


def local_model(settings: Settings, places: Places) -> LocalEmbeddingModel:
    """The model that the embedder runs.

    Raises:
        ModelFilesError: it is not there, or not whole.
    """
    return load(ONNX_EMBEDDING)(find_model_folder(settings.inference.embedding, models_folder(settings, places)))


def embedding_card(settings: Settings, places: Places) -> EmbeddingModelCard | None:
    """What the configured embedding model is, without loading it; None: search by words alone.

    Raises:
        ModelFilesError: a local model is not there, or not whole.
    """
    embedding = settings.inference.embedding
    if embedding.provider is EmbeddingProvider.NONE:
        return None
    if embedding.provider is EmbeddingProvider.LOCAL:
        return find_model_folder(embedding, models_folder(settings, places)).card
    return _api_card(embedding)


def embedding_model(settings: Settings, places: Places, client: httpx.AsyncClient) -> EmbeddingModel | None:
    """The embedding port as api and worker use it: the embedder's socket, an API, or none."""
    card = embedding_card(settings, places)
    if card is None:
        return None
    embedding = settings.inference.embedding
    if embedding.provider is EmbeddingProvider.LOCAL:
        return BreakingEmbeddingModel(load(EMBEDDER_CLIENT)(places.embedder_socket, card=card, settings=embedding))
    return BreakingEmbeddingModel(load(API_EMBEDDING)(card, settings=embedding, client=client))


def chat_model(settings: Settings, client: httpx.AsyncClient) -> ChatModel | None:
    """A provider of OpenAI's form; None: answers are extractive."""
    if settings.inference.chat.base_url is None:
        return None
    return load(OPENAI_CHAT)(settings.inference.chat, client=client)


def model_host(settings: Settings, client: httpx.Client) -> ModelHost:
    """Where models are pulled from."""
    return load(HTTP_MODEL_HOST)(settings.inference.model_mirror_url, client=client)


def models_folder(settings: Settings, places: Places) -> Path:
    """Where pulled models lie."""
    return settings.inference.models_folder or places.models


def _api_card(embedding: EmbeddingSettings) -> EmbeddingModelCard:
    return load("zhida.inference.adapters.openai_embedding:card_of")(embedding)
