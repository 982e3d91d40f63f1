"""Two hundred at once: what is refused is refused on purpose, and says when to come back."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable

import httpx
import pytest

from tests.running import RunningInstance

AT_ONCE = 200
Ask = Callable[[httpx.AsyncClient, int], Awaitable[httpx.Response]]


async def search(client: httpx.AsyncClient, number: int) -> httpx.Response:
    return await client.post("/api/v1/search", json={"query": f"days of leave {number}", "knowledge_base": "sample"})


async def ask(client: httpx.AsyncClient, number: int) -> httpx.Response:
    question = {"question": f"How many days of leave, {number}?", "knowledge_base": "sample", "stream": number % 2 == 0}
    return await client.post("/api/v1/ask", json=question)


async def log_in(client: httpx.AsyncClient, number: int) -> httpx.Response:
    email = f"nobody-{number % 2}@example.test"
    return await client.post("/api/v1/sessions", json={"email": email, "password": "not the password"})


def outcome(reply: httpx.Response) -> int:
    """The status; of a deliberate refusal it is certain that it says when to come back."""
    if reply.status_code in (429, 503):
        assert int(reply.headers["retry-after"]) > 0, reply.text
        assert reply.json()["code"]
    return reply.status_code


def burst(instance: RunningInstance, one: Ask, *, at_once: int) -> Counter[int]:
    """How many requests at once ended how."""
    return asyncio.run(_burst(instance, one, at_once=at_once))


async def _burst(instance: RunningInstance, one: Ask, *, at_once: int) -> Counter[int]:
    headers = {"Authorization": f"Bearer {instance.api_key}"}
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(
        base_url=instance.url, headers=headers, timeout=120, limits=limits, trust_env=False
    ) as client:
        return Counter(map(outcome, await asyncio.gather(*(one(client, number) for number in range(at_once)))))


@pytest.mark.parametrize("one", [search, ask])
def test_two_hundred_searches_or_questions_at_once_are_all_answered(
    running_instance: RunningInstance, one: Ask
) -> None:
    assert burst(running_instance, one, at_once=AT_ONCE) == {200: AT_ONCE}


def test_of_two_hundred_uploads_at_once_each_is_taken_or_told_to_come_back(
    running_instance: RunningInstance, client: httpx.Client, base: str
) -> None:
    async def upload(caller: httpx.AsyncClient, number: int) -> httpx.Response:
        files = [("files", (f"{number}.txt", b"Nothing but number %d.\n" % number))]
        return await caller.post(f"/api/v1/knowledge-bases/{base}/documents", files=files)

    seen = burst(running_instance, upload, at_once=AT_ONCE)
    assert set(seen) <= {202, 503}
    assert seen[202] >= 64
    listed = client.get(f"/api/v1/knowledge-bases/{base}/documents", params={"limit": 200}).json()["items"]
    documents = [document["name"] for document in listed]
    assert len(documents) == len(set(documents)) == seen[202]


def test_the_same_file_sent_many_times_at_once_is_one_document(
    running_instance: RunningInstance, client: httpx.Client, base: str
) -> None:
    async def upload(caller: httpx.AsyncClient, _number: int) -> httpx.Response:
        files = [("files", ("same.txt", b"Always the same.\n"))]
        return await caller.post(f"/api/v1/knowledge-bases/{base}/documents", files=files)

    assert burst(running_instance, upload, at_once=30) == {202: 30}
    assert len(client.get(f"/api/v1/knowledge-bases/{base}/documents").json()["items"]) == 1


def test_one_name_asked_for_many_times_at_once_is_given_once(running_instance: RunningInstance) -> None:
    name = f"one {secrets.token_hex(4)}"

    async def create(caller: httpx.AsyncClient, _number: int) -> httpx.Response:
        return await caller.post("/api/v1/knowledge-bases", json={"name": name})

    assert burst(running_instance, create, at_once=30) == {201: 1, 409: 29}


def test_guesses_of_passwords_at_once_are_all_counted(running_instance: RunningInstance) -> None:
    seen = burst(running_instance, log_in, at_once=20)
    assert seen[401] <= 2 * 5
    assert seen[401] + seen[429] == 20
