"""What does the program say about itself while it runs? Log lines with request ids, and figures for Prometheus."""

from zhida.observability.context import (
    RequestContext,
    bind_user,
    current_context,
    current_request_id,
    new_request_id,
    request_scope,
)
from zhida.observability.log_lines import LogForm, without_secrets
from zhida.observability.logs import LogWriter, configure_logging
from zhida.observability.meters import (
    DocumentMeter,
    EmbedderMeter,
    ErrorMeter,
    HttpMeter,
    IndexMeter,
    JobMeter,
    QueryMeter,
)
from zhida.observability.metrics import Metrics
from zhida.observability.metrics_directory import MetricsDirectory
from zhida.observability.settings import ObservabilitySettings

__all__ = [
    "DocumentMeter",
    "EmbedderMeter",
    "ErrorMeter",
    "HttpMeter",
    "IndexMeter",
    "JobMeter",
    "LogForm",
    "LogWriter",
    "Metrics",
    "MetricsDirectory",
    "ObservabilitySettings",
    "QueryMeter",
    "RequestContext",
    "bind_user",
    "configure_logging",
    "current_context",
    "current_request_id",
    "new_request_id",
    "request_scope",
    "without_secrets",
]
