"""The OpenAPI document without a running instance: ``python -m zhida.api.openapi > web/openapi.json``.

The page's client is generated from it, and a test compares the two.
"""

import json
import sys
import tempfile
from pathlib import Path

from zhida.api.app import create_app
from zhida.bootstrap import Application, places
from zhida.inference import EmbeddingProvider, EmbeddingSettings, InferenceSettings
from zhida.observability import Metrics, MetricsDirectory
from zhida.settings import Settings

_NOWHERE = "postgresql://nobody@localhost:1/nothing"


def openapi_text() -> str:
    """The document as JSON, sorted, so that it changes only when the API does."""
    with tempfile.TemporaryDirectory(prefix="zhida-openapi-") as folder:
        settings = Settings(
            data_dir=Path(folder),
            inference=InferenceSettings(embedding=EmbeddingSettings(provider=EmbeddingProvider.NONE)),
        )
        metrics = Metrics()
        application = Application(settings, places(settings.data_dir), _NOWHERE, metrics=metrics)
        app = create_app(application, MetricsDirectory(Path(folder), "openapi", metrics))
        return json.dumps(app.openapi(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(openapi_text())
