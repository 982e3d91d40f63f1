"""The application: every room with its sockets plugged. Built once per process; the doors get nothing else."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import cached_property
from types import TracebackType
from typing import Self

import httpx

from zhida.access import AccessService
from zhida.answering import AnsweringService
from zhida.bootstrap import adapters
from zhida.bootstrap.places import Places
from zhida.database import Database
from zhida.errors import ZhidaError
from zhida.ids import KnowledgeBaseId, Language, PrincipalId
from zhida.inference import ChatModel, ChatOptions, EmbeddingModel, EmbeddingModelCard, forbid_real_calls
from zhida.ingestion import IngestionService
from zhida.jobs import JobQueue
from zhida.kit.clock import SystemClock
from zhida.knowledge import LEXICAL_ONLY, DocumentRegister, KnowledgeBase, KnowledgeService, SearchIndexes
from zhida.observability import Metrics
from zhida.retrieval import RetrievalService
from zhida.settings import Settings

_log = logging.getLogger(__name__)
_DEPENDENCY_SECONDS = 2.0
_HTTP_SECONDS = 60.0
"""Where an adapter sets no limit of its own."""
MULTILINGUAL_COMMAND = "zhida model pull multilingual-e5-small"


class Application:
    """Rooms and their wires. An async context: opens what must be open, closes it in reverse."""

    def __init__(
        self, settings: Settings, places: Places, database_url: str, *, metrics: Metrics | None = None
    ) -> None:
        """Plug everything; nothing is opened yet."""
        self.metrics = metrics or Metrics()
        self.settings = settings
        self.places = places
        self.database = Database(database_url, settings.database)
        if not settings.inference.real_models_allowed:
            forbid_real_calls()
        self.http = httpx.AsyncClient(timeout=_HTTP_SECONDS, follow_redirects=False)
        self.originals = adapters.object_store(places)
        self.model: EmbeddingModel | None = adapters.embedding_model(settings, places, self.http)
        self.chat: ChatModel | None = adapters.chat_model(settings, self.http)
        self.jobs: JobQueue = adapters.job_queue(self.database)
        clock = SystemClock()
        self.access = AccessService(self.database, clock, adapters.password_hasher(settings), settings.access)
        self.knowledge = KnowledgeService(self.database, self.access, clock, settings.knowledge)
        self.register = DocumentRegister(self.database)
        self.ingestion = IngestionService(
            self.database,
            self.knowledge,
            self.register,
            self.jobs,
            originals=self.originals,
            settings=settings.ingestion,
        )
        self._stack = AsyncExitStack()
        self._administrator: PrincipalId | None = None

    async def __aenter__(self) -> Self:
        """Open pools and files."""
        await self._stack.enter_async_context(self.http)
        await self._stack.enter_async_context(self.database)
        return self

    @cached_property
    def indexes(self) -> SearchIndexes:
        """The search indexes; their libraries weigh 60 MiB, so a process that never searches does not load them."""
        indexes = adapters.search_indexes(self.places, self.settings)
        self._stack.callback(indexes.close)
        return indexes

    @cached_property
    def retrieval(self) -> RetrievalService:
        """Query in, passages out."""
        retrieval = RetrievalService(self.knowledge, self.indexes, self.model, self.settings.retrieval)
        self._stack.callback(retrieval.close)
        return retrieval

    @cached_property
    def answering(self) -> AnsweringService:
        """Question in, answer events out."""
        chat = self.settings.inference.chat
        options = ChatOptions(temperature=chat.temperature, top_p=chat.top_p, max_tokens=chat.max_tokens)
        return AnsweringService(self.retrieval, self.chat, self.settings.answering, options)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close everything."""
        await self._stack.aclose()

    @property
    def embedding_card(self) -> EmbeddingModelCard | None:
        """What the embedding model is; None: search by words alone."""
        return self.model.card if self.model is not None else None

    @property
    def embedding_model_name(self) -> str:
        """The model of new knowledge bases."""
        card = self.embedding_card
        return card.name if card is not None else LEXICAL_ONLY

    @property
    def embedding_advice(self) -> str | None:
        """What an operator does for search by meaning in Chinese; None where the model speaks it."""
        card = self.embedding_card
        if card is not None and Language.CHINESE in card.languages:
            return None
        return (
            "Chinese is searched by its words alone. For search by meaning as well, choose a multilingual model: "
            f"{MULTILINGUAL_COMMAND}"
        )

    @property
    def chat_name(self) -> str | None:
        """The model that writes answers; None: answers are extractive."""
        return self.chat.name if self.chat is not None else None

    async def administrator_id(self) -> PrincipalId:
        """The oldest administrator whose account works."""
        if self._administrator is None:
            first = await self.access.ensure_administrator(self.settings.admin_email, None)
            self._administrator = first.administrator.id
        return self._administrator

    def index_revision(self, knowledge_base_id: KnowledgeBaseId, embedding_model: str) -> int:
        """The feed revision that this machine's index shows."""
        return self.indexes.open(knowledge_base_id, embedding_model).revision()

    def request_rebuild(self, base: KnowledgeBase) -> None:
        """Leave a request for the indexer; it looks for them all the time."""
        (self.places.index_requests / str(base.id)).touch()

    async def dependencies(self) -> dict[str, str]:
        """Each dependency's state: ``ok``, or why not."""
        checks: dict[str, Callable[[], Awaitable[object]]] = {"database": self.database.check}
        if self.model is not None:
            model = self.model
            checks["embedding"] = lambda: model.embed_queries(["ready"])
        states = await asyncio.gather(*(_state(check) for check in checks.values()))
        return dict(zip(checks, states, strict=True))


async def _state(check: Callable[[], Awaitable[object]]) -> str:
    try:
        async with asyncio.timeout(_DEPENDENCY_SECONDS):
            await check()
    except TimeoutError:
        return f"no answer within {_DEPENDENCY_SECONDS:.0f} s"
    except ZhidaError as error:
        return error.message
    return "ok"
