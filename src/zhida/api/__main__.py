"""One api process. The supervisor opens the socket and hands it down, so that a restart loses no connection."""

import os
import socket
import tempfile

import uvicorn

from zhida.api.app import create_app
from zhida.api.connections import connections_that_fit, guarded_connections
from zhida.bootstrap import Application, database_url, process

LISTEN_FD = "ZHIDA_LISTEN_FD"


def main() -> None:
    """Serve until SIGTERM; requests under way may finish."""
    with process("api") as started:
        settings = started.settings
        # Uploads wait on the disk where they will stay; the system's own place is memory on many machines.
        tempfile.tempdir = str(started.places.originals)
        application = Application(settings, started.places, database_url(settings), metrics=started.metrics)
        app = create_app(application, started.metrics_page)
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=settings.public_url is not None,
            timeout_graceful_shutdown=settings.http.stop_seconds,
            timeout_keep_alive=75,
            ws="none",
            http=guarded_connections(
                head_patience=settings.http.head_patience,
                connections_max=connections_that_fit(settings.http.connections_max),
            ),
        )
        listening = os.environ.get(LISTEN_FD)
        sockets = [socket.socket(fileno=int(listening))] if listening else None
        server = uvicorn.Server(config)
        app.state.is_stopping = lambda: server.should_exit
        server.run(sockets)


if __name__ == "__main__":
    main()
