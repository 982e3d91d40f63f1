"""How does HTTP come in? The API and the page; run by ``python -m zhida.api``."""

from zhida.api.app import create_app

__all__ = ["create_app"]
