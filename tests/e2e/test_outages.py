"""When something dies, fills up or stops: who asks meanwhile is told so, nothing is half done, and it comes back."""

import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.running import RunningInstance, started_instance, wait_until

DOCUMENT = b"# Harbour\n\nBoats longer than 12 metres moor at pier seven. The fee is 35 euros a night.\n"


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningInstance]:
    """An instance of this module's own, for it is hurt; its folder has a name that is long and not plain."""
    folder = tmp_path_factory.mktemp("outages") / "数据 directory with spaces and a name that is long" / ("x" * 60)
    folder.mkdir(parents=True)
    settings = {"ZHIDA_SAMPLE": "false", "ZHIDA_INFERENCE__EMBEDDING__QUERY_TIMEOUT_SECONDS": "1"}
    with started_instance(folder, **settings) as running:
        yield running


@pytest.fixture
def client(instance: RunningInstance) -> Iterator[httpx.Client]:
    """An HTTP client with the administrator's key."""
    with instance.client() as opened:
        yield opened


@pytest.fixture(scope="module")
def harbour(instance: RunningInstance) -> str:
    """A knowledge base with one document."""
    with instance.client() as admin:
        base = admin.post("/api/v1/knowledge-bases", json={"name": "harbour"}).json()["id"]
        batch = instance.upload(admin, base, {"rules.md": DOCUMENT})["batch_id"]
        assert instance.await_batch(admin, batch)["ready"] == 1
        return base


def search(client: httpx.Client, base: str, **wishes: object) -> httpx.Response:
    return client.post("/api/v1/search", json={"query": "fee for a night", "knowledge_base": base, **wishes})


def upload(client: httpx.Client, base: str, name: str, content: bytes) -> httpx.Response:
    return client.post(f"/api/v1/knowledge-bases/{base}/documents", files=[("files", (name, content))])


def finds_by_meaning(client: httpx.Client, base: str) -> bool:
    reply = search(client, base)
    return reply.status_code == 200 and reply.json()["warning"] is None and bool(reply.json()["passages"])


@contextmanager
def asked_all_the_time(ask: Callable[[], httpx.Response]) -> Generator[list[httpx.Response]]:
    """Somebody who asks again and again while the block lasts; the answers, complete after it."""
    answers: list[httpx.Response] = []
    is_over = threading.Event()

    def keep_asking() -> None:
        while not is_over.is_set():
            answers.append(ask())

    asking = threading.Thread(target=keep_asking)
    asking.start()
    try:
        yield answers
    finally:
        is_over.set()
        asking.join()


def test_while_the_database_is_away_callers_are_told_to_come_back_and_then_served(
    instance: RunningInstance, harbour: str
) -> None:
    numbers = iter(range(10**6))
    with instance.client() as searching, instance.client() as uploading:
        with (
            asked_all_the_time(lambda: search(searching, harbour)) as found,
            asked_all_the_time(lambda: upload(uploading, harbour, "n.txt", b"number %d" % next(numbers))) as taken,
        ):
            wait_until(lambda: len(found) > 2 and len(taken) > 2, seconds=30, what="both are served")
            instance.kill_role("postgres")
            served = len(found), len(taken)
            wait_until(
                lambda: (
                    all(
                        reply.status_code < 300
                        for reply in (*found[served[0] + 1 :][-3:], *taken[served[1] + 1 :][-3:])
                    )
                    and len(found) > served[0] + 5
                    and len(taken) > served[1] + 5
                ),
                seconds=60,
                what="both are served again",
            )
        for reply in (*found, *taken):
            assert reply.status_code in (200, 202, 503), reply.text
            if reply.status_code == 503:
                assert reply.json()["code"] == "database.unavailable"
                assert int(reply.headers["retry-after"]) > 0
        accepted = {reply.json()["documents"][0]["id"] for reply in taken if reply.status_code == 202}
        listed = searching.get(f"/api/v1/knowledge-bases/{harbour}/documents", params={"limit": 200}).json()["items"]
        assert accepted <= {document["id"] for document in listed}


def test_without_its_embedder_search_goes_on_by_words_and_says_so(
    instance: RunningInstance, client: httpx.Client, harbour: str
) -> None:
    wait_until(lambda: finds_by_meaning(client, harbour), seconds=60, what="search by meaning")
    frozen = instance.pids("embedder")
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    try:
        reply = search(client, harbour)
        assert (reply.status_code, reply.json()["warning"]) == (200, "retrieval.by_words_alone")
        assert reply.json()["plan"]["dense_k"] == 0
        assert "35 euros" in reply.json()["passages"][0]["text"]
        question = {"question": "What is the fee for a night?", "knowledge_base": harbour}
        answer = client.post("/api/v1/ask", json=question).json()
        assert "35 euros" in answer["answer"]
        assert answer["warning"] == "retrieval.by_words_alone"
        alone = search(client, harbour, profile="dense")
        assert (alone.status_code, alone.json()["code"]) == (503, "inference.unavailable")
        assert client.get("/ready").status_code == 503
        wait_until(lambda: search(client, harbour).elapsed.total_seconds() < 0.5, seconds=20, what="nobody waits")
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
    wait_until(lambda: finds_by_meaning(client, harbour), seconds=60, what="search by meaning")
    instance.kill_role("embedder")
    assert search(client, harbour).status_code == 200
    wait_until(lambda: finds_by_meaning(client, harbour), seconds=60, what="search by meaning")


@contextmanager
def full_disk(instance: RunningInstance) -> Generator[None]:
    """The api cannot make any file longer than 4 KiB, as where a disk is full."""
    pids = instance.pids("api")
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids}
    for pid, (_, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        for pid, limits in before.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("size", [20_000, 300_000], ids=["kept in memory while it comes", "kept on disk"])
def test_a_full_disk_refuses_uploads_with_its_name_and_stops_nothing_else(
    instance: RunningInstance, client: httpx.Client, harbour: str, size: int
) -> None:
    def listed() -> list[str]:
        page = client.get(f"/api/v1/knowledge-bases/{harbour}/documents", params={"limit": 200})
        return [document["id"] for document in page.json()["items"]]

    before = listed()
    content = b"%%PDF-1.7 with nothing of one, %d times\n" % size * (size // 40)
    originals = instance.data_dir / "originals"
    with full_disk(instance):
        reply = upload(client, harbour, "large.pdf", content)
        assert (reply.status_code, reply.json()["code"]) == (503, "ingestion.storage_unavailable")
        assert "operator" in reply.json()["advice"]
        assert int(reply.headers["retry-after"]) > 0
        assert search(client, harbour).status_code == 200
        assert upload(client, harbour, "small.txt", b"short %d" % size).status_code == 202
    assert [path for path in originals.glob(".incoming/*") if path.is_file()] == []
    assert len(listed()) == len(before) + 1
    assert upload(client, harbour, "large.pdf", content).status_code == 202


def slowly(form: bytes, *, until: threading.Event) -> Iterator[bytes]:
    """A body whose second half waits."""
    half = len(form) // 2
    yield form[:half]
    until.wait(30)
    yield form[half:]


def form_of(name: str, content: bytes) -> tuple[bytes, dict[str, str]]:
    request = httpx.Request("POST", "http://x", files=[("files", (name, content))])
    return request.read(), {"Content-Type": request.headers["content-type"]}


def test_an_upload_that_was_cut_off_by_a_kill_is_one_document_once_it_is_sent_again(
    instance: RunningInstance, client: httpx.Client, harbour: str
) -> None:
    content = b"# Cut off\n\nThe lighthouse blinks every seven seconds.\n" + b"word " * 200
    form, headers = form_of("cut.md", content)
    path, killed = f"/api/v1/knowledge-bases/{harbour}/documents", threading.Event()

    def kill() -> None:
        instance.kill_role("api")
        killed.set()

    threading.Timer(0.5, kill).start()
    with pytest.raises(httpx.TransportError):
        client.post(path, content=slowly(form, until=killed), headers=headers)
    replies: list[httpx.Response] = []
    for _ in range(2):
        wait_until(
            lambda: bool(replies.append(client.post(path, content=form, headers=headers)) or replies),
            seconds=60,
            what="the upload is taken",
            tolerated=(httpx.TransportError,),
        )
    documents = [reply.json()["documents"][0] for reply in replies]
    assert [document["duplicate"] for document in documents] == [False, True]
    assert documents[0]["id"] == documents[1]["id"]


def test_what_is_under_way_at_a_stop_is_finished_and_watchers_do_not_hold_it_up(
    instance: RunningInstance, harbour: str
) -> None:
    form, headers = form_of("last.pdf", b"%PDF-1.7\n" + b"nothing of a PDF\n" * 30_000)
    goes_on, seen = threading.Event(), dict[str, Any]()

    def send() -> None:
        with instance.client() as caller:
            path = f"/api/v1/knowledge-bases/{harbour}/documents"
            seen["upload"] = caller.post(path, content=slowly(form, until=goes_on), headers=headers).status_code

    def watch(batch: str) -> None:
        with instance.client() as caller, caller.stream("GET", f"/api/v1/batches/{batch}/events") as stream:
            seen["watching"] = True
            with suppress(httpx.RemoteProtocolError):
                for _ in stream.iter_lines():
                    pass

    with instance.client() as caller:
        for pid in instance.pids("worker"):
            os.kill(pid, signal.SIGSTOP)
        batch = upload(caller, harbour, "watched.txt", b"watched and never done").json()["batch_id"]
    threads = [threading.Thread(target=send), threading.Thread(target=watch, args=(batch,))]
    for thread in threads:
        thread.start()
    wait_until(lambda: "watching" in seen, seconds=10, what="the batch is watched")
    os.kill(instance.supervisor_pid, signal.SIGTERM)
    started = time.monotonic()
    threading.Timer(1, goes_on.set).start()
    for thread in threads:
        thread.join(30)
    assert seen["upload"] == 202
    assert time.monotonic() - started < 15
    for pid in instance.pids("worker"):
        os.kill(pid, signal.SIGCONT)
    assert instance.stop() == 0


def up(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """``zhida up`` where it cannot be."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZHIDA_")}
    settings = {"ZHIDA_DATA_DIR": str(folder), "ZHIDA_PORT": "0", **variables}
    command = [sys.executable, "-m", "zhida.cli", "up", "--quiet"]
    return subprocess.run(command, env=kept | settings, capture_output=True, text=True, timeout=100, check=False)


CANNOT_BE: list[tuple[dict[str, str], str, str]] = [
    ({"ZHIDA_HOST": "203.0.113.7"}, "cannot listen on 203.0.113.7:0", "ZHIDA_HOST must be an address of this machine"),
    ({"ZHIDA_DATABASE__URL": "mysql://u:hidden@h/x"}, "ZHIDA_DATABASE__URL", "must begin with postgresql://"),
    ({"ZHIDA_DATABASE__URL": "postgresql://u:hidden@127.0.0.1:1/x"}, "PostgreSQL did not answer", "The operator"),
    ({"ZHIDA_DATA_DIR": "/dev/null"}, "The data directory /dev/null cannot be used", "ZHIDA_DATA_DIR"),
    ({"ZHIDA_PORT": "99999"}, "ZHIDA_PORT", "Correct"),
]


@pytest.mark.parametrize(("variables", "what", "advice"), CANNOT_BE, ids=[what for _, what, _ in CANNOT_BE])
def test_a_start_that_cannot_be_says_why_and_what_to_do(
    tmp_path: Path, variables: dict[str, str], what: str, advice: str
) -> None:
    ended = up(tmp_path / "data", **variables)
    assert ended.returncode not in (0, 1)
    assert what in ended.stderr
    assert advice in ended.stderr
    assert "hidden" not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        ended = up(tmp_path / "data", ZHIDA_PORT=port, ZHIDA_SAMPLE="false")
    assert f"cannot listen on 127.0.0.1:{port}" in ended.stderr
    assert "choose another: ZHIDA_PORT=" in ended.stderr
