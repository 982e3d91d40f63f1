"""Unit tests reach no network: a test that needs one belongs to another stage."""

from collections.abc import Iterator

import pytest
from pytest_socket import disable_socket, enable_socket


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Sockets off, but for those of the Unix kind, which event loops and our own processes on this machine use."""
    disable_socket(allow_unix_socket=True)
    yield
    enable_socket()
