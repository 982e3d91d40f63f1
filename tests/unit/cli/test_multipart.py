"""An upload's body is what RFC 7578 says, is as long as it says, and notices files that change."""

from email import message_from_bytes, policy
from pathlib import Path

import pytest

from zhida.cli.files import LocalFile
from zhida.cli.multipart import UnreadableFileError, Upload


def local(path: Path, content: bytes, name: str = "a.md") -> LocalFile:
    path.write_bytes(content)
    return LocalFile(path, name, len(content))


def test_the_body_holds_fields_and_files_and_is_as_long_as_stated(tmp_path: Path) -> None:
    contents = {"docs/a.md": b"one\r\n--boundary", '休假 "新".md': "年假".encode(), "empty.txt": b""}
    files = [local(tmp_path / str(number), content, name) for number, (name, content) in enumerate(contents.items())]
    sent: list[int] = []
    with Upload(files, {"on_conflict": "replace"}, progress=sent.append) as upload:
        body = b"".join(upload)
        assert len(body) == upload.length
        message = message_from_bytes(f"Content-Type: {upload.content_type}\r\n\r\n".encode() + body, policy=policy.HTTP)
    parts = list(message.iter_parts())
    assert parts[0].get_content().strip() == "replace"
    assert [part.get_content() for part in parts[1:]] == list(contents.values())
    assert b'filename="docs/a.md"' in body
    assert 'filename="休假 %22新%22.md"'.encode() in body
    assert sum(sent) == sum(map(len, contents.values()))


def test_the_body_can_be_sent_again(tmp_path: Path) -> None:
    with Upload([local(tmp_path / "a", b"abc")], {}, progress=lambda _: None) as upload:
        assert b"".join(upload) == b"".join(upload)


@pytest.mark.parametrize("after", [b"shorter"[:1], b"a good deal longer than before"])
def test_a_file_that_changes_while_it_is_sent_is_noticed(tmp_path: Path, after: bytes) -> None:
    file = local(tmp_path / "a", b"content")
    with Upload([file], {}, progress=lambda _: None) as upload:
        (tmp_path / "a").write_bytes(after)
        with pytest.raises(UnreadableFileError, match="changed") as caught:
            list(upload)
    assert caught.value.file == file


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    file = LocalFile(tmp_path / "gone", "docs/gone.md", 3)
    with (
        pytest.raises(UnreadableFileError, match=r"docs/gone\.md: It cannot be read"),
        Upload([file], {}, progress=lambda _: None),
    ):
        pass
