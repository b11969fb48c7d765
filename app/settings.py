"""Settings from the environment and the command line; the only module that touches the environment."""

import os
import re
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parent.parent
"""Folder of `migrations/` and of the packs that ship with Oxus, beside the package."""

MIN_TOKEN_LENGTH = 16
"""Characters of a read token; `openssl rand -hex 16` makes 32."""


class Settings(BaseSettings):
    """Settings of one server or command, each set by `OXUS_<NAME>`. Raises ValidationError for a wrong value."""

    model_config = SettingsConfigDict(env_prefix="OXUS_", extra="ignore", frozen=True)

    database_url: str = Field(
        "oxus.db",
        description="Database: a SQLite file, or postgresql://user@host/name.",
    )
    seed_dir: Path = Field(
        PROJECT_ROOT / "seed",
        description="Folder of the packs that `oxus serve` and `oxus seed load` load. `serve` leaves broken packs "
        "out and says so on standard error.",
    )

    # How long, and how much at a time
    query_timeout_seconds: float = Field(
        10.0,
        gt=0,
        description="Longest time of one read, in seconds, so that no query holds its thread for ever.",
    )
    export_timeout_seconds: float = Field(
        3600.0,
        gt=0,
        description="Longest time of one answer with `limit=all`, in seconds, as it holds a database snapshot open.",
    )
    queue_timeout_seconds: float = Field(
        5.0,
        gt=0,
        description="Longest wait for a free worker thread, in seconds, before the client gets a 503.",
    )
    shutdown_timeout_seconds: int = Field(
        30,
        gt=0,
        description="Time that running requests get to finish when the server stops, in seconds.",
    )
    max_concurrent_exports: int = Field(
        4,
        gt=0,
        le=8,
        description="Answers with `limit=all` that one process sends at a time; others need its threads.",
    )
    max_exports_per_client: int = Field(
        2,
        gt=0,
        le=8,
        description="Answers with `limit=all` that one process sends to one client at a time.",
    )
    cache_mb: int = Field(
        64,
        ge=0,
        description="Memory of the response cache of one process, in MiB, keys and headers counted; 0 switches it off.",
    )
    revision_ttl_seconds: float = Field(
        0.0,
        ge=0,
        description="Time for which a process trusts the last revision that PostgreSQL reported, in seconds. "
        "Saves a query for each request; answers may be older by as much.",
    )

    # Who may ask
    read_token: str = Field(
        "",
        repr=False,
        description=f"Secret that readers send as `Authorization: Bearer <token>`, {MIN_TOKEN_LENGTH} characters or "
        "more; empty lets everybody read.",
    )
    rate_limit_per_minute: int = Field(
        0,
        ge=0,
        description="Requests of one client in a minute, a fifth of them at once, counted by each process for itself; "
        "0 sets no limit.",
    )
    allowed_hosts: str = Field(
        "",
        description="Host names under which the server answers, separated by commas; `*.example.org` is every name "
        "below it, empty is any name.",
    )

    max_connections_per_client: int = Field(
        100,
        ge=0,
        description="Connections that one client may have to one process; trusted proxies may have any number, 0 sets "
        "no limit.",
    )

    # Behind a proxy
    root_path: str = Field(
        "",
        description="Path prefix under which a proxy serves Oxus, such as /oxus, for the links in answers.",
    )
    trusted_proxies: str = Field(
        "127.0.0.1",
        description="Addresses or networks of proxies, separated by commas, whose `X-Forwarded-For` and "
        "`X-Forwarded-Proto` are believed.",
    )

    # What the server tells about itself
    access_log: bool = Field(
        False,
        description="Write one line of JSON for each request to standard output.",
    )
    metrics: bool = Field(
        False,
        description="Serve `/metrics` for Prometheus; off because it tells what others ask.",
    )
    metrics_dir: str = Field(
        "",
        description="Folder in which several workers share their metrics; `oxus serve` makes a temporary one and "
        "sets this.",
    )
    telemetry: bool = Field(
        False,
        description="Send FastAPI's traces and metrics to an OpenTelemetry collector; off because it costs each "
        "request.",
    )

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, url: str) -> str:
        scheme = url.partition("://")[0] if "://" in url else "sqlite"
        if scheme not in ("sqlite", "postgresql", "postgres"):
            raise ValueError(f"{scheme!r} is not a database Oxus runs on; use a file or postgresql://...")
        if not url.strip() or url.endswith(":memory:"):
            raise ValueError("name a file; a database in memory cannot be shared by readers and writer")
        return url

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
        """Return the names of `allowed_hosts`; none means any."""
        return [name.strip() for name in self.allowed_hosts.split(",") if name.strip()]

    def export_to_environment(self) -> None:
        """Write the settings into the environment, where worker processes read them."""
        for name, value in self.model_dump(mode="json").items():
            os.environ[f"OXUS_{name.upper()}"] = str(value)
        if self.metrics_dir:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = self.metrics_dir
