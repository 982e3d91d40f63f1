"""Commands over real HTTP: what an instance answers, how it is away, and what is sent again."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.integration.cli.scripted_instance import Reply, ScriptedInstance, Serve
from zhida.cli.batches import BatchFollower, Outcome
from zhida.cli.client import Client
from zhida.cli.errors import RefusedError, UnreachableError
from zhida.cli.files import LocalFile
from zhida.cli.progress import Bars
from zhida.cli.uploading import Uploader


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda *replies: stack.enter_context(ScriptedInstance(*replies).serving())


def problem(status: int, detail: str, advice: str = "", **headers: str) -> Reply:
    return Reply.of({"detail": detail, "advice": advice, "status": status}, status, **headers)


def test_the_key_goes_along_and_a_document_comes_back(serve: Serve) -> None:
    instance = serve(Reply.of({"name": "手册"}))
    assert instance.client().get("/api/v1/x", cursor=None, limit=5) == {"name": "手册"}
    assert instance.requests[0].path == "/api/v1/x?limit=5"
    assert instance.requests[0].headers["Authorization"] == "Bearer zk_secret"


def test_a_problem_is_told_with_its_advice(serve: Serve) -> None:
    client = serve(problem(404, "There is no such thing.", "Make one.")).client()
    with pytest.raises(RefusedError) as caught:
        client.get("/x")
    assert (str(caught.value), caught.value.status) == ("There is no such thing. Make one.", 404)


def test_an_error_that_is_no_problem_document_is_told_by_its_status(serve: Serve) -> None:
    with pytest.raises(RefusedError, match="status 502"):
        serve(Reply(502, b"<html>bad gateway</html>")).client().get("/x")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"\xff"])
def test_what_is_not_zhida_is_told(serve: Serve, body: bytes) -> None:
    with pytest.raises(UnreachableError, match="is not Zhida"):
        serve(Reply(200, body)).client().get("/x")


def test_a_redirect_is_not_followed_so_that_the_key_goes_nowhere_else(serve: Serve) -> None:
    other = serve(Reply())
    with pytest.raises(RefusedError, match="status 302"):
        serve(Reply(302, b"", {"Location": other.address})).client().get("/x")
    assert not other.requests


def test_a_reply_that_breaks_off_is_told(serve: Serve) -> None:
    with pytest.raises(UnreachableError, match="cannot be reached"):
        serve(Reply(200, b'{"a": 1', breaks_off=True)).client().get("/x")


def test_nobody_there_is_told() -> None:
    with pytest.raises(UnreachableError, match="Connection refused"):
        Client("http://127.0.0.1:9", "zk_x", is_local=True).get("/x")


def test_a_host_without_an_address_is_told() -> None:
    with pytest.raises(UnreachableError, match="cannot be reached"):
        Client("http://nowhere.invalid", "zk_x", is_local=True).get("/x")


def test_every_page_of_a_list_is_read(serve: Serve) -> None:
    pages = ({"items": [{"n": 1}, {"n": 2}], "next_cursor": "a+/="}, {"items": [{"n": 3}], "next_cursor": None})
    instance = serve(*(Reply.of(page) for page in pages))
    assert [item["n"] for item in instance.client().items("/x")] == [1, 2, 3]
    assert instance.requests[1].path == "/x?limit=200&cursor=a%2B%2F%3D"


def test_events_come_until_the_stream_ends(serve: Serve) -> None:
    wire = b'event: delta\ndata: {"text": "a"}\n\nevent: finished\ndata: {"refused": false}\n\n'
    events = serve(Reply(200, wire, {"Content-Type": "text/event-stream"})).client().events("/ask", {"stream": True})
    assert [name for name, _ in events] == ["delta", "finished"]


def files(folder: Path, *names: str) -> list[LocalFile]:
    for name in names:
        (folder / name).write_text(name)
    return [LocalFile(folder / name, name, len(name)) for name in names]


ACCEPTED = Reply.of({"batch_id": "b1", "documents": []}, 202)


def test_an_upload_is_sent_again_while_the_instance_is_away(serve: Serve, tmp_path: Path) -> None:
    instance = serve(problem(503, "The database is away.", Retry_After="0"), ACCEPTED)
    outcome = Outcome()
    submission = Uploader(instance.client(), "kb", replace=True).send(files(tmp_path, "a.md"), outcome)
    assert submission == {"batch_id": "b1", "documents": []}
    assert [b'filename="a.md"' in request.body for request in instance.requests] == [True, True]
    assert not outcome.documents


def test_an_upload_that_is_refused_is_not_sent_again(serve: Serve, tmp_path: Path) -> None:
    instance = serve(problem(403, "Only readers."))
    with pytest.raises(RefusedError, match="Only readers"):
        Uploader(instance.client(), "kb", replace=False).send(files(tmp_path, "a.md"), Outcome())
    assert len(instance.requests) == 1


def test_a_file_that_cannot_be_read_fails_and_the_others_go_on(serve: Serve, tmp_path: Path) -> None:
    instance = serve(ACCEPTED)
    group = [*files(tmp_path, "a.md"), LocalFile(tmp_path / "gone.md", "gone.md", 3)]
    outcome = Outcome()
    assert Uploader(instance.client(), "kb", replace=False).send(group, outcome) is not None
    assert [(document["name"], document["status"]) for document in outcome.documents] == [("gone.md", "failed")]
    assert b"a.md" in instance.requests[0].body


def test_a_file_that_is_too_large_for_a_request_fails_alone(serve: Serve, tmp_path: Path) -> None:
    instance = serve(problem(413, "Too large."))
    outcome = Outcome()
    assert Uploader(instance.client(), "kb", replace=False).send(files(tmp_path, "a.md"), outcome) is None
    assert [document["reason"] for document in outcome.documents] == ["Too large."]


def batch(status: str) -> dict[str, object]:
    document = {"id": "d1", "name": "a.md", "status": status, "duplicate": False, "reason": None}
    return {"total": 1, "ready": int(status == "ready"), "failed": 0, "documents": [document]}


def test_a_batch_is_followed_through_a_restart_of_the_instance(serve: Serve) -> None:
    instance = serve(
        Reply.of(batch("queued")), problem(503, "Away."), Reply(200, b"{", breaks_off=True), Reply.of(batch("ready"))
    )
    outcome = Outcome()
    with Bars() as bars:
        follower = BatchFollower(instance.client(), bars, outcome)
        follower.add("batch", {"batch_id": "b1", "documents": [{"id": "d1", "status": "queued", "duplicate": False}]})
        follower.wait()
    assert [document["name"] for document in outcome.ready] == ["a.md"]
    assert len(instance.requests) == 4


def test_a_batch_that_we_may_not_see_is_not_waited_for(serve: Serve) -> None:
    with Bars() as bars:
        follower = BatchFollower(serve(problem(404, "No such batch.")).client(), bars, Outcome())
        follower.add("batch", {"batch_id": "b1", "documents": []})
        with pytest.raises(RefusedError, match="No such batch"):
            follower.wait()
