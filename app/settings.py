"""Everything that can be set from outside; the only place that touches the environment."""

import os
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

HOME = Path(__file__).resolve().parent.parent
"""Where `migrations/` and the packs that ship with Oxus lie: beside the package."""


class Settings(BaseSettings):
    """Refuses to start when a value is wrong; each is set by `OXUS_<NAME>` or an option of the command."""

    model_config = SettingsConfigDict(env_prefix="OXUS_", extra="ignore", frozen=True)

    database_url: str = Field("oxus.db", description="a file, or postgresql://user@host/name")
    seed_dir: Path = Field(HOME / "seed", description="the folder of packs to load")
    query_seconds: float = Field(10.0, gt=0, description="the longest that one read may take")
    export_seconds: float = Field(3600.0, gt=0, description="the longest that sending all rows may take")
    access_log: bool = Field(False, description="whether the server prints a line for each request")
    cache_mb: int = Field(64, ge=0, description="memory of one process for answers given before; 0 keeps none")
    fresh_seconds: float = Field(
        0.0, ge=0, description="how long a process may take a PostgreSQL database to be unchanged without asking it"
    )
    stop_seconds: int = Field(30, gt=0, description="how long requests may go on once the server is told to stop")
    exports: int = Field(4, gt=0, description="how many answers with all rows one process sends at a time")

    @field_validator("database_url")
    @classmethod
    def _known_kind(cls, url: str) -> str:
        scheme = url.partition("://")[0] if "://" in url else "sqlite"
        if scheme not in ("sqlite", "postgresql", "postgres"):
            raise ValueError(f"{scheme!r} is not a database Oxus runs on; use a file or postgresql://...")
        if not url.strip() or url.endswith(":memory:"):
            raise ValueError("name a file; a database in memory cannot be shared by readers and writer")
        return url

    def hand_down(self) -> None:
        """Let processes that this one starts find the same settings."""
        for name, value in self.model_dump(mode="json").items():
            os.environ[f"OXUS_{name.upper()}"] = str(value)
