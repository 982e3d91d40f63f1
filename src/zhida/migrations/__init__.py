"""Is the record's shape the one this version needs? Steps forward only, run by ``zhida up`` and ``zhida migrate``."""

from zhida.migrations.runner import check_server, current, head, migrate

__all__ = ["check_server", "current", "head", "migrate"]
