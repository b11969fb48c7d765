"""Predicates on knowledge: the event versions and claims in view on a day (`known_by`), or now."""

from datetime import date

from sqlalchemy import ColumnElement, and_, literal_column

from app import models
from app.db.indexes import END_OF_TIME
from app.models.base import table_of
from app.query.params.param import ListQuery

event_version = table_of(models.EventVersion)
claim = table_of(models.Claim)

IS_CURRENT = event_version.c.known_until == literal_column(f"'{END_OF_TIME}'")
"""Match current event versions. A literal, because the condition of a partial index must be repeated word for word."""


def normalise_known_by(day: date, _query: ListQuery) -> date | None:
    """Return the day, or None for `END_OF_TIME`: everything known by then is what is known now."""
    return None if day == END_OF_TIME else day


def version_on(day: date | None) -> ColumnElement[bool]:
    """Match the one version of each event that was known on a day, or that is current."""
    if day is None or (isinstance(day, date) and day == END_OF_TIME):
        return IS_CURRENT
    return and_(event_version.c.known_from <= day, event_version.c.known_until > day)


def version_known_by(query: ListQuery) -> ColumnElement[bool]:
    """Match the one version of each event that was known by `known_by`, or that is current."""
    return version_on(query.get("known_by"))


def claims_known_by(query: ListQuery) -> ColumnElement[bool] | None:
    """Match claims reported up to `known_by`; None if the query does not ask for a day."""
    day: date | None = query.get("known_by")
    return None if day is None else claim.c.reported_on <= day
