"""Documents of every format, made by code: the same words each time, so that tests can say what must come out."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

from docx import Document
from docx.enum.text import WD_BREAK
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

CHINESE_FONT = "STSong-Light"
"""A font that every PDF reader brings along, so that none has to be embedded."""

HANDBOOK_TITLE = "员工手册"
HANDBOOK = (
    ("heading", "第一章 休假"),
    ("paragraph", "员工每年享有十五天带薪年假，未休完的年假可以结转到次年三月底。"),
    ("paragraph", "Carry-over needs the written consent of the manager."),
    ("heading", "第二章 报销"),
    ("paragraph", "差旅费用应当在返回后三十天内提交，超过期限不予受理。"),
)
"""A small document in two languages: (kind, text)."""


def handbook_text() -> bytes:
    """As plain text."""
    return "\n\n".join([HANDBOOK_TITLE, *(text for _, text in HANDBOOK)]).encode()


def handbook_markdown() -> bytes:
    """As Markdown, with a list, a table and code."""
    lines = [f"# {HANDBOOK_TITLE}", ""]
    lines += [f"## {text}\n" if kind == "heading" else f"{text}\n" for kind, text in HANDBOOK]
    lines += ["- 交通\n- 住宿\n", "| 城市 | 上限 |\n|---|---|\n| 北京 | 500 |\n", "```\nclaim --all\n```"]
    return "\n".join(lines).encode()


def handbook_html() -> bytes:
    """As a page, with what a reader does not see."""
    blocks = "".join(f"<h2>{text}</h2>" if kind == "heading" else f"<p>{text}</p>" for kind, text in HANDBOOK)
    return (
        f"<!doctype html><html><head><title>{HANDBOOK_TITLE}</title><style>p {{color: red}}</style></head><body>"
        f"<nav>首页 关于</nav><h1>{HANDBOOK_TITLE}</h1>{blocks}<ul><li>交通</li><li>住宿</li></ul>"
        "<table><tr><th>城市</th><th>上限</th></tr><tr><td>北京</td><td>500</td></tr></table>"
        "<pre>claim --all</pre><script>alert('no')</script><p hidden>看不见</p><!-- 注释 --></body></html>"
    ).encode()


def handbook_docx() -> bytes:
    """As a Word document."""
    document = Document()
    document.core_properties.title = HANDBOOK_TITLE
    for kind, text in HANDBOOK:
        if kind == "heading":
            document.add_heading(text, level=1)
        else:
            document.add_paragraph(text)
    document.add_paragraph("交通", style="List Bullet")
    document.add_paragraph("住宿", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for row, values in zip(table.rows, (("城市", "上限"), ("北京", "500")), strict=True):
        for cell, value in zip(row.cells, values, strict=True):
            cell.text = value
    document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def handbook_pdf() -> bytes:
    """As a PDF, a chapter to a page."""
    pages: list[list[tuple[str, float]]] = [[]]
    for kind, text in HANDBOOK:
        if kind == "heading" and pages[-1]:
            pages.append([])
        pages[-1].append((text, 20.0 if kind == "heading" else 11.0))
    return pdf(pages, title=HANDBOOK_TITLE)


def pdf(pages: Sequence[Sequence[tuple[str, float]]], *, title: str = "", password: str = "") -> bytes:
    """A PDF with these lines on each page, as (text, size of type); an empty line leaves a gap."""
    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE_FONT))
    buffer = io.BytesIO()
    encryption = StandardEncryption(password) if password else None
    canvas = Canvas(buffer, pagesize=A4, encrypt=encryption)
    canvas.setTitle(title)
    for lines in pages:
        height = A4[1] - 60
        for text, size in lines:
            canvas.setFont(CHINESE_FONT, size)
            canvas.drawString(72, height, text)
            height -= 1.5 * size if text else size
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def package(parts: dict[str, bytes | str], path: Path | None = None) -> bytes:
    """A zip file with these parts; written to ``path`` too where one is given."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    if path is not None:
        path.write_bytes(buffer.getvalue())
    return buffer.getvalue()


def word_package(body: str, **parts: str) -> bytes:
    """A Word document with this XML inside its body; further parts by name under ``word/``, without suffix."""
    namespace = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    named = {f"word/{name}.xml": f"<w:{name} {namespace}>{content}</w:{name}>" for name, content in parts.items()}
    return package(
        {
            "[Content_Types].xml": "<Types/>",
            "word/document.xml": f"<w:document {namespace}><w:body>{body}</w:body></w:document>",
            **named,
        }
    )
