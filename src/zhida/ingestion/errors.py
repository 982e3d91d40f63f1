"""How bringing files in can fail: what is wrong with a file, shown on the document's row, and with an upload."""

from enum import StrEnum
from typing import ClassVar

from zhida.errors import Kind, ZhidaError


class RefusalReason(StrEnum):
    """Why a file was refused: stable codes, translated for people by whoever shows them."""

    UNSUPPORTED_TYPE = "unsupported_type"
    ENCRYPTED = "encrypted"
    BROKEN = "broken"
    TOO_LARGE = "too_large"
    EMPTY = "empty"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    TOO_MUCH_TEXT = "too_much_text"
    NO_TEXT = "no_text"
    DECOMPRESSION_BOMB = "decompression_bomb"


SENTENCES: dict[RefusalReason, tuple[str, str]] = {
    RefusalReason.UNSUPPORTED_TYPE: (
        "This kind of file cannot be read.",
        "Supported are plain text, Markdown, HTML, PDF and Word (.docx).",
    ),
    RefusalReason.ENCRYPTED: (
        "The file is protected by a password.",
        "Remove the password and upload it again.",
    ),
    RefusalReason.BROKEN: (
        "The file is damaged.",
        "Open it in the program that made it, save it anew and upload it again.",
    ),
    RefusalReason.TOO_LARGE: (
        "The file is too large.",
        "Split it, or ask an administrator to raise the limit.",
    ),
    RefusalReason.EMPTY: (
        "The file is empty.",
        "Check that the upload was complete.",
    ),
    RefusalReason.TIMEOUT: (
        "Reading the file took too long.",
        "Split it, or ask an administrator to raise the limit.",
    ),
    RefusalReason.MEMORY: (
        "Reading the file needs too much memory.",
        "Split it, or ask an administrator to raise the limit.",
    ),
    RefusalReason.TOO_MUCH_TEXT: (
        "The file holds more text than one document may.",
        "Split it, or ask an administrator to raise the limit.",
    ),
    RefusalReason.NO_TEXT: (
        "No text was found in the file.",
        "If it is a scan, run text recognition (OCR) on it and upload the result.",
    ),
    RefusalReason.DECOMPRESSION_BOMB: (
        "The file unpacks to far more data than it should.",
        "If it is genuine, save it anew without large embedded objects.",
    ),
}


class ParseError(ZhidaError):
    """A file that cannot become a document, and why; permanent, so nobody should try the same bytes again.

    Attributes:
        reason: the stable code that doors translate.
    """

    code: ClassVar[str] = "ingestion.unreadable_file"
    kind: ClassVar[Kind] = Kind.INVALID

    def __init__(self, reason: RefusalReason, message: str = "", **facts: str | float | bool | None) -> None:
        sentence, advice = SENTENCES[reason]
        super().__init__(message or sentence, advice=advice, reason=reason.value, **facts)
        self.reason = reason


class UnsupportedTypeError(ParseError):
    """The content is of a kind that no parser reads, whatever the name says."""

    code: ClassVar[str] = "ingestion.unsupported_type"

    def __init__(self, found: str) -> None:
        super().__init__(RefusalReason.UNSUPPORTED_TYPE, f"This is {found}, which cannot be read.", found=found)


class ParserUnavailableError(ZhidaError):
    """No parser process could be started; the machine's trouble, not the file's, so the job tries again later."""

    code: ClassVar[str] = "ingestion.parser_unavailable"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


class BatchNotFoundError(ZhidaError):
    """No such batch, or none that the caller may see."""

    code: ClassVar[str] = "ingestion.batch_not_found"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class UploadInvalidError(ZhidaError):
    """An upload without files, or with too many."""

    code: ClassVar[str] = "ingestion.upload_invalid"
    kind: ClassVar[Kind] = Kind.INVALID


class NotRetryableError(ZhidaError):
    """Only a failed document whose original was kept can be tried again."""

    code: ClassVar[str] = "ingestion.not_retryable"
    kind: ClassVar[Kind] = Kind.CONFLICT
