"""The knowledge room over a fresh record."""

import pytest

from tests.worlds import KnowledgeWorld, knowledge_world
from zhida.database import Database


@pytest.fixture
async def world(database: Database) -> KnowledgeWorld:
    """An administrator and one knowledge base that only administrators may read."""
    return await knowledge_world(database)


@pytest.fixture
async def open_world(database: Database) -> KnowledgeWorld:
    """The same, readable by everyone."""
    return await knowledge_world(database, open_to_everyone=True)
