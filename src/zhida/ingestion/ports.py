"""The sockets of reading a file: what one format's parser promises, and what the service asks of the sandbox."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from zhida.ingestion.elements import ParsedDocument
from zhida.ingestion.media_types import MediaType


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """What one file may become.

    Attributes:
        max_text_characters: text of all elements together.
        max_elements: blocks.
        max_unpacked_bytes: what the parts of a zipped format may unpack to.
        max_compression_ratio: unpacked over packed size.
    """

    max_text_characters: int = 10_000_000
    max_elements: int = 500_000
    max_unpacked_bytes: int = 300 * 1024 * 1024
    max_compression_ratio: int = 200


class Parser(Protocol):
    """Turns the bytes of one format into a document; runs inside a parser process and never touches the network."""

    def parse(self, path: Path, *, name: str, limits: ParseLimits) -> ParsedDocument:
        """Read the file at ``path``.

        Element ranges are exact: the document's text, all elements joined by a line feed, cut at ``start:end`` is
        the element's text. No text holds NUL, other control characters or lone surrogates. Running time grows
        linearly with the file.

        Args:
            path: where the bytes are.
            name: what the person called the file; the title where the content names none.
            limits: what the result may measure.

        Raises:
            ParseError: encrypted, damaged, without text, or beyond the limits.
        """
        ...


class DocumentParser(Protocol):
    """Parses a file somewhere it can do no harm."""

    async def parse(self, path: Path, *, media_type: MediaType, name: str) -> ParsedDocument:
        """Read the file at ``path`` as ``media_type``.

        Raises:
            ParseError: the file's fault; the same bytes will fail again.
            ParserUnavailableError: the machine's fault; try again later.
        """
        ...

    async def close(self) -> None:
        """End every process that was started."""
        ...
