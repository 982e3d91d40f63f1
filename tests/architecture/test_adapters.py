"""Every adapter can be imported: bootstrap loads them by name, so nothing else would notice one that cannot."""

import importlib

import pytest

from tests.architecture.tree import modules


@pytest.mark.parametrize("name", [module.name for module in modules() if ".adapters." in module.name])
def test_an_adapter_can_be_imported(name: str) -> None:
    assert importlib.import_module(name).__doc__
