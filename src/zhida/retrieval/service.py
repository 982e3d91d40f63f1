"""Query in, ranked passages out: plan, embed, both legs, fusion, resolve. Called by the doors and by answering."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from zhida.access import ReadGrant
from zhida.ids import KnowledgeBaseId, PrincipalId
from zhida.inference import EmbeddingModel, ModelRejectedError, ModelUnavailableError
from zhida.kit.stopwatch import Stopwatch
from zhida.knowledge import (
    IndexQuery,
    IndexResult,
    KnowledgeBase,
    KnowledgeService,
    ResolvedChunk,
    SearchIndexes,
)
from zhida.retrieval.building import BuildingWatch
from zhida.retrieval.fusion import FusedHit, fuse
from zhida.retrieval.passages import BY_WORDS_ALONE, Passage, QueryPlan, SearchOutcome
from zhida.retrieval.plan import plan_query
from zhida.retrieval.settings import RetrievalSettings

_BASES_REMEMBERED = 1024


@dataclass(slots=True)
class _Remembered:
    base: KnowledgeBase
    until: float


class RetrievalService:
    """Searches one knowledge base under a caller's rights."""

    def __init__(
        self,
        knowledge: KnowledgeService,
        indexes: SearchIndexes,
        model: EmbeddingModel | None,
        settings: RetrievalSettings,
    ) -> None:
        self._knowledge = knowledge
        self._indexes = indexes
        self._model = model
        self._settings = settings
        self._threads = ThreadPoolExecutor(settings.threads, thread_name_prefix="search")
        self._building = BuildingWatch()
        self._bases: dict[tuple[PrincipalId, str], _Remembered] = {}

    async def base(self, grant: ReadGrant, id_or_name: str) -> KnowledgeBase:
        """The knowledge base of that id or name; remembered for a moment, since every hit's rights are checked anyway.

        Raises:
            KnowledgeBaseNotFoundError: none, or none that the grant may see.
        """
        key = (grant.principal_id, id_or_name)
        now = time.monotonic()
        remembered = self._bases.get(key)
        if remembered is not None and remembered.until > now:
            return remembered.base
        base = await self._knowledge.base(grant, id_or_name)
        if len(self._bases) >= _BASES_REMEMBERED:
            self._bases.clear()
        self._bases[key] = _Remembered(base, now + self._settings.base_cache_seconds)
        return base

    async def search(
        self, grant: ReadGrant, knowledge_base_id: KnowledgeBaseId, query: str, *, top_k: int, profile: str
    ) -> SearchOutcome:
        """At most ``top_k`` passages that the grant may read, best first.

        Raises:
            KnowledgeBaseNotFoundError: no such knowledge base, or none that the grant may see.
            QueryInvalidError, ProfileUnknownError: see ``plan_query``.
            ModelUnavailableError, ModelRejectedError: the embedding model does not answer, and the profile is the
                dense leg alone; other profiles go on by words, and the outcome carries a warning.
            IndexDamagedError: the index is being rebuilt.
        """
        watch = Stopwatch()
        base = await self.base(grant, str(knowledge_base_id))
        card = self._model.card if self._model is not None and self._model.card.name == base.embedding_model else None
        plan = plan_query(query, profile=profile, top_k=top_k, card=card, settings=self._settings)
        watch.lap("analysis")
        embedding, warning = None, None
        if self._model is not None and plan.dense_k:
            try:
                embedding = (await self._model.embed_queries([plan.query]))[0]
            except (ModelUnavailableError, ModelRejectedError):
                if not plan.lexical_k:
                    raise
                plan, warning = replace(plan, dense_k=0, embedding_model=None), BY_WORDS_ALONE
            watch.lap("embed")
        index_query = IndexQuery(
            text=plan.query if plan.lexical_k else "",
            embedding=embedding,
            access_lists=grant.access_lists,
            lexical_k=plan.lexical_k,
            dense_k=plan.dense_k,
        )
        result = await asyncio.get_running_loop().run_in_executor(self._threads, self._ask_index, base, index_query)
        self._building.check(base, result.revision)
        watch.lap("search")
        fused = fuse(
            result.lexical,
            result.dense,
            lexical_weight=plan.lexical_weight,
            dense_weight=plan.dense_weight,
            method=self._settings.fusion,
        )
        watch.lap("fusion")
        passages = await self._resolve(grant, base, fused, plan=plan, revision=result.revision)
        watch.lap("resolve")
        return SearchOutcome(passages, plan, watch.milliseconds(), result.revision, warning)

    def forget_bases(self) -> None:
        """Look every knowledge base up anew: one was deleted here."""
        self._bases.clear()

    def revision(self, base: KnowledgeBase) -> int:
        """The feed revision that this process's searches of the knowledge base reflect."""
        return self._indexes.open(base.id, base.embedding_model).revision()

    def close(self) -> None:
        """End the search threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _ask_index(self, base: KnowledgeBase, query: IndexQuery) -> IndexResult:
        return self._indexes.open(base.id, base.embedding_model).search(query)

    async def _resolve(
        self, grant: ReadGrant, base: KnowledgeBase, fused: list[FusedHit], *, plan: QueryPlan, revision: int
    ) -> tuple[Passage, ...]:
        """The first ``top_k`` hits that stand. Hits that do not are rare, so a few spare ones usually suffice."""
        passages: list[Passage] = []
        step = plan.top_k + 4
        for start in range(0, len(fused), step):
            some = fused[start : start + step]
            resolved = await self._knowledge.resolve(grant, base.id, keys=[hit.key for hit in some], revision=revision)
            passages += [_passage(resolved[hit.key], hit) for hit in some if hit.key in resolved]
            if len(passages) >= plan.top_k:
                break
        return tuple(passages[: plan.top_k])


def _passage(chunk: ResolvedChunk, hit: FusedHit) -> Passage:
    return Passage(
        chunk_id=chunk.chunk_id,
        document_id=chunk.document_id,
        version_id=chunk.version_id,
        document_name=chunk.document_name,
        title=chunk.title,
        text=chunk.text,
        location=chunk.location,
        score=hit.score,
        lexical_rank=hit.lexical_rank,
        lexical_score=hit.lexical_score,
        dense_rank=hit.dense_rank,
        dense_score=hit.dense_score,
    )
