"""The document that the page's client is generated from is the one that the API serves."""

import json
from pathlib import Path

from zhida.api.openapi import openapi_text

STORED = Path(__file__).parents[3] / "web" / "openapi.json"
MENDING = (
    "web/openapi.json is out of date. Run: "
    ".venv/bin/python -m zhida.api.openapi > web/openapi.json && (cd web && npm run generate)"
)


def test_the_stored_document_is_the_one_that_the_api_serves() -> None:
    # Compared as data first: a difference then shows what changed, not two walls of text.
    assert json.loads(STORED.read_text(encoding="utf-8"))["paths"] == json.loads(openapi_text())["paths"], MENDING
    assert STORED.read_text(encoding="utf-8") == openapi_text(), MENDING
