"""Commands that ask: ``zhida search`` and ``zhida ask``."""

import sys
from contextlib import closing
from typing import Annotated, Any, Literal

import typer

from zhida.cli.attaching import attached
from zhida.cli.client import Client
from zhida.cli.errors import RefusedError, UnreachableError
from zhida.cli.options import BaseName, Json
from zhida.cli.output import bold, dim, emit, note, printable, say

_SHOWN_CHARACTERS = 400


def search(
    query: Annotated[str, typer.Argument(help="What to look for.", show_default=False)],
    *,
    base: BaseName,
    top: Annotated[int, typer.Option(min=1, max=10, help="How many passages.")] = 5,
    profile: Annotated[
        Literal["balanced", "lexical", "dense"], typer.Option(help="Words and meaning, words alone, meaning alone.")
    ] = "balanced",
    as_json: Json = False,
) -> None:
    """Print the passages that answer a query best."""
    body: dict[str, object] = {"query": query, "knowledge_base": base, "top_k": top, "profile": profile}
    with attached() as client:
        reply = client.post("/api/v1/search", body)
    if as_json:
        emit(reply)
        return
    if not reply["passages"]:
        note("Nothing was found.")
    for number, passage in enumerate(reply["passages"], 1):
        bold(f"{number}. {place(passage)}")
        text = " ".join(passage["text"].split())
        say(f"   {text[:_SHOWN_CHARACTERS]}{'…' if len(text) > _SHOWN_CHARACTERS else ''}")


def ask(
    question: Annotated[str, typer.Argument(help="The question.", show_default=False)],
    *,
    base: BaseName,
    top: Annotated[int | None, typer.Option(min=1, max=10, help="How many passages to draw on at most.")] = None,
    as_json: Json = False,
) -> None:
    """Answer a question from a knowledge base, with citations.

    A refusal is an answer too: it says that the documents do not tell, and where was looked.
    """
    body: dict[str, object] = {"question": question, "knowledge_base": base, "top_k": top}
    with attached() as client:
        if as_json:
            emit(client.post("/api/v1/ask", body))
        elif sys.stdout.isatty():
            _show_evidence(_streamed(client, body))
        else:  # a text that is withdrawn at its end must not have gone down a pipe
            reply = client.post("/api/v1/ask", body)
            say(reply["answer"])
            _show_evidence(reply)


def place(found: dict[str, Any]) -> str:
    """Where a passage or citation stands, for a person: document, headings, page."""
    location = found["location"]
    parts = [found["document_name"], *location["heading_path"]]
    if location["page"] is not None:
        last = location["last_page"]
        parts.append(f"p. {location['page']}" + (f"–{last}" if last not in {None, location["page"]} else ""))
    return " › ".join(parts)


def _streamed(client: Client, body: dict[str, object]) -> dict[str, Any]:
    """Print the answer as it comes; the whole reply."""
    shown = ""
    with closing(client.events("/api/v1/ask", {**body, "stream": True})) as events:
        for name, data in events:
            if name == "delta":
                shown += data["text"]
                sys.stdout.write(printable(data["text"]))
                sys.stdout.flush()
            elif name == "error":
                say()
                raise RefusedError(data["detail"], status=data["status"], advice=data.get("advice", ""))
            elif name in {"finished", "refused"}:
                if shown:
                    say()
                if data["refused"]:
                    if shown:
                        dim("The text above is withdrawn: no document supports it.")
                    say(data["answer"])
                return data
    raise UnreachableError("The answer broke off.", advice="Ask again; “zhida logs” may say why.")


def _show_evidence(reply: dict[str, Any]) -> None:
    if reply["citations"] or reply["looked_at"]:
        say()
    for citation in reply["citations"]:
        bold(f"[{citation['marker']}] {place(citation)}")
        say(f"    “{' '.join(citation['quote'].split())}”")
    for looked_at in reply["looked_at"]:
        dim(f"looked at: {place(looked_at)}")
    if reply["mode"] == "extractive":
        note("Extractive: the documents' own sentences." + (" The chat model failed." if reply["warning"] else ""))
