"""Which servers are refused, and which schema of the queue the first step makes."""

from hashlib import sha256
from importlib import import_module
from pathlib import Path

import pytest
from procrastinate.schema import SchemaManager

from zhida.database import ServerTooOldError
from zhida.migrations import head
from zhida.migrations import runner as runner_module
from zhida.migrations.runner import refuse_old_server

QUEUE_SCHEMA = "c70ec4b400a60ad9592787653aae5ae77ae41bf801d56b5bd2712751a07f2009"
"""The queue's schema that step 0001 was written for. When it changes, add a step that brings existing databases from
the old to the new one (procrastinate ships the statements in ``procrastinate/sql/migrations``), then change this."""


def test_the_queues_schema_is_the_one_that_the_first_step_was_written_for() -> None:
    assert sha256(SchemaManager.get_schema().encode()).hexdigest() == QUEUE_SCHEMA


@pytest.mark.parametrize("version", [150000, 160014, 180004])
def test_a_server_from_postgresql_15_is_accepted(version: int) -> None:
    refuse_old_server(version)


@pytest.mark.parametrize("version", [90624, 140012])
def test_an_older_server_is_refused_with_advice(version: int) -> None:
    with pytest.raises(ServerTooOldError, match="upgrades the server"):
        refuse_old_server(version)


def test_the_steps_form_one_line() -> None:
    steps = sorted((Path(runner_module.__file__).parent / "versions").glob("[0-9]*.py"))
    revisions: list[str] = []
    for file in steps:
        step = import_module(f"zhida.migrations.versions.{file.stem}")
        assert step.down_revision == (revisions[-1] if revisions else None)
        revisions.append(step.revision)
    assert revisions[-1] == head()
