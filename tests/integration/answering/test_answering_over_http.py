"""A question through the real adapter and a real provider's HTTP: honest, inventing, failing, stopped."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.servers.scripted_model import Behaviour, ScriptedModelServer, honest, inventing
from tests.unit.answering.worlds import BRIDGE, TOWER, WALL, FoundAlready, asking, passage
from zhida.answering import Answer, AnsweringService, AnsweringSettings, AnswerMode, Refusal, TextDelta, fold
from zhida.inference import ChatOptions, ChatSettings
from zhida.inference.adapters.openai_chat import OpenAiChatModel

PASSAGES = (passage(BRIDGE, name="bridge.md"), passage(TOWER, name="tower.md"), passage(WALL, name="长城.md"))


@pytest.fixture
async def server() -> AsyncIterator[ScriptedModelServer]:
    async with ScriptedModelServer(Behaviour(reply=honest)) as server:
        yield server


@pytest.fixture
async def answering(server: ScriptedModelServer) -> AsyncIterator[AnsweringService]:
    settings = ChatSettings(base_url=server.base_url, model="scripted", retries=0)
    async with httpx.AsyncClient(trust_env=False) as client:
        chat = OpenAiChatModel(settings, client=client)
        yield AnsweringService(FoundAlready(PASSAGES), chat, AnsweringSettings(), ChatOptions())


async def outcome_of(answering: AnsweringService, question: str) -> Answer | Refusal:
    return (await fold(answering.answer(asking(question)))).outcome


@pytest.mark.parametrize(
    ("question", "marker", "quote"),
    [
        ("How tall is the Eiffel Tower in metres?", 2, "The tower is 330 metres tall."),
        ("明长城的总长度是多少公里？", 3, "明长城的总长度为8851.8公里，主要由戚继光主持修建。"),
    ],
)
async def test_an_honest_model_is_cited_at_the_right_words(
    answering: AnsweringService, question: str, marker: int, quote: str
) -> None:
    answer = await outcome_of(answering, question)
    assert isinstance(answer, Answer)
    assert (answer.mode, answer.groundedness, answer.removed_markers) == (AnswerMode.GENERATED, 1.0, 0)
    assert [(citation.marker, citation.quote) for citation in answer.citations] == [(marker, quote)]
    assert answer.usage.prompt_tokens is not None


async def test_invented_markers_never_reach_the_reader(
    answering: AnsweringService, server: ScriptedModelServer
) -> None:
    server.behaviour = Behaviour(reply=inventing)
    answer = await outcome_of(answering, "How tall is the Eiffel Tower in metres?")
    assert isinstance(answer, Answer)
    assert answer.removed_markers == 3
    assert "[9" not in answer.text
    assert {citation.marker for citation in answer.citations} == {1, 2}


@pytest.mark.parametrize("status", [401, 429, 500])
async def test_a_failing_provider_leaves_the_documents_own_words(
    status: int, answering: AnsweringService, server: ScriptedModelServer
) -> None:
    server.behaviour = Behaviour(statuses=(status,))
    answer = await outcome_of(answering, "How tall is the Eiffel Tower in metres?")
    assert isinstance(answer, Answer)
    assert answer.mode is AnswerMode.EXTRACTIVE
    assert answer.warning in {"inference.rejected", "inference.unavailable"}


async def test_a_reader_who_leaves_stops_the_provider(answering: AnsweringService, server: ScriptedModelServer) -> None:
    server.behaviour = Behaviour(reply=lambda _prompt: ["Tall [2]. ", *["more "] * 50], hang_after=3)
    events = answering.answer(asking("How tall is the Eiffel Tower in metres?"))
    async for event in events:
        if isinstance(event, TextDelta):
            break
    await events.aclose()
    async with asyncio.timeout(5):
        await server.has_stopped.wait()
    assert server.completed == 0
