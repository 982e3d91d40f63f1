"""Log lines: their form, their ids, what they must not hold, and that writing them holds nobody up."""

import asyncio
import io
import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from zhida.errors import Kind, ZhidaError
from zhida.observability import (
    LogForm,
    LogWriter,
    bind_user,
    configure_logging,
    current_context,
    current_request_id,
    request_scope,
    without_secrets,
)

log = logging.getLogger("zhida.test")


class BrokenError(ZhidaError):
    code: ClassVar[str] = "test.broken"
    kind: ClassVar[Kind] = Kind.CONFLICT


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def writer(output: io.StringIO) -> Iterator[LogWriter]:
    root = logging.getLogger()
    before = ([*root.handlers], root.level)
    started = configure_logging("INFO", output=output)
    yield started
    started.stop()
    root.handlers[:], root.level = before


def lines(writer: LogWriter, output: io.StringIO) -> list[dict[str, Any]]:
    writer.stop()
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_the_request_s_ids(writer: LogWriter, output: io.StringIO) -> None:
    with request_scope("req-1", traceparent=f"00-{'ab' * 16}-{'cd' * 8}-01"):
        bind_user("u-1")
        log.info("found %d passages\nfor 知达", 3, extra={"took_ms": 1.5})
    log.debug("not written")
    (line,) = lines(writer, output)
    assert line.pop("ts").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "zhida.test",
        "event": "found 3 passages\nfor 知达",
        "request_id": "req-1",
        "trace_id": "ab" * 16,
        "user_id": "u-1",
        "took_ms": 1.5,
    }


def test_an_error_of_ours_brings_its_code_and_facts(writer: LogWriter, output: io.StringIO) -> None:
    try:
        raise BrokenError("It broke.", part="axle")
    except BrokenError:
        log.exception("while driving")
    (line,) = lines(writer, output)
    assert (line["error"], line["code"], line["kind"], line["facts"]) == (
        "BrokenError",
        "test.broken",
        "conflict",
        {"part": "axle"},
    )
    assert "Traceback" in line["exception"]


def test_what_cannot_be_written_as_json_is_written_as_text(writer: LogWriter, output: io.StringIO) -> None:
    log.info("half \ud800 pair", extra={"huge": 2**80, "path": Path("/x"), "thing": {1, 2}})
    (line,) = lines(writer, output)
    assert line["event"] == "half ? pair"
    assert line["huge"] == str(2**80)


def test_a_line_that_is_too_long_keeps_its_start(writer: LogWriter, output: io.StringIO) -> None:
    log.info("x" * 200_000)
    (line,) = lines(writer, output)
    assert line["cut"]
    assert 1000 < len(line["event"]) < 65_536


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("key zk_" + "a1B-" * 11, "key zk_…"),
        ("/sign-in#zl_" + "a1B_" * 11, "/sign-in#zl_…"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer …"),
        ("postgresql://zhida:s3cret@localhost:5432/zhida", "postgresql://zhida:…@localhost:5432/zhida"),
        ("at http://localhost:8000/a@b", "at http://localhost:8000/a@b"),
    ],
)
def test_secrets_are_cut_short(text: str, expected: str) -> None:
    assert without_secrets(text) == expected


def test_secrets_in_fields_and_exceptions_are_cut_short_too(writer: LogWriter, output: io.StringIO) -> None:
    secret = "zs_" + "k" * 43
    try:
        raise ValueError(secret)
    except ValueError:
        log.exception("failed", extra={"header": secret})
    writer.stop()
    assert secret not in output.getvalue()
    assert "zs_…" in output.getvalue()


def test_the_servers_loggers_are_captured(output: io.StringIO) -> None:
    for name in ("uvicorn.error", "procrastinate.worker"):
        logger = logging.getLogger(name)
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
    started = configure_logging("INFO", output=output)
    logging.getLogger("uvicorn.error").info("started")
    logging.getLogger("procrastinate.worker").warning("stopped")
    logging.getLogger("uvicorn.access").info("GET /")
    assert [line["event"] for line in lines(started, output)] == ["started", "stopped"]


def test_a_full_queue_drops_and_says_how_many(output: io.StringIO) -> None:
    class Stuck(io.StringIO):
        def write(self, text: str, /) -> int:
            released.wait(30)
            return output.write(text)

    released = threading.Event()
    started = configure_logging("INFO", output=Stuck())
    for number in range(10_100):
        log.info("line %d", number)
    dropped = started.dropped_lines
    assert 90 <= dropped <= 100
    released.set()
    written = lines(started, output)
    assert len(written) + started.dropped_lines >= 10_100


def test_a_file_is_the_owner_s_alone(tmp_path: Path) -> None:
    started = configure_logging("INFO", output=tmp_path / "logs" / "api.log", form=LogForm.TEXT)
    with request_scope("0123456789"):
        log.warning("careful")
    started.stop()
    path = tmp_path / "logs" / "api.log"
    assert path.read_text().endswith(" WARNING zhida.test [01234567] careful\n")
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_error_that_ends_a_thread_is_logged(writer: LogWriter, output: io.StringIO) -> None:
    thread = threading.Thread(target=dict[str, int]().__getitem__, args=("missing",))
    thread.start()
    thread.join()
    (line,) = lines(writer, output)
    assert (line["level"], line["error"]) == ("critical", "KeyError")


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="LOUD"):
        configure_logging("loud".upper())


def test_a_scope_makes_ids_and_ends() -> None:
    with request_scope() as outer:
        assert len(outer) == 32
        assert current_context().trace_id == outer
        with request_scope("inner", traceparent="rubbish"):
            assert (current_request_id(), current_context().trace_id) == ("inner", "inner")
        assert current_request_id() == outer
    assert current_request_id() == ""


async def test_requests_served_side_by_side_do_not_mix() -> None:
    async def serve(name: str) -> tuple[str, str]:
        with request_scope(name):
            await asyncio.sleep(0)
            bind_user(f"user of {name}")
            await asyncio.sleep(0)
            return current_request_id(), current_context().user_id

    assert await asyncio.gather(*(serve(f"r{number}") for number in range(5))) == [
        (f"r{number}", f"user of r{number}") for number in range(5)
    ]
