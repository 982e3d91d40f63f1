"""Commands that run an instance or a part of it: ``up``, ``serve``, ``worker``, ``migrate``."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

import zhida
from zhida.bootstrap import database_url
from zhida.cli.instance import Instance, Lifetime, Started
from zhida.cli.options import Json
from zhida.cli.output import emit, say
from zhida.cli.source_watch import SourceWatch
from zhida.migrations import check_server
from zhida.migrations import migrate as bring_up_to_date
from zhida.settings import read_settings


def up(
    *,
    quiet: Annotated[bool, typer.Option("--quiet", help="Log into files even where no terminal is.")] = False,
    reload: Annotated[bool, typer.Option("--reload", help="Start processes again when Zhida's code changes.")] = False,
    while_used: Annotated[bool, typer.Option("--while-used", hidden=True, help="End with the last command.")] = False,
    as_json: Json = False,
) -> None:
    """Run everything on this machine: database, api, worker, indexer, embedder, page.

    Prints the address of the page, with a link that signs one browser in. Runs until Ctrl-C, SIGTERM or “zhida stop”.
    """
    lifetime = Lifetime.WHILE_USED if while_used else Lifetime.UNTIL_STOPPED
    sources = SourceWatch(Path(zhida.__file__).parent) if reload else None
    instance = Instance(read_settings(), quiet=quiet, lifetime=lifetime, sources=sources)
    instance.run(_hand_over if while_used else _welcome_document if as_json else _welcome)


def serve(*, as_json: Json = False) -> None:
    """Run a node of a cluster: api, indexer, embedder and workers on a database that ZHIDA_DATABASE__URL names."""
    settings = read_settings()
    database_url(settings)
    Instance(settings, quiet=False).run(_address_document if as_json else _announce)


def worker() -> None:
    """Run one more worker process."""
    os.execv(sys.executable, [sys.executable, "-m", "zhida.worker"])  # noqa: S606 - ourselves, no shell


def migrate(*, as_json: Json = False) -> None:
    """Bring the database that ZHIDA_DATABASE__URL names to this version's tables."""
    url = database_url(read_settings())
    check_server(url)
    bring_up_to_date(url)
    if as_json:
        emit({"up_to_date": True})
    else:
        say("The tables are up to date.")


def _announce(started: Started) -> None:
    say(f"Zhida answers at {started.address}")
    sys.stdout.flush()


def _address_document(started: Started) -> None:
    emit({"address": started.address})
    sys.stdout.flush()


def _welcome(started: Started) -> None:
    welcome = started.welcome
    say()
    say(f"  Zhida 知答   {started.address}{welcome.link_path}")
    say("  Open this address: it signs your browser in, once. 打开此地址即可登录（仅一次有效）。")
    say(f"  Afterwards: {started.address}, as {welcome.email}")
    if welcome.one_time_password is not None:
        say(f"  Password (shown this once 仅显示一次): {welcome.one_time_password}")
    say("  Stop with Ctrl-C. 按 Ctrl-C 停止。")
    say()
    sys.stdout.flush()


def _welcome_document(started: Started) -> None:
    welcome = started.welcome
    emit(
        {
            "address": started.address,
            "link": started.address + welcome.link_path,
            "email": welcome.email,
            "one_time_password": welcome.one_time_password,
        }
    )
    sys.stdout.flush()


def _hand_over(started: Started) -> None:
    """To the command that started us: it passes on what is said only once."""
    if started.welcome.one_time_password is not None:
        say(f"Administrator {started.welcome.email}, password (shown this once): {started.welcome.one_time_password}")
        sys.stdout.flush()
