"""How do files travel in one request? As ``multipart/form-data`` (RFC 7578), read from disk while it is sent."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import IO, Self

from zhida.cli.errors import FileUnreadableError
from zhida.cli.files import LocalFile

_PIECE_BYTES = 1 << 18


class UnreadableFileError(FileUnreadableError):
    """Which file it is, so that the others can go on without it."""

    def __init__(self, file: LocalFile, reason: str) -> None:
        super().__init__(f"{file.name}: {reason}", advice="")
        self.file = file
        self.reason = reason


class Upload:
    """A request's body. A context: opens its files, closes them.

    Attributes:
        content_type: with the boundary.
        length: of the whole body, in bytes.
    """

    def __init__(
        self, files: Sequence[LocalFile], fields: Mapping[str, str], *, progress: Callable[[int], None]
    ) -> None:
        """``progress`` is told how many bytes of files went out, piece by piece."""
        boundary = os.urandom(16).hex()
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._files = files
        self._progress = progress
        self._opened: list[IO[bytes]] = []
        self._stack = ExitStack()
        self._heads = [_head(boundary, "files", file.name) for file in files]
        self._fields = b"".join(_head(boundary, name) + value.encode() + b"\r\n" for name, value in fields.items())
        self._end = f"--{boundary}--\r\n".encode()
        self._sizes: list[int] = []
        self.length = 0

    def __enter__(self) -> Self:
        """Open every file.

        Raises:
            UnreadableFileError: one cannot be opened.
        """
        for file in self._files:
            try:
                opened = self._stack.enter_context(file.path.open("rb"))
                self._sizes.append(os.fstat(opened.fileno()).st_size)
            except OSError as error:
                self._stack.close()
                raise UnreadableFileError(file, f"It cannot be read: {error.strerror}.") from error
            self._opened.append(opened)
        parts = sum(len(head) + size + 2 for head, size in zip(self._heads, self._sizes, strict=True))
        self.length = len(self._fields) + parts + len(self._end)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every file."""
        self._stack.close()

    def __iter__(self) -> Iterator[bytes]:
        """The body, from its start.

        Raises:
            UnreadableFileError: a file has changed its size or cannot be read to its end.
        """
        yield self._fields
        for file, head, opened, size in zip(self._files, self._heads, self._opened, self._sizes, strict=True):
            yield head
            yield from self._content(file, opened, size)
            yield b"\r\n"
        yield self._end

    def _content(self, file: LocalFile, opened: IO[bytes], size: int) -> Iterator[bytes]:
        left = size
        try:
            opened.seek(0)
            while piece := opened.read(_PIECE_BYTES):
                left -= len(piece)
                if left < 0:
                    break
                yield piece
                self._progress(len(piece))
        except OSError as error:
            raise UnreadableFileError(file, f"It cannot be read to its end: {error.strerror}.") from error
        if left:
            raise UnreadableFileError(file, "It changed while it was read.")


def _head(boundary: str, name: str, filename: str | None = None) -> bytes:
    """The lines before a part's content; names are escaped as browsers do (WHATWG HTML, section 4.10.22.8)."""
    lines = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
    if filename is not None:
        escaped = filename.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        lines += f'; filename="{escaped}"\r\nContent-Type: application/octet-stream'
    return f"{lines}\r\n\r\n".encode()
