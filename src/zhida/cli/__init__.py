"""What can be done at a terminal? Every command of ``zhida``."""

from zhida.cli.app import main

__all__ = ["main"]
