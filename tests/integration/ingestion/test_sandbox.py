"""The sandbox around parsers: processes that hang, die, grow and are killed, and a pool that goes on."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.data import documents
from zhida.ingestion.adapters.sandbox import ParserSandbox
from zhida.ingestion.elements import ParsedDocument
from zhida.ingestion.errors import ParseError, ParserUnavailableError, RefusalReason
from zhida.ingestion.media_types import MediaType
from zhida.ingestion.parsing_settings import ParsingSettings

ROUGH = {MediaType.TEXT: "tests.integration.ingestion.rough_parsers:RoughParser"}
SHORT = timedelta(seconds=1)


@pytest.fixture
async def sandboxes() -> AsyncIterator[Callable[..., ParserSandbox]]:
    opened: list[ParserSandbox] = []

    def make(**settings: object) -> ParserSandbox:
        opened.append(ParserSandbox(ParsingSettings.model_validate(settings), ROUGH))
        return opened[-1]

    yield make
    for sandbox in opened:
        await sandbox.close()


@pytest.fixture
def order(tmp_path: Path) -> Callable[[str], Path]:
    def write(words: str) -> Path:
        path = tmp_path / f"{words.split(maxsplit=1)[0]}.txt"
        path.write_text(words, encoding="utf-8")
        return path

    return write


async def parse(sandbox: ParserSandbox, path: Path) -> ParsedDocument:
    return await sandbox.parse(path, media_type=MediaType.TEXT, name=path.name)


async def reason_of(sandbox: ParserSandbox, path: Path) -> RefusalReason:
    with pytest.raises(ParseError) as refused:
        await parse(sandbox, path)
    return refused.value.reason


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def resident_kilobytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/status").read_text(encoding="ascii").split("VmRSS:")[1].split()[0])


async def test_every_format_passes_through_real_processes(tmp_path: Path) -> None:
    sandbox = ParserSandbox(ParsingSettings())
    handbooks = {
        MediaType.TEXT: documents.handbook_text(),
        MediaType.MARKDOWN: documents.handbook_markdown(),
        MediaType.HTML: documents.handbook_html(),
        MediaType.DOCX: documents.handbook_docx(),
        MediaType.PDF: documents.handbook_pdf(),
    }
    for media_type, content in handbooks.items():
        path = tmp_path / "file"
        path.write_bytes(content)
        document = await sandbox.parse(path, media_type=media_type, name="手册")
        assert any("三十天" in element.text for element in document.elements)
    (pid,) = sandbox.process_ids()
    resident = resident_kilobytes(pid)
    await sandbox.close()
    assert resident < 80 * 1024
    assert not is_running(pid)


async def test_one_process_serves_many_files(
    sandboxes: Callable[..., ParserSandbox], order: Callable[[str], Path]
) -> None:
    sandbox = sandboxes()
    texts = {(await parse(sandbox, order("hello"))).elements[0].text for _ in range(5)}
    assert texts == {f"read by {sandbox.process_ids()[0]}"}


@pytest.mark.parametrize(
    ("words", "limits"),
    [("sleep", {"time_limit": SHORT}), ("spin", {"time_limit": SHORT}), ("spin", {"processor_time_limit": SHORT})],
)
async def test_a_file_that_takes_too_long_is_refused_and_its_process_ended(
    sandboxes: Callable[..., ParserSandbox], order: Callable[[str], Path], words: str, limits: dict[str, timedelta]
) -> None:
    sandbox = sandboxes(**limits)
    assert await reason_of(sandbox, order(words)) is RefusalReason.TIMEOUT
    assert sandbox.process_ids() == []
    assert (await parse(sandbox, order("hello"))).elements


async def test_a_file_that_kills_its_process_twice_is_to_blame(
    sandboxes: Callable[..., ParserSandbox], order: Callable[[str], Path]
) -> None:
    sandbox = sandboxes()
    assert await reason_of(sandbox, order("die")) is RefusalReason.BROKEN
    assert (await parse(sandbox, order("hello"))).elements


async def test_a_process_killed_from_outside_is_replaced_unseen(
    sandboxes: Callable[..., ParserSandbox], order: Callable[[str], Path], tmp_path: Path
) -> None:
    sandbox = sandboxes()
    assert (await parse(sandbox, order(f"die-once {tmp_path / 'mark'}"))).elements


async def test_an_idle_process_that_was_killed_is_replaced_unseen(
    sandboxes: Callable[..., ParserSandbox], order: Callable[[str], Path]
) -> None:
    sandbox = sandboxes()
    await parse(sandbox, order("hello"))
    (pid,) = sandbox.process_ids()
    os.kill(pid, signal.SIGKILL)
    assert (await parse(sandbox, order("hello"))).elements
    assert pid not in sandbox.process_ids()


async def test_a_parser_s_surprise_is_a_damaged_file(
    sandboxes: Callable[..., ParserSandbox], order: Callable[[str], Path]
) -> None:
    sandbox = sandboxes()
    assert await reason_of(sandbox, order("surprise")) is RefusalReason.BROKEN
    assert len(sandbox.process_ids()) == 1


async def test_memory_is_limited(sandboxes: Callable[..., ParserSandbox], order: Callable[[str], Path]) -> None:
    sandbox = sandboxes(memory_limit_bytes=512 << 20)
    assert await reason_of(sandbox, order("fill")) is RefusalReason.MEMORY
    assert (await parse(sandbox, order("hello"))).elements


async def test_a_process_that_has_grown_is_replaced(
    sandboxes: Callable[..., ParserSandbox], order: Callable[[str], Path]
) -> None:
    sandbox = sandboxes(recycle_above_bytes=1)
    await parse(sandbox, order("grow"))
    assert sandbox.process_ids() == []


async def test_a_process_is_replaced_after_so_many_files(
    sandboxes: Callable[..., ParserSandbox], order: Callable[[str], Path]
) -> None:
    sandbox = sandboxes(recycle_after_files=2)
    texts = {(await parse(sandbox, order("hello"))).elements[0].text for _ in range(4)}
    assert len(texts) == 2


async def test_garbage_in_place_of_an_answer_is_no_answer(
    sandboxes: Callable[..., ParserSandbox], order: Callable[[str], Path]
) -> None:
    assert await reason_of(sandboxes(), order("chatter")) is RefusalReason.BROKEN


async def test_a_process_that_leaves_quietly_is_to_blame_too(
    sandboxes: Callable[..., ParserSandbox], order: Callable[[str], Path]
) -> None:
    assert await reason_of(sandboxes(), order("leave")) is RefusalReason.BROKEN


async def test_idle_processes_end_by_themselves(
    sandboxes: Callable[..., ParserSandbox], order: Callable[[str], Path]
) -> None:
    sandbox = sandboxes(idle_limit=timedelta(seconds=0.2))
    await parse(sandbox, order("hello"))
    (pid,) = sandbox.process_ids()
    await until(lambda: not is_running(pid))
    assert (await parse(sandbox, order("hello"))).elements


async def test_files_are_read_side_by_side_within_the_limit(
    sandboxes: Callable[..., ParserSandbox], order: Callable[[str], Path]
) -> None:
    sandbox = sandboxes(processes=2)
    path = order("hello")
    await asyncio.gather(*(parse(sandbox, path) for _ in range(8)))
    assert len(sandbox.process_ids()) <= 2


async def test_a_cancelled_file_frees_its_place(
    sandboxes: Callable[..., ParserSandbox], order: Callable[[str], Path]
) -> None:
    sandbox = sandboxes(processes=1)
    reading = asyncio.create_task(parse(sandbox, order("sleep")))
    await until(lambda: bool(sandbox.process_ids()))
    (pid,) = sandbox.process_ids()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert not is_running(pid)
    assert (await parse(sandbox, order("hello"))).elements


async def test_large_and_empty_files_are_refused_before_any_process_starts(
    sandboxes: Callable[..., ParserSandbox], order: Callable[[str], Path], tmp_path: Path
) -> None:
    sandbox = sandboxes(max_file_bytes=4)
    (tmp_path / "empty").touch()
    assert await reason_of(sandbox, order("hello")) is RefusalReason.TOO_LARGE
    assert await reason_of(sandbox, tmp_path / "empty") is RefusalReason.EMPTY
    assert sandbox.process_ids() == []


async def test_a_closed_sandbox_reads_nothing(
    sandboxes: Callable[..., ParserSandbox], order: Callable[[str], Path]
) -> None:
    sandbox = sandboxes()
    reading = asyncio.create_task(parse(sandbox, order("sleep")))
    await until(lambda: bool(sandbox.process_ids()))
    await sandbox.close()
    with pytest.raises(ParserUnavailableError):
        await reading
    with pytest.raises(ParserUnavailableError):
        await parse(sandbox, order("hello"))


async def test_a_process_knows_no_secrets_and_may_write_nothing(
    sandboxes: Callable[..., ParserSandbox], order: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIDA_SECRET", "hush")
    text = (await parse(sandboxes(), order("facts"))).elements[0].text
    assert "secrets=[]" in text
    assert "file_size=0" in text
    assert "group=True" in text


async def test_no_process_outlives_a_parent_that_was_killed(order: Callable[[str], Path]) -> None:
    script = (
        "import asyncio, pathlib, sys\n"
        "from zhida.ingestion.adapters.sandbox import ParserSandbox\n"
        "from zhida.ingestion.media_types import MediaType\n"
        "from zhida.ingestion.parsing_settings import ParsingSettings\n"
        "async def main():\n"
        f"    sandbox = ParserSandbox(ParsingSettings(), {{MediaType.TEXT: {ROUGH[MediaType.TEXT]!r}}})\n"
        "    reading = asyncio.create_task(sandbox.parse(\n"
        "        pathlib.Path(sys.argv[1]), media_type=MediaType.TEXT, name='x'))\n"
        "    while not sandbox.process_ids():\n"
        "        await asyncio.sleep(0.01)\n"
        "    print(sandbox.process_ids()[0], flush=True)\n"
        "    await reading\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        script,
        str(order("sleep")),
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    assert is_running(pid)
    parent.kill()
    await parent.wait()
    await until(lambda: not is_running(pid))
