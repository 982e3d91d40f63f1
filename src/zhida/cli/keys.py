"""Commands on API keys: ``zhida key``."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import typer

from zhida.cli.attaching import attached
from zhida.cli.client import in_path
from zhida.cli.errors import UnfitInputError
from zhida.cli.options import Json
from zhida.cli.output import emit, note, say, show_table

app = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True)

_KEYS = "/api/v1/keys"
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_YEARS_MAX = 100


@app.command()
def create(
    *,
    name: Annotated[str, typer.Option(help="What the key is for; shown in lists.", show_default=False)],
    role: Annotated[Literal["admin", "editor", "reader"], typer.Option(help="What the key may do.")] = "reader",
    bases: Annotated[
        list[str] | None,
        typer.Option("--kb", metavar="NAME", help="The key may touch this knowledge base only; may be repeated."),
    ] = None,
    expires_in: Annotated[
        str | None, typer.Option(metavar="DURATION", help="30m, 12h, 90d or 4w; without it, the key does not expire.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Create a key and print it, this once."""
    body: dict[str, object] = {"name": name, "role": role, "knowledge_bases": bases or None}
    if expires_in is not None:
        body["expires_at"] = (datetime.now(UTC) + duration(expires_in)).isoformat()
    with attached() as client:
        created = client.post(_KEYS, body)
    if as_json:
        emit({"key": created["key"], "id": created["id"], **created})
    else:
        say(created["key"])
        note(f"Shown this once ({created['role']}). To revoke it: zhida key revoke {created['id']}")


@app.command("list")
def list_keys(*, as_json: Json = False) -> None:
    """List keys, without their secrets."""
    with attached() as client:
        keys = client.items(_KEYS)
    if as_json:
        emit({"items": keys})
        return
    rows = [
        (
            key["name"],
            key["prefix"],
            key["role"],
            "everything" if key["knowledge_bases"] is None else f"{len(key['knowledge_bases'])} knowledge bases",
            "revoked" if key["revoked_at"] else (key["expires_at"] or "no"),
            key["last_used_at"],
            key["id"],
        )
        for key in keys
    ]
    show_table(("name", "begins", "role", "may touch", "expires", "last used", "id"), rows)


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, not the key.", show_default=False)],
    *,
    as_json: Json = False,
) -> None:
    """Revoke a key; it works no more from now on."""
    with attached() as client:
        client.delete(f"{_KEYS}/{in_path(key_id)}")
    if as_json:
        emit({"revoked": key_id})
    else:
        say(f"Revoked {key_id}.")


def duration(text: str) -> timedelta:
    """``90d`` and the like.

    Raises:
        UnfitInputError: it is none.
    """
    match = re.fullmatch(r"([1-9]\d{0,5})([mhdw])", text.strip())
    stated = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else timedelta.max
    if stated > timedelta(days=366 * _YEARS_MAX):
        raise UnfitInputError(f"“{text}” is no duration.", advice="Say 30m, 12h, 90d or 4w.")
    return stated
