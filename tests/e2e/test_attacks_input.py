"""Whatever comes in: every request gets an answer of the common form, and none is a server's error."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.running import RunningInstance

JSON = {"Content-Type": "application/json"}
MEBIBYTE = 1 << 20

QUERIES = [
    "x" * 1000,
    "知" * 1000,
    "\N{GRINNING FACE}" * 1000,
    "\ufdfa" * 1000,  # eighteen characters each after normalisation
    "e\u0301" * 500,
    "a\0b",
    "\u202eright to left",
    "مرحبا",
    "\"'(){}[]*?:\\/^~!+-&|",
    "title:* AND [a TO b] OR /.*/ NOT +x -y",
    "%s %(name)s {0} {{7*7}} ${jndi:ldap://x}",
    "'; DROP TABLE documents; --",
    " " * 999 + "x",
]
NO_QUERIES = ["", " ", "\n\t", "\u200b", "\u3000\u200b\ufeff", "\x01\x02", "x" * 100_001, None, 5, ["x"], {"a": 1}]


def answered(reply: httpx.Response) -> httpx.Response:
    """The reply, once it is certain that nothing broke."""
    assert reply.status_code < 500, f"{reply.request.method} {reply.request.url}: {reply.text[:500]}"
    if reply.status_code >= 400:
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.json()["trace_id"] == reply.headers["x-request-id"]
    return reply


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_strange_questions_are_answered(client: httpx.Client, query: str) -> None:
    assert answered(client.post("/api/v1/search", json={"query": query, "knowledge_base": "sample"})).is_success
    assert answered(client.post("/api/v1/ask", json={"question": query, "knowledge_base": "sample"})).is_success


@pytest.mark.parametrize("query", NO_QUERIES, ids=range(len(NO_QUERIES)))
def test_what_is_no_question_is_refused(client: httpx.Client, query: object) -> None:
    for path, name in (("search", "query"), ("ask", "question")):
        reply = answered(client.post(f"/api/v1/{path}", json={name: query, "knowledge_base": "sample"}))
        assert reply.status_code == 422, reply.text


def test_a_question_longer_than_the_setting_is_refused_by_it(client: httpx.Client) -> None:
    for path, name in (("search", "query"), ("ask", "question")):
        reply = answered(client.post(f"/api/v1/{path}", json={name: "x" * 1001, "knowledge_base": "sample"}))
        assert (reply.status_code, reply.json()["code"]) == (422, "retrieval.query_invalid")


@pytest.mark.parametrize("top_k", [0, 11, -1, 10**30, "5", True, 5.5, [5]])
def test_top_k_is_a_number_from_one_to_ten(client: httpx.Client, top_k: object) -> None:
    for path, name in (("search", "query"), ("ask", "question")):
        body = {name: "leave", "knowledge_base": "sample", "top_k": top_k}
        assert answered(client.post(f"/api/v1/{path}", json=body)).status_code == 422


GOOD = json.dumps({"query": "leave", "knowledge_base": "sample"}).encode()
BODIES: list[tuple[bytes, dict[str, str], int]] = [
    (b"[" * 100_000, JSON, 400),
    (b'{"a":' * 100_000, JSON, 400),
    (b'{"query":' + b"[" * 100_000 + b"]" * 100_000 + b"}", JSON, 400),
    (b"", JSON, 422),
    (b"null", JSON, 422),
    (b'"text"', JSON, 422),
    (b"1e999999", JSON, 422),
    (b"9" * 10_000, JSON, 400),
    (b'{"query": NaN, "knowledge_base": "sample"}', JSON, 422),
    (b'{"query": "\\ud800", "knowledge_base": "sample"}', JSON, 422),
    (b'{"query": "leave", "knowledge_base": "\\u0000"}', JSON, 404),
    (b"\xff\xfe\x00{", JSON, 422),
    (b'{"query": "leave", "knowledge_base": "sample", "more": 1}', JSON, 422),
    (GOOD, {"Content-Type": "text/plain"}, 422),
    (GOOD, {"Content-Type": "application/x-www-form-urlencoded"}, 422),
    (GOOD, {"Content-Type": "multipart/form-data; boundary=x"}, 422),
    (b'{"query":"' + b"x" * 2 * MEBIBYTE + b'"}', JSON, 413),
]


@pytest.mark.parametrize(("body", "headers", "status"), BODIES, ids=range(len(BODIES)))
def test_bodies_that_are_none_are_refused(
    client: httpx.Client, body: bytes, headers: dict[str, str], status: int
) -> None:
    assert answered(client.post("/api/v1/search", content=body, headers=headers)).status_code == status


def test_a_body_of_unknown_length_is_cut_off_at_the_limit(client: httpx.Client) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(1024):
            sent += 65536
            yield b" " * 65536

    reply = answered(client.post("/api/v1/search", content=endless(), headers=JSON))
    assert (reply.status_code, reply.json()["code"]) == (413, "request.too_large")


NAMES_IN_PATHS = ["%00", "%ff", "%ed%a0%80", "..%2f..%2fetc%2fpasswd", "%2e%2e", "%0d%0aSet-Cookie:%20a=b", "a" * 5000]


@pytest.mark.parametrize("name", NAMES_IN_PATHS)
def test_names_in_paths_that_nothing_has_are_not_found(client: httpx.Client, name: str) -> None:
    """Deleting is left out where a path that a client shortens would mean something else."""
    for path in ("knowledge-bases/{}", "knowledge-bases/{}/documents", "documents/{}", "batches/{}/events", "jobs/{}"):
        reply = answered(client.get("/api/v1/" + path.format(name)))
        assert reply.status_code in (404, 422), reply.text
        assert "set-cookie" not in reply.headers
    for path in (f"/{name}", f"/assets/{name}", f"/link/{name}"):
        assert answered(client.get(path)).status_code in (303, 404)


@pytest.mark.parametrize("cursor", ["x", "%00", "W10", "bnVsbA", "a" * 1025, "\N{GRINNING FACE}", "Ww" * 500])
def test_cursors_that_we_never_gave_are_refused(client: httpx.Client, cursor: str) -> None:
    for path in ("knowledge-bases", "keys", "users", "jobs", "knowledge-bases/sample/documents"):
        reply = answered(client.get(f"/api/v1/{path}", params={"cursor": cursor}))
        assert reply.status_code == 422, (path, reply.text)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "\u200b",
        "a/b",
        ".",
        "..",
        "new\nline",
        "\0",
        "\u202e",
        "x" * 201,
        "01a1fe0e-bc2c-7d07-a2fd-ec126956eec7",
    ],
)
def test_names_that_could_not_be_asked_for_are_not_given(client: httpx.Client, name: str) -> None:
    assert answered(client.post("/api/v1/knowledge-bases", json={"name": name})).status_code == 422


@pytest.mark.parametrize("name", ["x" * 200, "%2f", "a?b#c", "名字", "o'b\\\"", "\N{GRINNING FACE}" * 200, "..."])
def test_every_name_that_is_given_can_be_asked_for(client: httpx.Client, name: str) -> None:
    made = answered(client.post("/api/v1/knowledge-bases", json={"name": name}))
    assert made.status_code == 201, made.text
    path = f"/api/v1/knowledge-bases/{quote(name, safe='')}"
    try:
        assert client.get(path).json()["id"] == made.json()["id"]
        assert client.get(f"{path}/documents").json()["items"] == []
        search = client.post("/api/v1/search", json={"query": "x", "knowledge_base": name})
        assert search.json()["passages"] == []
    finally:
        assert client.delete(path).status_code == 204


KEYS: list[tuple[dict[str, Any], int]] = [
    ({"expires_at": "9999-12-31T23:59:59-14:00"}, 422),
    ({"expires_at": "0001-01-01T00:00:00+14:00"}, 422),
    ({"expires_at": "2020-01-01T00:00:00Z"}, 422),
    ({"expires_at": "2030-01-01T00:00:00"}, 422),
    ({"expires_at": 1e300}, 422),
    ({"role": "root"}, 422),
    ({"knowledge_bases": []}, 422),
    ({"knowledge_bases": ["\0"]}, 404),
    ({"knowledge_bases": ["sample"] * 101}, 422),
    ({"name": "\0"}, 422),
]


@pytest.mark.parametrize(("wishes", "status"), KEYS, ids=range(len(KEYS)))
def test_keys_that_cannot_be_are_refused(client: httpx.Client, wishes: dict[str, Any], status: int) -> None:
    assert answered(client.post("/api/v1/keys", json={"name": "k"} | wishes)).status_code == status


def test_kinds_of_jobs_that_cannot_be_are_refused(client: httpx.Client) -> None:
    for kind in ("\0", "' OR 1=1", "x" * 101):
        assert answered(client.get("/api/v1/jobs", params={"kind": kind})).status_code == 422


def part(disposition: bytes, content: bytes) -> bytes:
    """A form with one part, written by hand."""
    return b"--B\r\nContent-Disposition: " + disposition + b"\r\n\r\n" + content + b"\r\n--B--\r\n"


FILE_NAMES: list[tuple[bytes, str]] = [
    (b"../../etc/passwd", "etc/passwd"),
    (b"..\\..\\windows\\win.ini", "windows/win.ini"),
    (b"/etc/shadow", "etc/shadow"),
    (b"..", "unnamed"),
    (b" ", "unnamed"),
    (b"a\x00b.md", "ab.md"),
    (b"a\x01\x1f\x7f.md", "a.md"),
    ("\u202egpj.md".encode(), "gpj.md"),
    (b"<img src=x onerror=alert(1)>.md", "<img src=x onerror=alert(1)>.md"),
    (b"\xff\xfe.md", "ÿþ.md"),
    ("名字.md".encode(), "名字.md"),
    (b"x" * 3000 + b".md", "x" * 497 + ".md"),
]


@pytest.mark.parametrize(("sent", "kept"), FILE_NAMES, ids=range(len(FILE_NAMES)))
def test_file_names_are_names_and_never_paths(
    running_instance: RunningInstance, client: httpx.Client, base: str, sent: bytes, kept: str
) -> None:
    body = part(b'form-data; name="files"; filename="' + sent + b'"', b"# Title\n\nSome words.\n")
    headers = {"Content-Type": "multipart/form-data; boundary=B"}
    reply = answered(client.post(f"/api/v1/knowledge-bases/{base}/documents", content=body, headers=headers))
    assert reply.json()["documents"][0]["name"] == kept
    document = reply.json()["documents"][0]["id"]
    content = client.get(f"/api/v1/documents/{document}/content")
    assert content.headers["content-disposition"].endswith(quote(kept.rsplit("/", 1)[-1], safe=""))
    originals = running_instance.data_dir / "originals"
    assert all(path.name.count("-") == 4 for path in originals.rglob("*") if path.is_file())


FORMS: list[tuple[bytes, str, int]] = [
    (b"", "multipart/form-data; boundary=B", 422),
    (b"--B--\r\n", "multipart/form-data; boundary=B", 422),
    (b"nonsense", "multipart/form-data; boundary=B", 400),
    (b"nonsense", "multipart/form-data", 400),
    (part(b"form-data", b"x"), "multipart/form-data; boundary=B", 400),
    (part(b'form-data; name="other"; filename="x"', b"x"), "multipart/form-data; boundary=B", 422),
    (part(b'form-data; name="files"', b"x"), "multipart/form-data; boundary=B", 422),
    (part(b'form-data; name="files"; filename="' + b"x" * 10_000 + b'"', b"x"), "multipart/form-data; boundary=B", 400),
    (part(b'form-data; name="note"', b"x" * 2 * MEBIBYTE), "multipart/form-data; boundary=B", 400),
    (b"{}", "application/json", 422),
]


@pytest.mark.parametrize(("body", "content_type", "status"), FORMS, ids=range(len(FORMS)))
def test_forms_that_are_none_are_refused(client: httpx.Client, body: bytes, content_type: str, status: int) -> None:
    headers = {"Content-Type": content_type}
    reply = answered(client.post("/api/v1/knowledge-bases/sample/documents", content=body, headers=headers))
    assert reply.status_code == status, reply.text


def test_of_a_large_upload_only_the_file_beyond_the_limit_fails(client: httpx.Client, base: str) -> None:
    files = [
        ("files", ("before.md", b"# Before\n\nA short text.\n")),
        ("files", ("too large.txt", b"word " * (51 * MEBIBYTE // 5))),
        ("files", ("after.md", b"# After\n\nAnother short text.\n")),
    ]
    reply = answered(client.post(f"/api/v1/knowledge-bases/{base}/documents", files=files))
    states = {document["name"]: document for document in reply.json()["documents"]}
    assert states["too large.txt"]["reason_code"] == "too_large"
    assert [states[name]["status"] for name in ("before.md", "after.md")] == ["queued", "queued"]


def test_more_files_than_one_upload_may_have_are_refused_together(client: httpx.Client, base: str) -> None:
    files = [("files", (f"{number}.md", b"# Title\n\nText.\n")) for number in range(1001)]
    reply = answered(client.post(f"/api/v1/knowledge-bases/{base}/documents", files=files))
    assert (reply.status_code, reply.json()["code"]) == (422, "ingestion.upload_invalid")
    assert client.get(f"/api/v1/knowledge-bases/{base}/documents").json()["items"] == []
