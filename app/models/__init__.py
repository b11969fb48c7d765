"""The tables. Importing this package registers all of them on `METADATA`."""

from app.db.indexes import END_OF_TIME
from app.models.actors import Actor, ActorAncestor, ActorCode, ActorName, ActorRelation
from app.models.base import METADATA
from app.models.claims import Claim, ClaimHop, Figure
from app.models.datasets import AcledEvent, GedEvent
from app.models.events import ControlChange, Event, EventActor, EventDistinction, EventLocation, EventVersion, Movement
from app.models.locations import Location, LocationAncestor, LocationCode, LocationCover, LocationName
from app.models.packs import Pack, Revision, Tombstone
from app.models.sources import Source, SourceName

# Foreign keys are checked at commit, so that a load may write its rows in any order.
for _table in METADATA.tables.values():
    for _key in _table.foreign_key_constraints:
        _key.deferrable, _key.initially = True, "DEFERRED"

__all__ = [
    "END_OF_TIME",
    "METADATA",
    "AcledEvent",
    "Actor",
    "ActorAncestor",
    "ActorCode",
    "ActorName",
    "ActorRelation",
    "Claim",
    "ClaimHop",
    "ControlChange",
    "Event",
    "EventActor",
    "EventDistinction",
    "EventLocation",
    "EventVersion",
    "Figure",
    "GedEvent",
    "Location",
    "LocationAncestor",
    "LocationCode",
    "LocationCover",
    "LocationName",
    "Movement",
    "Pack",
    "Revision",
    "Source",
    "SourceName",
    "Tombstone",
]
