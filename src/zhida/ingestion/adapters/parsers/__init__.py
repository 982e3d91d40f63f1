"""Which class reads which format; the sandbox's child loads the one that it needs."""

from zhida.ingestion.media_types import MediaType

PARSERS: dict[MediaType, str] = {
    MediaType.TEXT: "zhida.ingestion.adapters.parsers.plain_text:PlainTextParser",
    MediaType.MARKDOWN: "zhida.ingestion.adapters.parsers.markdown:MarkdownParser",
    MediaType.HTML: "zhida.ingestion.adapters.parsers.html:HtmlParser",
    MediaType.PDF: "zhida.ingestion.adapters.parsers.pdf:PdfiumParser",
    MediaType.DOCX: "zhida.ingestion.adapters.parsers.docx:DocxParser",
}
"""``module:Class`` by media type."""
