"""Commands on accounts: ``zhida user``."""

import sys
from typing import Annotated, Any, Literal

import typer

from zhida.cli.attaching import attached
from zhida.cli.client import Client
from zhida.cli.errors import RefusedError, UnfitInputError
from zhida.cli.options import Json
from zhida.cli.output import emit, say, show_table

app = typer.Typer(help="Create, list and disable accounts.", no_args_is_help=True)

_USERS = "/api/v1/users"
_NOT_FOUND = 404


@app.command()
def create(
    email: Annotated[str, typer.Argument(help="E-mail address that the account logs in with.", show_default=False)],
    *,
    role: Annotated[Literal["admin", "editor", "reader"], typer.Option(help="What the account may do.")] = "reader",
    name: Annotated[str, typer.Option(help="Name to show.")] = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking for it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Create an account."""
    password = _password(from_input=password_stdin)
    with attached() as client:
        user = client.post(_USERS, {"email": email, "password": password, "name": name, "role": role})
    if as_json:
        emit(user)
    else:
        say(f"Created {user['email']} ({user['role']}, {user['id']}).")


@app.command("list")
def list_users(*, as_json: Json = False) -> None:
    """List all accounts."""
    with attached() as client:
        users = client.items(_USERS)
    if as_json:
        emit({"items": users})
        return
    rows = [
        (user["email"], user["name"], user["role"], "disabled" if user["disabled_at"] else "active", user["id"])
        for user in users
    ]
    show_table(("email", "name", "role", "state", "id"), rows)


@app.command()
def disable(
    account: Annotated[str, typer.Argument(metavar="EMAIL-OR-ID", help="Which account.", show_default=False)],
    *,
    as_json: Json = False,
) -> None:
    """Disable an account; its log-ins and keys end at once."""
    with attached() as client:
        user = _find(client, account)
        client.delete(f"{_USERS}/{user['id']}")
    if as_json:
        emit({"disabled": user["id"], "email": user["email"]})
    else:
        say(f"Disabled {user['email']}.")


def _find(client: Client, account: str) -> dict[str, Any]:
    wanted = account.casefold()
    for user in client.items(_USERS):
        if wanted in {user["id"], user["email"].casefold()}:
            return user
    raise RefusedError(f"There is no account {account}.", status=_NOT_FOUND, advice="“zhida user list” shows them.")


def _password(*, from_input: bool) -> str:
    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UnfitInputError(
            "Nobody is there to be asked for a password.", advice="Pipe it in, with --password-stdin."
        )
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
