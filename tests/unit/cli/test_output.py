"""What a command prints can be read by a person and by a program, and steers no terminal."""

import json

import pytest

from zhida.cli.output import emit, printable, show_table, size_text, width
from zhida.cli.sse import events_of


def test_a_pipe_gets_one_row_a_line_with_tabs_between(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(("name", "ready"), [("手册", 3), ("with\ttab\nand line", None)])
    assert capsys.readouterr().out == "name\tready\n手册\t3\nwith tab and line\t–\n"


def test_a_document_is_one_line_of_json_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"name": "手册", "line": "a\nb"})
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out) == {"name": "手册", "line": "a\nb"}


def test_a_han_character_takes_two_columns_and_an_accent_none() -> None:
    assert width("手册 a") == 6
    assert width("e\u0301") == 1


@pytest.mark.parametrize("text", ["\x1b[2Jgone", "a\rb", "\u202egpj.exe", "\x9b31m", "\x07"])
def test_what_would_steer_a_terminal_is_taken_out(text: str) -> None:
    assert "\ufffd" in printable(text)
    assert not {"\x1b", "\r", "\u202e", "\x9b", "\x07"} & set(printable(text))


def test_ordinary_text_stays_as_it_is() -> None:
    text = "年假 15 天。\n\t“quoted” – naïve 🙂 क्षि"
    assert printable(text) == text


@pytest.mark.parametrize(("size", "text"), [(0, "0 B"), (1536, "2 KiB"), (5 << 20, "5 MiB"), (3 << 30, "3.0 GiB")])
def test_sizes_are_written_for_people(size: int, text: str) -> None:
    assert size_text(size) == text


def test_events_are_read_and_comments_left_out() -> None:
    wire = [
        b": alive\n",
        b"\n",
        b"event: delta\r\n",
        b'data: {"text": "a"}\r\n',
        b"\r\n",
        b'data: {"b":\n',
        b"data: 1}\n",
        b"\n",
    ]
    assert list(events_of(wire)) == [("delta", {"text": "a"}), ("message", {"b": 1})]


def test_an_event_that_broke_off_is_no_event() -> None:
    assert list(events_of([b"event: delta\n", b'data: {"text"'])) == []
