"""Which adapter stands behind each port, and what does each process run? Bootstrap alone knows every room."""

from zhida.bootstrap.adapters import embedding_card, index_writers, local_model, model_host, models_folder
from zhida.bootstrap.application import MULTILINGUAL_COMMAND, Application
from zhida.bootstrap.first_start import Welcome, open_private, prepare_instance, write_private
from zhida.bootstrap.places import DataDirectoryError, Places, places
from zhida.bootstrap.process import MISCONFIGURED_EXIT_CODE, Process, process
from zhida.bootstrap.processes import (
    database_url,
    run_worker,
    stop_on_signals,
    take_rebuild_requests,
)

__all__ = [
    "MISCONFIGURED_EXIT_CODE",
    "MULTILINGUAL_COMMAND",
    "Application",
    "DataDirectoryError",
    "Places",
    "Process",
    "Welcome",
    "database_url",
    "embedding_card",
    "index_writers",
    "local_model",
    "model_host",
    "models_folder",
    "open_private",
    "places",
    "prepare_instance",
    "process",
    "run_worker",
    "stop_on_signals",
    "take_rebuild_requests",
    "write_private",
]
