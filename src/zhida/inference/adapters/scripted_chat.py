"""``ChatModel`` without a provider: a function from the prompt to the deltas. Shipped for tests."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence

from zhida.inference.call_rules import require_call_permitted
from zhida.inference.ports import ChatDelta, ChatEvent, ChatFinished, ChatFinishReason, ChatMessage, ChatOptions

Script = Callable[[Sequence[ChatMessage]], Iterable[str]]
"""Prompt to deltas, read one by one; it may raise ``ModelUnavailableError`` or ``ModelRejectedError`` on the way."""


class ScriptedChatModel:
    """Says what its script says, and keeps what it was asked.

    Attributes:
        prompts: every prompt, in order.
        stopped: how many generations were closed before their end.
    """

    def __init__(self, script: Script, *, name: str = "scripted") -> None:
        self._script = script
        self._name = name
        self.prompts: list[tuple[ChatMessage, ...]] = []
        self.stopped = 0

    @property
    def name(self) -> str:
        """The name that it was given."""
        return self._name

    async def stream(self, messages: Sequence[ChatMessage], options: ChatOptions) -> AsyncGenerator[ChatEvent, None]:
        """The script's deltas, then ``ChatFinished``; a token is counted for every four characters.

        Raises:
            RuntimeError: a unit of work is open.
        """
        require_call_permitted("scripted://localhost")
        self.prompts.append(tuple(messages))
        sent = 0
        is_complete = False
        try:
            for text in self._script(messages):
                await asyncio.sleep(0)
                sent += len(text)
                yield ChatDelta(text)
            is_complete = True
        finally:
            self.stopped += not is_complete
        prompt_tokens = sum(len(message.content) for message in messages) // 4
        reason = ChatFinishReason.LENGTH if sent // 4 > options.max_tokens else ChatFinishReason.STOP
        yield ChatFinished(reason, prompt_tokens, sent // 4)
