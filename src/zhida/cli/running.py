"""Commands that run an instance or a part of it: ``up``, ``serve``, ``worker``, ``migrate``."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

import zhida
from zhida.bootstrap import database_url
from zhida.cli.instance import Instance, Lifetime, Started
from zhida.cli.source_watch import SourceWatch
from zhida.migrations import check_server
from zhida.migrations import migrate as bring_up_to_date
from zhida.settings import read_settings


def up(
    *,
    quiet: Annotated[bool, typer.Option("--quiet", help="Log into files even where no terminal is.")] = False,
    reload: Annotated[bool, typer.Option("--reload", help="Start processes again when Zhida's code changes.")] = False,
    while_used: Annotated[bool, typer.Option("--while-used", hidden=True, help="End with the last command.")] = False,
) -> None:
    """Run everything on this machine: database, api, worker, indexer, embedder, page."""
    lifetime = Lifetime.WHILE_USED if while_used else Lifetime.UNTIL_STOPPED
    sources = SourceWatch(Path(zhida.__file__).parent) if reload else None
    instance = Instance(read_settings(), quiet=quiet, lifetime=lifetime, sources=sources)
    instance.run(_hand_over if while_used else _welcome)


def serve() -> None:
    """Run a node of a cluster: api, indexer, embedder and workers on a database that ZHIDA_DATABASE__URL names."""
    settings = read_settings()
    database_url(settings)
    Instance(settings, quiet=False).run(_announce)


def worker() -> None:
    """Run one more worker process."""
    os.execv(sys.executable, [sys.executable, "-m", "zhida.worker"])  # noqa: S606 - ourselves, no shell


def migrate() -> None:
    """Bring the database that ZHIDA_DATABASE__URL names to this version's tables."""
    url = database_url(read_settings())
    check_server(url)
    bring_up_to_date(url)
    typer.echo("The tables are up to date.")


def _announce(started: Started) -> None:
    typer.echo(f"Zhida answers at {started.address}")


def _welcome(started: Started) -> None:
    welcome = started.welcome
    typer.echo("")
    typer.echo(f"  Zhida 知答   {started.address}{welcome.link_path}")
    typer.echo("  Open this address: it signs your browser in, once. 打开此地址即可登录(仅一次有效)。")
    typer.echo(f"  Afterwards: {started.address}, as {welcome.email}")
    if welcome.one_time_password is not None:
        typer.echo(f"  Password (shown this once 仅显示一次): {welcome.one_time_password}")
    typer.echo("  Stop with Ctrl-C. 按 Ctrl-C 停止。")
    typer.echo("")
    sys.stdout.flush()


def _hand_over(started: Started) -> None:
    """To the command that started us: it passes on what is said only once."""
    if started.welcome.one_time_password is not None:
        typer.echo(
            f"Administrator {started.welcome.email}, password (shown this once): {started.welcome.one_time_password}"
        )
        sys.stdout.flush()
