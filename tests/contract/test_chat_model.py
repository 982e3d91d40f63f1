"""What every ``ChatModel`` promises, and what the adapter for OpenAI's form promises on top."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from tests.servers.scripted_model import Behaviour, ScriptedModelServer
from zhida.database.unit_of_work import UnitOfWork, current_unit
from zhida.inference import (
    ChatDelta,
    ChatEvent,
    ChatFinished,
    ChatFinishReason,
    ChatMessage,
    ChatOptions,
    ChatRole,
    ChatSettings,
    ModelRejectedError,
    ModelUnavailableError,
)
from zhida.inference.adapters.openai_chat import OpenAiChatModel
from zhida.inference.adapters.scripted_chat import ScriptedChatModel
from zhida.inference.call_rules import CallRules, forbid_real_calls

PROMPT = (ChatMessage(ChatRole.SYSTEM, "Be brief."), ChatMessage(ChatRole.USER, "你好，世界 \u2028 greet me"))
OPTIONS = ChatOptions()
DELTAS = ["你", "好，", "line\u2028separator and\nnewline ", "世界🌏."]


@dataclass
class Provider:
    """One adapter in the hands of the contract: says ``DELTAS``, or fails as told."""

    model: ScriptedChatModel | OpenAiChatModel
    server: ScriptedModelServer | None = None
    failure: Exception | None = None

    def fails(self, error: ModelUnavailableError | ModelRejectedError, *, after: int = 0) -> None:
        if self.server is None:
            self.failure, self.after = error, after
            return
        if isinstance(error, ModelRejectedError):
            self.server.behaviour = replace(self.server.behaviour, statuses=(401,))
        else:
            self.server.behaviour = replace(self.server.behaviour, disconnect_after=after)

    def says(self, _prompt: Sequence[ChatMessage]) -> Iterator[str]:
        for number, text in enumerate(DELTAS):
            if self.failure is not None and number == self.after:
                raise self.failure
            yield text

    async def stopped(self) -> int:
        if self.server is None:
            assert isinstance(self.model, ScriptedChatModel)
            return self.model.stopped
        async with asyncio.timeout(5):
            await self.server.has_stopped.wait()
        return self.server.stopped


def settings_for(server: ScriptedModelServer, **changes: Any) -> ChatSettings:
    fast: dict[str, Any] = {"retries": 0, "retry_base_seconds": 0.01}
    return ChatSettings(base_url=server.base_url, model="scripted", **(fast | changes))


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@pytest.fixture
async def server() -> AsyncIterator[ScriptedModelServer]:
    async with ScriptedModelServer(Behaviour(reply=lambda _prompt: DELTAS)) as server:
        yield server


@pytest.fixture(params=["scripted", "openai"])
async def provider(request: pytest.FixtureRequest, server: ScriptedModelServer, client: httpx.AsyncClient) -> Provider:
    if request.param == "openai":
        return Provider(OpenAiChatModel(settings_for(server), client=client), server)
    provider = Provider(ScriptedChatModel(lambda _prompt: ()))
    provider.model = ScriptedChatModel(provider.says)
    return provider


async def collect(model: ScriptedChatModel | OpenAiChatModel) -> list[ChatEvent]:
    return [event async for event in model.stream(PROMPT, OPTIONS)]


def text_of(events: Sequence[ChatEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, ChatDelta))


async def test_deltas_arrive_in_order_and_exactly_one_end_follows(provider: Provider) -> None:
    events = await collect(provider.model)
    assert text_of(events) == "".join(DELTAS)
    assert [type(event) for event in events] == [ChatDelta] * len(DELTAS) + [ChatFinished]
    end = events[-1]
    assert isinstance(end, ChatFinished)
    assert end.reason is ChatFinishReason.STOP
    assert end.prompt_tokens is not None
    assert end.completion_tokens is not None


async def test_closing_the_iterator_stops_the_generation(provider: Provider) -> None:
    if provider.server is not None:
        provider.server.behaviour = replace(provider.server.behaviour, hang_after=2)
    async with aclosing(provider.model.stream(PROMPT, OPTIONS)) as events:
        async for event in events:
            assert event == ChatDelta(DELTAS[0])
            break
    assert await provider.stopped() == 1


async def test_an_unavailable_model_says_so(provider: Provider) -> None:
    provider.fails(ModelUnavailableError("away"))
    with pytest.raises(ModelUnavailableError):
        await collect(provider.model)


async def test_a_break_in_mid_stream_comes_after_the_text_before_it(provider: Provider) -> None:
    provider.fails(ModelUnavailableError("broke"), after=2)
    events = provider.model.stream(PROMPT, OPTIONS)
    assert [await anext(events), await anext(events)] == [ChatDelta(text) for text in DELTAS[:2]]
    with pytest.raises(ModelUnavailableError):
        await anext(events)


async def test_a_rejected_request_says_so(provider: Provider) -> None:
    provider.fails(ModelRejectedError("no"))
    with pytest.raises(ModelRejectedError):
        await collect(provider.model)


async def test_no_model_is_called_inside_a_unit_of_work(provider: Provider) -> None:
    token = current_unit.set(UnitOfWork(connection=None))  # pyright: ignore[reportArgumentType]
    try:
        with pytest.raises(RuntimeError, match="unit of work"):
            await collect(provider.model)
    finally:
        current_unit.reset(token)


async def test_the_request_is_in_openais_form(server: ScriptedModelServer, client: httpx.AsyncClient) -> None:
    model = OpenAiChatModel(settings_for(server, api_key=SecretStr("sk-secret")), client=client)
    await collect(model)
    assert server.keys == ["Bearer sk-secret"]
    assert server.requests[0] == {
        "model": "scripted",
        "messages": [{"role": message.role.value, "content": message.content} for message in PROMPT],
        "temperature": OPTIONS.temperature,
        "top_p": OPTIONS.top_p,
        "max_tokens": OPTIONS.max_tokens,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


@pytest.mark.parametrize(
    "quirk",
    [
        {"space_after_colon": False},
        {"sends_done": False},
        {"sends_finish_reason": False},
        {"line_end": "\r\n"},
        {"keep_alives": 3},
        {"reasoning": ("thinking", "more")},
        {"streams": False},
        {"finish_reason": "eos"},
    ],
    ids=lambda quirk: next(iter(quirk)),
)
async def test_a_providers_quirk_changes_nothing(
    quirk: dict[str, Any], server: ScriptedModelServer, client: httpx.AsyncClient
) -> None:
    server.behaviour = replace(server.behaviour, **quirk)
    events = await collect(OpenAiChatModel(settings_for(server), client=client))
    assert text_of(events) == "".join(DELTAS)
    assert isinstance(events[-1], ChatFinished)


async def test_missing_usage_is_none(server: ScriptedModelServer, client: httpx.AsyncClient) -> None:
    server.behaviour = replace(server.behaviour, sends_usage=False)
    events = await collect(OpenAiChatModel(settings_for(server), client=client))
    assert events[-1] == ChatFinished(ChatFinishReason.STOP, None, None)


@pytest.mark.parametrize(
    ("word", "reason"), [("length", ChatFinishReason.LENGTH), ("content_filter", ChatFinishReason.CONTENT_FILTER)]
)
async def test_the_reason_to_stop_is_told(
    word: str, reason: ChatFinishReason, server: ScriptedModelServer, client: httpx.AsyncClient
) -> None:
    server.behaviour = replace(server.behaviour, finish_reason=word)
    end = (await collect(OpenAiChatModel(settings_for(server), client=client)))[-1]
    assert isinstance(end, ChatFinished)
    assert end.reason is reason


@pytest.mark.parametrize("status", [429, 500, 502, 503, 529])
async def test_a_passing_error_is_tried_again(
    status: int, server: ScriptedModelServer, client: httpx.AsyncClient
) -> None:
    server.behaviour = replace(server.behaviour, statuses=(status, status), retry_after="0")
    events = await collect(OpenAiChatModel(settings_for(server, retries=2), client=client))
    assert text_of(events) == "".join(DELTAS)
    assert len(server.requests) == 3


async def test_retries_end(server: ScriptedModelServer, client: httpx.AsyncClient) -> None:
    server.behaviour = replace(server.behaviour, statuses=(503,) * 9)
    with pytest.raises(ModelUnavailableError) as caught:
        await collect(OpenAiChatModel(settings_for(server, retries=2), client=client))
    assert caught.value.facts["status"] == 503
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422, 302])
async def test_a_lasting_error_is_not_tried_again(
    status: int, server: ScriptedModelServer, client: httpx.AsyncClient
) -> None:
    server.behaviour = replace(server.behaviour, statuses=(status,) * 9)
    with pytest.raises(ModelRejectedError) as caught:
        await collect(OpenAiChatModel(settings_for(server, retries=2), client=client))
    assert caught.value.advice
    assert len(server.requests) == 1


async def test_a_retry_after_beyond_the_cap_fails_at_once(
    server: ScriptedModelServer, client: httpx.AsyncClient
) -> None:
    server.behaviour = replace(server.behaviour, statuses=(429,), retry_after="3600")
    with pytest.raises(ModelUnavailableError):
        await collect(OpenAiChatModel(settings_for(server, retries=2), client=client))
    assert len(server.requests) == 1


async def test_nothing_is_tried_again_after_the_first_text(
    server: ScriptedModelServer, client: httpx.AsyncClient
) -> None:
    server.behaviour = replace(server.behaviour, disconnect_after=1)
    with pytest.raises(ModelUnavailableError):
        await collect(OpenAiChatModel(settings_for(server, retries=2), client=client))
    assert len(server.requests) == 1


@pytest.mark.parametrize("harm", ["disconnect_after", "garbage_after", "error_after"])
async def test_harm_before_the_first_text_is_tried_again(
    harm: str, server: ScriptedModelServer, client: httpx.AsyncClient
) -> None:
    server.behaviour = replace(server.behaviour, **{harm: 0})
    with pytest.raises(ModelUnavailableError):
        await collect(OpenAiChatModel(settings_for(server, retries=1), client=client))
    assert len(server.requests) == 2


async def test_a_refusal_inside_the_stream_is_not_tried_again(
    server: ScriptedModelServer, client: httpx.AsyncClient
) -> None:
    server.behaviour = replace(server.behaviour, error_after=0, error_code=400)
    with pytest.raises(ModelRejectedError):
        await collect(OpenAiChatModel(settings_for(server, retries=1), client=client))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("harm", "limit"),
    [
        ({"first_token_seconds": 30.0}, {"first_token_seconds": 0.1}),
        ({"first_token_seconds": 30.0}, {"total_seconds": 0.1}),
        ({"hang_after": 1}, {"between_tokens_seconds": 0.1}),
        ({"keep_alives": 5, "first_token_seconds": 30.0}, {"first_token_seconds": 0.1}),
    ],
)
async def test_a_silent_provider_is_given_up(
    harm: dict[str, Any], limit: dict[str, float], server: ScriptedModelServer, client: httpx.AsyncClient
) -> None:
    server.behaviour = replace(server.behaviour, **harm)
    async with asyncio.timeout(10):
        with pytest.raises(ModelUnavailableError):
            await collect(OpenAiChatModel(settings_for(server, **limit), client=client))
        await server.has_stopped.wait()


async def test_a_closed_port_is_unavailable(client: httpx.AsyncClient) -> None:
    async with ScriptedModelServer() as server:
        settings = settings_for(server)
    with pytest.raises(ModelUnavailableError) as caught:
        await collect(OpenAiChatModel(settings, client=client))
    assert "cannot be reached" in caught.value.message


async def test_the_key_never_stands_in_an_error(client: httpx.AsyncClient) -> None:
    async with ScriptedModelServer(Behaviour(statuses=(401,))) as server:
        settings = settings_for(server, api_key=SecretStr("scripted error"))
        with pytest.raises(ModelRejectedError) as caught:
            await collect(OpenAiChatModel(settings, client=client))
    assert caught.value.facts["provider_message"] == "… 401"


async def test_a_real_provider_is_never_called_where_that_is_forbidden(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CallRules, "loopback_only", False)
    forbid_real_calls()
    settings = ChatSettings(base_url="https://models.example/v1", model="any")
    with pytest.raises(RuntimeError, match="not a loopback address"):
        await collect(OpenAiChatModel(settings, client=client))


def test_a_base_url_without_a_model_is_refused() -> None:
    with pytest.raises(ValidationError, match="needs model"):
        ChatSettings(base_url="http://127.0.0.1:1/v1")
