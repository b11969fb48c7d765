"""Envelopes in the shape of other APIs."""

from typing import Any

from pydantic import Field

from app.schemas.base import ApiModel


class GedPage(ApiModel):
    """A page of UCDP's API. Follow NextPageUrl until it is empty."""

    TotalCount: int
    TotalPages: int
    PreviousPageUrl: str = Field(description="empty on the first page")
    NextPageUrl: str = Field(description="empty on the last page")
    Result: list[dict[str, Any]] = Field(description="rows with the 49 columns of UCDP GED")
