"""Is a transaction open here? ``Database`` opens units of work; services pass them down; fakes ask."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field

from psycopg import AsyncConnection
from psycopg.rows import DictRow


@dataclass(slots=True)
class UnitOfWork:
    """One short transaction, never open across a model call.

    Attributes:
        connection: runs the statements; rows come as dictionaries. Never commit or close it: the unit does.
        is_open: False once the transaction ended.
        after_commit: called in order once the transaction is committed, never after a rollback; quick and sure to
            succeed, such as waking a task of this process.
    """

    connection: AsyncConnection[DictRow]
    is_open: bool = True
    after_commit: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])


current_unit: ContextVar[UnitOfWork | None] = ContextVar("current_unit", default=None)


def unit_of_work_is_open() -> bool:
    """Whether the running task is inside a unit of work; whoever waits for a network must not be."""
    unit = current_unit.get()
    return unit is not None and unit.is_open
