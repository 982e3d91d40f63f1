"""How many kills, and from which seed."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of ``make chaos``."""
    parser.addoption("--kills", type=int, default=10, help="how many processes are killed")
    parser.addoption("--seed", type=int, default=20, help="what the random moments are drawn from")
