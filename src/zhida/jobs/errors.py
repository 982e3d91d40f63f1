"""How the jobs room can fail."""

from typing import ClassVar

from zhida.errors import Kind, ZhidaError


class JobNotFoundError(ZhidaError):
    """No job of that number; finished jobs are deleted after their retention."""

    code: ClassVar[str] = "jobs.not_found"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class JobNotDeadError(ZhidaError):
    """Only a dead job can be requeued."""

    code: ClassVar[str] = "jobs.not_dead"
    kind: ClassVar[Kind] = Kind.CONFLICT
