"""What an operator can set about the record: where it is, and how long we wait for it."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator


class DatabaseSettings(BaseModel):
    """Settings under ``ZHIDA_DATABASE__``. Durations are ISO 8601 (``PT3S``) or seconds.

    Attributes:
        url: of a PostgreSQL >= 15; None starts the embedded one in the data directory.
        writing_connections_max: units of work that one process can have open at once.
        reading_connections_max: reads that one process can run at once.
        connect_timeout: for one new connection; libpq counts whole seconds and never less than two.
        acquire_timeout: how long a caller waits for a free connection before the database counts as unavailable.
        statement_timeout: after which the server cancels a statement.
        idle_in_transaction_timeout: after which the server ends a unit of work that does nothing.
        reconnect_timeout: after which one background attempt to reconnect ends; the next caller starts another.
        idle_timeout: after which a connection beyond the first is closed.
        prepare_after_executions: a statement run this often on one connection is prepared on the server.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: SecretStr | None = None
    writing_connections_max: int = Field(default=6, ge=1, le=200)
    reading_connections_max: int = Field(default=6, ge=1, le=200)
    connect_timeout: timedelta = timedelta(seconds=3)
    acquire_timeout: timedelta = timedelta(seconds=3)
    statement_timeout: timedelta = timedelta(seconds=30)
    idle_in_transaction_timeout: timedelta = timedelta(seconds=60)
    reconnect_timeout: timedelta = timedelta(seconds=4)
    idle_timeout: timedelta = timedelta(minutes=5)
    prepare_after_executions: int = Field(default=3, ge=0)

    @field_validator("url")
    @classmethod
    def _names_postgresql(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("postgresql://", "postgres://")):
            message = "must begin with postgresql://"
            raise ValueError(message)
        return url
