"""Who does the jobs? A worker process; run by ``python -m zhida.worker``."""

__all__: list[str] = []
