"""Rows of figures, rendered from the claims that give them, so that each figure is stored once."""

from app.query.lists.definition import ChildRow
from app.schemas.analysis import FigureEntry
from app.schemas.base import Ref
from app.schemas.claims import WHOLE_DOCUMENT, ClaimRow


def figure_entries(claim_row: str) -> list[FigureEntry]:
    """Return the figures of a stored claim, in their order."""
    claim = ClaimRow.model_validate_json(claim_row)
    return [
        FigureEntry(
            **figure.model_dump(),
            id=f"{claim.id}-f{at + 1}",
            claim=Ref(id=claim.id, name=claim.locator or WHOLE_DOCUMENT),
            event=claim.event,
            stance=claim.stance,
            modality=claim.modality,
            origin=claim.origin,
            reported_on=claim.reported_on,
        )
        for at, figure in enumerate(claim.figures)
    ]


def render_figure(claim_row: str, figure: ChildRow) -> str:
    """Render the row of a figure from its claim's row; `figure` holds the columns of table `figure`."""
    return figure_entries(claim_row)[figure["position"]].model_dump_json()
