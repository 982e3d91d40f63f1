"""One running instance for all stories; each makes a knowledge base of its own."""

from collections.abc import Iterator

import httpx
import pytest

from tests.running import RunningInstance, started_instance


@pytest.fixture(scope="session")
def running_instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningInstance]:
    """A whole instance."""
    with started_instance(tmp_path_factory.mktemp("instance")) as running:
        yield running


@pytest.fixture
def client(running_instance: RunningInstance) -> Iterator[httpx.Client]:
    """An HTTP client with the administrator's key."""
    with running_instance.client() as opened:
        yield opened


@pytest.fixture
def base(client: httpx.Client, request: pytest.FixtureRequest) -> Iterator[str]:
    """The id of a fresh knowledge base."""
    reply = client.post("/api/v1/knowledge-bases", json={"name": f"base of {request.node.name}"[:200]})
    assert reply.status_code == 201, reply.text
    yield reply.json()["id"]
    client.delete(f"/api/v1/knowledge-bases/{reply.json()['id']}")
