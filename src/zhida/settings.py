"""What did the operator set? Every room's settings under one root; read once from the environment, then frozen.

Only doors and bootstrap read the root. A variable is named by its path: ``ZHIDA_RETRIEVAL__TOP_K``.
"""

from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from zhida.access import AccessSettings
from zhida.answering import AnsweringSettings
from zhida.database import DatabaseSettings
from zhida.errors import Kind, ZhidaError
from zhida.inference import InferenceSettings
from zhida.ingestion import IngestionSettings
from zhida.jobs import JobsSettings
from zhida.knowledge import IndexerSettings, KnowledgeSettings
from zhida.observability import ObservabilitySettings
from zhida.retrieval import RetrievalSettings


class HttpSettings(BaseModel):
    """The HTTP door's limits.

    Attributes:
        json_bytes_max: of a request's body that is not an upload.
        upload_bytes_max: of a whole upload, all its files together.
        body_patience: for a whole body that is not an upload, and for the next piece of one that is.
        head_patience: for a request's headers, from their first byte on.
        requests_at_once_max: requests that one process works on, uploads aside; what comes beyond is refused at once.
        uploads_at_once_max: uploads that one process takes in.
        connections_max: open connections of one process, idle ones included.
        stop_seconds: how long requests under way may finish after a stop.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    json_bytes_max: int = Field(default=1_048_576, ge=1024)
    upload_bytes_max: int = Field(default=1_073_741_824, ge=1024)
    body_patience: timedelta = timedelta(seconds=30)
    head_patience: timedelta = timedelta(seconds=15)
    requests_at_once_max: int = Field(default=384, ge=1)
    uploads_at_once_max: int = Field(default=64, ge=1)
    connections_max: int = Field(default=8192, ge=16)
    stop_seconds: int = Field(default=20, ge=1)


class SettingsInvalidError(ZhidaError):
    """A variable of the environment has a value that cannot be."""

    code: ClassVar[str] = "settings.invalid"
    kind: ClassVar[Kind] = Kind.INVALID


class Settings(BaseSettings):
    """The root.

    Attributes:
        data_dir: where everything lives that is not in a server named below.
        host: the address where the page and the API listen.
        port: the port where they listen; 0 takes a free one.
        public_url: the address that people use, where a proxy stands before us; decides whether cookies are secure.
        admin_email: of the administrator made at the first start.
        admin_password: of that administrator; without one, a password is generated and printed once.
        workers: worker processes.
        sample: whether a first start brings the sample knowledge base.
        log_to_files: whether processes log into the data directory's ``logs``; off: to standard error, for
            containers.
    """

    model_config = SettingsConfigDict(
        env_prefix="ZHIDA_", env_nested_delimiter="__", env_file=".env", extra="ignore", frozen=True
    )

    data_dir: Path = Path(".zhida")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_url: str | None = None
    admin_email: str = "admin@localhost"
    admin_password: SecretStr | None = None
    workers: int = Field(default=1, ge=0, le=64)
    sample: bool = True
    log_to_files: bool = True

    http: HttpSettings = HttpSettings()
    observability: ObservabilitySettings = ObservabilitySettings()
    database: DatabaseSettings = DatabaseSettings()
    jobs: JobsSettings = JobsSettings()
    access: AccessSettings = AccessSettings()
    inference: InferenceSettings = InferenceSettings()
    knowledge: KnowledgeSettings = KnowledgeSettings()
    indexer: IndexerSettings = IndexerSettings()
    ingestion: IngestionSettings = IngestionSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    answering: AnsweringSettings = AnsweringSettings()


def read_settings() -> Settings:
    """The settings of this process.

    Raises:
        SettingsInvalidError: names each variable that cannot be, and why.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(
            f"ZHIDA_{'__'.join(str(part) for part in item['loc']).upper()}: {_said(item)}" for item in error.errors()
        )
        raise SettingsInvalidError(
            f"Settings cannot be read: {problems}.", advice="Correct them and start again."
        ) from error


def _said(problem: ErrorDetails) -> str:
    return "there is no such setting" if problem["type"] == "extra_forbidden" else problem["msg"]
