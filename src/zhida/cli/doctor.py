"""``zhida doctor``: every setting and where it came from, and whether everything that Zhida needs is there."""

import os
import platform
from collections.abc import Iterator, Mapping
from importlib import metadata

import typer
from dotenv import dotenv_values

import zhida
from zhida.cli.attaching import Running, is_running, remote, stated
from zhida.cli.checks import (
    Check,
    Health,
    check_chat,
    check_data_directory,
    check_database,
    check_embedding,
    check_page,
    check_port,
)
from zhida.cli.errors import EXIT_INCOMPLETE
from zhida.cli.instance_checks import check_instance
from zhida.cli.options import Json
from zhida.cli.origins import SettingLine, setting_lines, unread
from zhida.cli.output import dim, emit, say, show_table
from zhida.cli.surroundings import InstancePlaces, instance_places, read_variables
from zhida.errors import ZhidaError
from zhida.settings import Settings, SettingsInvalidError, read_settings

_PACKAGES = ("fastapi", "psycopg", "procrastinate", "tantivy", "faiss-cpu", "onnxruntime", "tokenizers", "pypdfium2")


def doctor(*, as_json: Json = False) -> None:
    """Print every setting and where it came from, and check what Zhida needs.

    Works while an instance runs and while none does. Secrets are masked. Exit code 8 says that something is wrong.
    """
    variables = read_variables()
    environment = {name.upper(): value for name, value in os.environ.items()}
    file = {name.upper(): value or "" for name, value in dotenv_values(".env").items()}
    lines: list[SettingLine] = []
    try:
        settings = read_settings()
        lines = setting_lines(settings, environment, file)
        checks = [*_check_variables(environment, file), *_checks(settings, variables)]
    except SettingsInvalidError as error:
        checks = [
            Check("settings", Health.FAILED, error.message, error.advice),
            check_data_directory(instance_places(variables).root),
        ]
    if as_json:
        emit(_document(lines, checks))
    else:
        _print(lines, checks)
    if any(check.health is Health.FAILED for check in checks):
        raise typer.Exit(EXIT_INCOMPLETE)


def _check_variables(environment: Mapping[str, str], file: Mapping[str, str]) -> Iterator[Check]:
    names = unread(environment, file)
    if names:
        yield Check("settings", Health.WARNING, f"nobody reads {', '.join(names)}", "Check the spelling.")
    else:
        yield Check("settings", Health.OK, "valid")


def _checks(settings: Settings, variables: Mapping[str, str]) -> Iterator[Check]:
    at = instance_places(variables)
    running = _running(at)
    yield check_data_directory(at.root)
    yield check_page()
    if variables.get("ZHIDA_URL"):
        try:
            client = remote(variables)
        except ZhidaError as error:
            yield Check("instance", Health.FAILED, error.message, error.advice)
        else:
            yield from check_instance(client.address, variables["ZHIDA_KEY"].strip(), is_local=False)
        return
    yield check_port(settings, running)
    yield from _of_this_machine(at, running, variables)
    if running is None or settings.database.url is not None:
        yield check_database(settings)
    yield check_embedding(settings)
    yield check_chat(settings)


def _of_this_machine(at: InstancePlaces, running: Running | None, variables: Mapping[str, str]) -> Iterator[Check]:
    if running is None:
        yield Check("instance", Health.OK, "none runs")
        return
    try:
        key = variables.get("ZHIDA_KEY", "").strip() or at.local_key_file.read_text().strip()
    except OSError as error:
        yield Check("instance", Health.FAILED, f"{at.local_key_file}: {error.strerror}", "Run this as its owner.")
        return
    yield from check_instance(running.address, key, is_local=True)


def _running(at: InstancePlaces) -> Running | None:
    """The instance that answers now; the doctor waits for nobody."""
    try:
        return stated(at.instance_file) if is_running(at) else None
    except (ZhidaError, OSError):
        return None


def _versions() -> dict[str, str]:
    packages = {name: metadata.version(name) for name in _PACKAGES}
    return {"zhida": zhida.__version__, "python": platform.python_version(), "system": platform.platform(), **packages}


def _document(lines: list[SettingLine], checks: list[Check]) -> dict[str, object]:
    return {
        "healthy": not any(check.health is Health.FAILED for check in checks),
        "versions": _versions(),
        "settings": [{"variable": line.variable, "value": line.value, "origin": line.origin.value} for line in lines],
        "checks": [
            {"name": check.name, "health": check.health.value, "detail": check.detail, "advice": check.advice}
            for check in checks
        ],
    }


def _print(lines: list[SettingLine], checks: list[Check]) -> None:
    dim(", ".join(f"{name} {version}" for name, version in _versions().items()))
    say()
    show_table(("setting", "value", "origin"), [(line.variable, line.value, line.origin.value) for line in lines])
    say()
    rows = [(check.name, check.health.value, f"{check.detail} {check.advice}".strip()) for check in checks]
    show_table(("check", "health", "what was seen"), rows)
