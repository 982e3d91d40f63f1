"""The way through: files in, watched, searched, answered with citations that open at the place, replaced, deleted."""

import json

import httpx

from tests.running import RunningInstance, wait_until

ENGLISH = b"""# Harbour rules

## Mooring

Boats longer than 12 metres moor at pier seven.

## Fees

The fee is 35 euros a night.
"""
CHINESE = "# 港口规定\n\n## 停泊\n\n长度超过十二米的船只停靠在七号码头。\n\n## 收费\n\n每晚收费三十五欧元。\n".encode()


def ask(client: httpx.Client, base: str, question: str) -> dict[str, object]:
    reply = client.post("/api/v1/ask", json={"question": question, "knowledge_base": base})
    assert reply.status_code == 200, reply.text
    return reply.json()


def uploaded(running: RunningInstance, client: httpx.Client, base: str, files: dict[str, bytes]) -> dict[str, str]:
    submission = running.upload(client, base, files)
    batch = running.await_batch(client, submission["batch_id"])
    assert batch["failed"] == 0, batch
    return {document["name"]: document["id"] for document in batch["documents"]}


def test_a_question_in_each_language_is_answered_from_the_right_document_at_the_right_place(
    running_instance: RunningInstance, client: httpx.Client, base: str
) -> None:
    ids = uploaded(running_instance, client, base, {"rules.md": ENGLISH, "规定.md": CHINESE})
    english = ask(client, base, "What is the fee for a night?")
    chinese = ask(client, base, "每晚收费多少？")
    assert "35 euros" in str(english["answer"])
    assert "三十五欧元" in str(chinese["answer"])
    for reply, name in ((english, "rules.md"), (chinese, "规定.md")):
        citation = reply["citations"][0]  # type: ignore[index]
        assert citation["document_id"] == ids[name]
        elements = client.get(f"/api/v1/documents/{ids[name]}/elements").json()["elements"]
        text = "\n".join(element["text"] for element in elements)
        place = citation["location"]
        assert citation["quote"] in text[place["start"] : place["end"]]


def test_a_question_that_no_document_answers_is_refused_with_what_was_looked_at(
    running_instance: RunningInstance, client: httpx.Client, base: str
) -> None:
    uploaded(running_instance, client, base, {"rules.md": ENGLISH})
    reply = ask(client, base, "Who painted the ceiling of the opera house in Paris?")
    assert reply["refused"] is True
    assert reply["citations"] == []


def test_the_stream_says_the_same_as_the_whole_reply(
    running_instance: RunningInstance, client: httpx.Client, base: str
) -> None:
    uploaded(running_instance, client, base, {"rules.md": ENGLISH})
    question = {"question": "What is the fee for a night?", "knowledge_base": base}
    whole = client.post("/api/v1/ask", json=question).json()
    with client.stream("POST", "/api/v1/ask", json=question | {"stream": True}) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        blocks = "".join(stream.iter_text()).strip().split("\n\n")
    events = [(block.split("\n")[0][7:], json.loads(block.split("\n")[1][6:])) for block in blocks]
    assert [events[0][0], events[-1][0]] == ["retrieved", "finished"]
    assert "".join(body["text"] for name, body in events if name == "delta") == whole["answer"]
    assert events[-1][1]["citations"] == whole["citations"]


def test_the_same_content_is_indexed_once(running_instance: RunningInstance, client: httpx.Client, base: str) -> None:
    first = running_instance.upload(client, base, {"rules.md": ENGLISH})
    running_instance.await_batch(client, first["batch_id"])
    again = running_instance.upload(client, base, {"copy of rules.md": ENGLISH})
    assert again["documents"][0]["duplicate"] is True
    assert again["documents"][0]["id"] == first["documents"][0]["id"]
    assert len(client.get(f"/api/v1/knowledge-bases/{base}/documents").json()["items"]) == 1


def test_a_replaced_document_keeps_its_id_and_answers_from_the_new_version_alone(
    running_instance: RunningInstance, client: httpx.Client, base: str
) -> None:
    ids = uploaded(running_instance, client, base, {"rules.md": ENGLISH})
    replaced = client.put(
        f"/api/v1/documents/{ids['rules.md']}", files={"file": ("rules.md", ENGLISH.replace(b"35", b"48"))}
    )
    assert replaced.status_code == 202, replaced.text
    assert replaced.json()["id"] == ids["rules.md"]
    answers: list[str] = []

    def shows_the_new_price() -> bool:
        answers.append(str(ask(client, base, "What is the fee for a night?")["answer"]))
        return "48 euros" in answers[-1]

    wait_until(shows_the_new_price, seconds=60, what="the new version answers")
    assert all(("35 euros" in answer) != ("48 euros" in answer) for answer in answers), answers


def test_a_deleted_document_answers_no_more_at_once(
    running_instance: RunningInstance, client: httpx.Client, base: str
) -> None:
    ids = uploaded(running_instance, client, base, {"rules.md": ENGLISH})
    assert client.delete(f"/api/v1/documents/{ids['rules.md']}").status_code == 204
    found = client.post("/api/v1/search", json={"query": "fee for a night", "knowledge_base": base}).json()
    assert found["passages"] == []
    assert client.get(f"/api/v1/documents/{ids['rules.md']}").status_code == 404


def test_files_that_cannot_be_read_fail_alone_with_a_reason(
    running_instance: RunningInstance, client: httpx.Client, base: str
) -> None:
    files = {
        "good.md": ENGLISH,
        "empty.txt": b"",
        "broken.pdf": b"%PDF-1.7 not really",
        "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(64),
    }
    submission = running_instance.upload(client, base, files)
    batch = running_instance.await_batch(client, submission["batch_id"])
    states = {document["name"]: document for document in batch["documents"]}
    assert states["good.md"]["status"] == "ready"
    for name in ("empty.txt", "broken.pdf", "picture.png"):
        assert states[name]["status"] == "failed"
        assert states[name]["reason"]
    assert states["picture.png"]["reason_code"] == "unsupported_type"


def test_the_original_comes_back_byte_for_byte(
    running_instance: RunningInstance, client: httpx.Client, base: str
) -> None:
    ids = uploaded(running_instance, client, base, {"规定.md": CHINESE})
    reply = client.get(f"/api/v1/documents/{ids['规定.md']}/content")
    assert reply.content == CHINESE
    assert "sandbox" in reply.headers["content-security-policy"]


def test_a_batch_tells_its_progress_as_a_stream_until_it_is_done(
    running_instance: RunningInstance, client: httpx.Client, base: str
) -> None:
    submission = running_instance.upload(client, base, {"rules.md": ENGLISH})
    with client.stream("GET", f"/api/v1/batches/{submission['batch_id']}/events") as stream:
        blocks = "".join(stream.iter_text()).strip().split("\n\n")
    assert blocks[-1].startswith("event: done")
    assert json.loads(blocks[-1].split("\ndata: ")[1])["ready"] == 1
