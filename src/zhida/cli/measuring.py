"""How is a set of questions measured? Its documents go the whole way in, then every leg of the search is asked.

Called by ``zhida eval run``. Documents go through the running instance's workers and indexer; questions are asked in
this process, so that settings of retrieval can be tried without a restart, of its embedder and its index.
"""

import asyncio
import io
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, TypeVar

from zhida.access import Principal, ReadGrant
from zhida.bootstrap import Application
from zhida.cli.output import note
from zhida.cli.progress import Bars
from zhida.improvement import (
    GOLD_DEPTH,
    LEGS,
    TOGETHER,
    EvaluatedQuery,
    EvaluationDocument,
    EvaluationQuery,
    EvaluationSet,
    FailedDocument,
    SetReport,
    report_of,
)
from zhida.ingestion import Upload
from zhida.kit.stopwatch import Stopwatch
from zhida.knowledge import KnowledgeBase, KnowledgeBaseNotFoundError, NameConflict, VersionStatus

RETRIEVED = 40
"""Passages, of which documents count once: a long document must not push all others out of the first ten."""
ASKED_AT_ONCE = 8
_FILES_PER_UPLOAD = 200
_UPLOADS_AT_ONCE = 4
_LOOK_EVERY_SECONDS = 0.5
_SUFFIX = ".txt"
_Done = TypeVar("_Done")


class Measuring:
    """Measures sets beside one running instance."""

    def __init__(self, application: Application, principal: Principal, bars: Bars) -> None:
        self._app = application
        self._principal = principal
        self._bars = bars
        self._without_model = 0

    async def measure(self, evaluation_set: EvaluationSet, *, afresh: bool) -> SetReport:
        """Ingest the set, ask every question by every profile, and report.

        Args:
            evaluation_set: the set.
            afresh: take nothing over from an earlier run.
        """
        watch = Stopwatch()
        self._without_model = 0
        base = await self._base(evaluation_set, afresh=afresh)
        failed = await self._ingest(base, evaluation_set)
        watch.lap("ingestion")
        grant = await self._app.access.read_grant(self._principal)
        rankings: dict[str, list[EvaluatedQuery]] = {}
        for profile in (*LEGS, TOGETHER):
            rankings[profile] = await self._ask_all(grant, base, evaluation_set, profile=profile)
            watch.lap(profile)
        seconds = {stage: round(milliseconds / 1000, 1) for stage, milliseconds in watch.milliseconds().items()}
        if self._without_model:
            note(f"{evaluation_set.name}: {self._without_model} questions were asked without the embedding model.")
        return report_of(evaluation_set, rankings, failed=failed, seconds=seconds)

    async def _base(self, evaluation_set: EvaluationSet, *, afresh: bool) -> KnowledgeBase:
        """The set's knowledge base; one that was made with other settings is made anew."""
        name = f"evaluation {evaluation_set.name}{' among others' if evaluation_set.distractors else ''}"
        knowledge, wanted = self._app.settings.knowledge, self._app.embedding_model_name
        try:
            base = await self._app.knowledge.base(await self._app.access.read_grant(self._principal), name)
        except KnowledgeBaseNotFoundError:
            base = None
        made_with = base and (base.chunk_size, base.chunk_overlap, base.embedding_model)
        if base is not None and (afresh or made_with != (knowledge.chunk_size, knowledge.chunk_overlap, wanted)):
            grant = await self._app.access.write_grant(self._principal)
            await self._app.ingestion.discard_originals(await self._app.knowledge.delete_base(base, grant))
            base = None
        return base or await self._app.knowledge.create_base(
            self._principal, name, embedding_model=wanted, open_to_everyone=False
        )

    async def _ingest(self, base: KnowledgeBase, evaluation_set: EvaluationSet) -> list[FailedDocument]:
        """Bring every document in; those that are there already cost nothing. Returns what failed."""
        documents = (*evaluation_set.documents, *evaluation_set.distractors)
        groups = [documents[start : start + _FILES_PER_UPLOAD] for start in range(0, len(documents), _FILES_PER_UPLOAD)]
        at_once = asyncio.Semaphore(_UPLOADS_AT_ONCE)
        title, done = f"{evaluation_set.name}: documents", 0

        async def bring(group: Sequence[EvaluationDocument]) -> list[FailedDocument]:
            nonlocal done
            async with at_once:
                failed = await self._bring(base, group)
            done += len(group)
            self._bars.show(title, done, len(documents))
            return failed

        self._bars.show(title, 0, len(documents))
        failed = [one for some in await _all(map(bring, groups)) for one in some]
        self._bars.hide(title)
        await self._wait_for_index(base)
        return failed

    async def _bring(self, base: KnowledgeBase, documents: Sequence[EvaluationDocument]) -> list[FailedDocument]:
        grant = await self._app.access.write_grant(self._principal)
        uploads = [Upload(f"{document.name}{_SUFFIX}", io.BytesIO(_content(document))) for document in documents]
        submission = await self._app.ingestion.submit(base, grant, uploads, on_conflict=NameConflict.REPLACE)
        reading = await self._app.access.read_grant(self._principal)
        while True:
            batch = await self._app.ingestion.batch(reading, submission.batch_id)
            if all(document.status in {VersionStatus.READY, VersionStatus.FAILED} for document in batch.documents):
                break
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
        return [
            FailedDocument(_name(document.name), document.reason or "")
            for document in batch.documents
            if document.status is VersionStatus.FAILED
        ]

    async def _wait_for_index(self, base: KnowledgeBase) -> None:
        grant = await self._app.access.read_grant(self._principal)
        while True:
            newest = await self._app.knowledge.base(grant, str(base.id))
            if self._app.index_revision(base.id, base.embedding_model) >= newest.revision:
                return
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    async def _ask_all(
        self, grant: ReadGrant, base: KnowledgeBase, evaluation_set: EvaluationSet, *, profile: str
    ) -> list[EvaluatedQuery]:
        """Every question's ranking, in the order of the questions; some are asked at the same time."""
        rankings: dict[str, EvaluatedQuery] = {}
        waiting = iter(evaluation_set.queries)
        title = f"{evaluation_set.name}: {profile}"

        async def ask_on() -> None:
            for query in waiting:
                rankings[query.name] = await self._ask(grant, base, query, profile=profile)
                self._bars.show(title, len(rankings), len(evaluation_set.queries))

        await _all(ask_on() for _ in range(ASKED_AT_ONCE))
        self._bars.hide(title)
        return [rankings[query.name] for query in evaluation_set.queries]

    async def _ask(
        self, grant: ReadGrant, base: KnowledgeBase, query: EvaluationQuery, *, profile: str
    ) -> EvaluatedQuery:
        text = query.text[: self._app.settings.retrieval.query_length_max]
        outcome = await self._app.retrieval.search(grant, base.id, text, top_k=RETRIEVED, profile=profile)
        self._without_model += outcome.warning is not None
        return EvaluatedQuery(
            grades=query.grades,
            ranked=list(dict.fromkeys(_name(passage.document_name) for passage in outcome.passages)),
            # All texts of all questions would fill the memory; only gold sentences are looked for in them.
            passages=[passage.text for passage in outcome.passages[:GOLD_DEPTH]] if query.references else (),
            references=query.references,
        )


async def _all(work: Iterable[Coroutine[Any, Any, _Done]]) -> list[_Done]:
    """Every result in order; the first failure ends the rest and is raised by itself."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]


def _content(document: EvaluationDocument) -> bytes:
    return (f"{document.title}\n\n{document.text}" if document.title else document.text).encode()


def _name(file_name: str) -> str:
    return file_name.removesuffix(_SUFFIX)
