"""Everything that can be set from outside; the only place that touches the environment."""

import os
import re
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parent.parent
"""Where `migrations/` and the packs that ship with Oxus lie: beside the package."""

MIN_TOKEN_LENGTH = 16  # characters: `openssl rand -hex 16` gives 32


class Settings(BaseSettings):
    """Refuses to start when a value is wrong; each is set by `OXUS_<NAME>` or an option of the command."""

    model_config = SettingsConfigDict(env_prefix="OXUS_", extra="ignore", frozen=True)

    database_url: str = Field("oxus.db", description="a file, or postgresql://user@host/name")
    seed_dir: Path = Field(PROJECT_ROOT / "seed", description="the folder of packs to load")
    query_timeout_seconds: float = Field(10.0, gt=0, description="the longest that one read may take")
    export_timeout_seconds: float = Field(3600.0, gt=0, description="the longest that sending all rows may take")
    access_log: bool = Field(False, description="whether the server prints a line of JSON for each request")
    cache_mb: int = Field(64, ge=0, description="memory of one process for answers given before; 0 keeps none")
    revision_ttl_seconds: float = Field(
        0.0, ge=0, description="how long a process may take a PostgreSQL database to be unchanged without asking it"
    )
    shutdown_timeout_seconds: int = Field(
        30, gt=0, description="how long requests may go on once the server is told to stop"
    )
    max_concurrent_exports: int = Field(
        4, gt=0, le=8, description="answers with all rows that one process sends at a time, up to 8"
    )

    queue_timeout_seconds: float = Field(
        5.0, gt=0, description="how long a request waits for a thread when all are taken"
    )
    rate_limit_per_minute: int = Field(
        0, ge=0, description="requests that one client may make in a minute; 0: any number"
    )
    read_token: str = Field("", repr=False, description="a secret that readers must send as a bearer token, if any")
    allowed_hosts: str = Field("", description="names, separated by commas, under which alone the server answers")
    root_path: str = Field("", description="the prefix under which a proxy shows the server, such as /oxus")
    trusted_proxies: str = Field(
        "127.0.0.1", description="addresses or networks, separated by commas, that may say who is behind them"
    )
    metrics: bool = Field(False, description="whether /metrics tells Prometheus what was answered")
    metrics_dir: str = Field("", description="folder of the workers' metrics; `oxus serve` makes a temporary one")

    telemetry: bool = Field(False, description="whether FastAPI traces and measures requests for OpenTelemetry")

    @field_validator("read_token")
    @classmethod
    def _check_token_strength(cls, token: str) -> str:
        if token and (len(token) < MIN_TOKEN_LENGTH or not re.fullmatch(r"[A-Za-z0-9._~+/=-]+", token)):
            raise ValueError(f"take {MIN_TOKEN_LENGTH} or more letters, digits or signs of -._~+/=")
        return token

    @field_validator("root_path")
    @classmethod
    def _check_root_path(cls, path: str) -> str:
        if path and not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", path):
            raise ValueError("write it with a slash in front and none at the end: /oxus")
        return path

    @property
    def hosts(self) -> list[str]:
        """The names under which alone the server answers; none: any."""
        return [name.strip() for name in self.allowed_hosts.split(",") if name.strip()]

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, url: str) -> str:
        scheme = url.partition("://")[0] if "://" in url else "sqlite"
        if scheme not in ("sqlite", "postgresql", "postgres"):
            raise ValueError(f"{scheme!r} is not a database Oxus runs on; use a file or postgresql://...")
        if not url.strip() or url.endswith(":memory:"):
            raise ValueError("name a file; a database in memory cannot be shared by readers and writer")
        return url

    def export_to_environment(self) -> None:
        """Let processes that this one starts find the same settings."""
        for name, value in self.model_dump(mode="json").items():
            os.environ[f"OXUS_{name.upper()}"] = str(value)
        if self.metrics_dir:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = self.metrics_dir
