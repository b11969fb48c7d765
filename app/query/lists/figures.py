"""Figures as rows of their own: cut out of the claim that gives them, so that they are never told twice."""

from collections.abc import Mapping
from typing import Any

from app.schemas.analysis import FigureEntry
from app.schemas.claims import ClaimRow


def figure_entries(claim_row: str) -> list[FigureEntry]:
    """The figures of a stored claim."""
    claim = ClaimRow.model_validate_json(claim_row)
    return [
        FigureEntry(
            **figure.model_dump(),
            id=f"{claim.id}-f{at + 1}",
            claim=claim.id,
            event=claim.event,
            stance=claim.stance,
            modality=claim.modality,
            origin=claim.origin,
            reported_on=claim.reported_on,
        )
        for at, figure in enumerate(claim.figures)
    ]


def render_figure(claim_row: str, figure: Mapping[str, Any]) -> str:
    """The row of a figure, from its claim's row and its position there."""
    return str(figure_entries(claim_row)[figure["position"]].model_dump_json())
