"""The columns of both shapes, in the order in which ACLED publishes them: what each holds and how it is filtered."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, String, case, cast, func, literal_column

from app import models
from app.db.sql_functions import FoldedCell
from app.models.base import table_of
from app.query.compat.acled.filters import AcledColumn, CellType

event = table_of(models.AcledEvent)
removed = table_of(models.Tombstone)
timestamp = func.coalesce(event.c.timestamp, event.c.changed_at)

_VALUES: dict[str, ColumnElement[object]] = {
    "latitude": event.c.latitude_degrees,
    "longitude": event.c.longitude_degrees,
    "timestamp": timestamp,
}
"""Columns compared as numbers although the column of this name holds text."""
_IMPORTED_ID = "acled:"


def _acled_id(id_: ColumnElement[str]) -> ColumnElement[str]:
    """Print an id as ACLED's clients know it: of an imported event, ACLED's own."""
    return case((id_.startswith(_IMPORTED_ID), func.substr(id_, len(_IMPORTED_ID) + 1)), else_=id_)


def _column(name: str, kind: CellType, operator: str, description: str, example: str) -> AcledColumn:
    """Describe a column of events."""
    if name == "event_id_cnty":
        cell = _acled_id(event.c.id)
        return AcledColumn(name, kind, operator, description, example, cell, func.lower(cell))
    value = _VALUES.get(name, event.c[name])
    if kind in ("text", "country", "region", "side", "sides"):
        folded = FoldedCell(event.c.folded, literal_column(f"'{name}'"), value)
        return AcledColumn(name, kind, operator, description, example, value, folded)
    cell = event.c[name] if kind == "number" else cast(value, String)
    return AcledColumn(name, kind, operator, description, example, cell, value)


_EVENTS = (
    _column("event_id_cnty", "text", "LIKE", "The id of the event; a part is enough.", "kaldar"),
    _column(
        "event_date", "day", "=", "The day, or the middle of the days on which it may have happened.", "2021-06-29"
    ),
    _column("year", "year", "=", "The year of event_date.", "2021"),
    _column("time_precision", "whole", "=", "1 if the day is known, 2 if it is one of up to seven days, else 3.", "1"),
    _column(
        "disorder_type", "text", "LIKE", "Political violence, Demonstrations or Strategic developments.", "violence"
    ),
    _column("event_type", "text", "LIKE", "The counterpart of the category, as the vocabularies say.", "Battles"),
    _column("sub_event_type", "text", "LIKE", "The nearer counterpart, if there is one.", "Armed clash"),
    _column("actor1", "text", "LIKE", "Who acts: initiator, else gainer, mover, speaker, participant.", "taliban"),
    _column("assoc_actor_1", "text", "LIKE", "Who else is on the side of actor1.", "militia"),
    _column("inter1", "side", "=", "What kind of actor actor1 is; its old code is taken, too.", "Rebel group"),
    _column("actor2", "text", "LIKE", "Whom it befalls: target, else loser, or the other side.", "taliban"),
    _column("assoc_actor_2", "text", "LIKE", "Who else is on the side of actor2.", "government"),
    _column("inter2", "side", "=", "What kind of actor actor2 is; its old code is taken, too.", "State forces"),
    _column(
        "interaction", "sides", "=", "Both kinds; the old code of two digits is taken, too.", "State forces-Rebel group"
    ),
    _column("civilian_targeting", "text", "LIKE", "Civilian targeting, or empty; `%` finds what is empty, too.", "%"),
    _column("iso", "whole", "=", "ISO 3166-1 numeric code of the country; 0 for one that has none.", "4"),
    _column("region", "region", "=", "ACLED's region, by name or code.", "Caucasus and Central Asia"),
    _column("country", "country", "=", "ACLED's name of the country, or the ISO name.", "Afghanistan"),
    _column("admin1", "text", "LIKE", "The province.", "Balkh"),
    _column("admin2", "text", "LIKE", "The district.", "Kaldar"),
    _column("admin3", "text", "LIKE", "Empty unless imported from ACLED; `%` finds what is empty, too.", "%"),
    _column("location", "text", "LIKE", "The place.", "Kaldar"),
    _column("latitude", "number", "=", "Degrees; of the place, or of the nearest around it with a point.", "37.13249"),
    _column("longitude", "number", "=", "Degrees; see latitude.", "67.5269"),
    _column("geo_precision", "whole", "=", "1 if the place is exact, 2 if it is near it, else 3.", "1"),
    _column("source", "text", "LIKE", "Who said it first, and the outlets it came through.", "Ariana News"),
    _column("source_scale", "text", "LIKE", "Empty unless imported from ACLED; `%` finds what is empty, too.", "%"),
    _column(
        "notes", "text", "LIKE", "The summary of the event; ACLED's own notes of what was imported from it.", "district"
    ),
    _column("fatalities", "whole", "=", "Deaths: best, else low; 0 also where nobody says, as ACLED has it.", "0"),
    _column("tags", "text", "LIKE", "The status of the event, and the packs it is from.", "status=reported"),
    _column("timestamp", "moment", ">=", "When it last changed here: Unix seconds, or a day.", "2021-07-05"),
)
EVENT_COLUMNS = {column.name: column for column in _EVENTS}


def removal_columns(made_at: Mapping[int, int]) -> dict[str, AcledColumn]:
    """Describe the columns of removed events; `made_at` tells by revision when it was made, in Unix seconds."""
    id_ = _acled_id(removed.c.id)
    moment = case(dict(made_at), value=removed.c.revision) if made_at else removed.c.revision
    columns = (
        AcledColumn(
            "event_id_cnty", "text", "LIKE", "The id that the event had; a part is enough.", "%", id_, func.lower(id_)
        ),
        AcledColumn(
            "deleted_timestamp",
            "moment",
            ">=",
            "When it was removed: Unix seconds, or a day.",
            "2021-07-05",
            cast(moment, String),
            moment,
        ),
    )
    return {column.name: column for column in columns}


REMOVAL_COLUMNS = removal_columns({})
