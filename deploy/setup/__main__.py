"""``python -m deploy.setup run|test|image|lock|check-page``: what the Makefile calls before anything else."""

import os
import sys
from pathlib import Path

from deploy.setup.environment import Installer, install_packages, install_zhida, installer, keep_only_what_runs
from deploy.setup.locks import resolve_locks
from deploy.setup.mirrors import node_variables, pip_configuration_files, pip_settings, uv_variables
from deploy.setup.model import build_model
from deploy.setup.page import build_page, check_page, find_node, is_stale
from deploy.setup.uv import SetupError

COMMANDS = ("run", "test", "image", "lock", "check-page")


def _prepare(uv: Installer, locks: set[str], node: dict[str, str]) -> None:
    """Everything that running (or testing) needs; instant where nothing has changed."""
    page_is_stale = is_stale()
    install_packages(uv, locks)
    if page_is_stale and find_node() is None:
        install_packages(uv, locks | {"web"})
    install_zhida(uv)
    build_model()
    if page_is_stale:
        build_page(node)


def main(arguments: list[str]) -> int:
    """Do one of the steps; 1 with one clear line where it cannot be done."""
    settings = pip_settings(os.environ, pip_configuration_files(os.environ, Path.home()))
    node = node_variables(settings, os.environ)
    command, *rest = arguments or ["run"]
    if command not in COMMANDS:
        print(f"There is no set-up step {command}; choose from {', '.join(COMMANDS)}.", file=sys.stderr)
        return 2
    try:
        if command == "check-page":
            check_page(node)
            return 0
        uv = installer(settings, uv_variables(settings, os.environ))
        if command == "lock":
            resolve_locks(uv, *rest)
        else:
            _prepare(uv, {"dev", "model"} if command == "test" else {"runtime", "model"}, node)
        if command == "image":
            keep_only_what_runs(uv)
    except SetupError as error:
        print(f"Zhida set-up stopped: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
