"""The columns of the shape, in the order in which ACLED publishes them, and how each compares."""

from app.query.compat.acled.request import AcledColumn

_EVENTS = (
    AcledColumn("event_id_cnty", "text", "LIKE", "The id of the event; a part is enough.", "kaldar"),
    AcledColumn("event_date", "day", "=", "The first day on which it may have happened.", "2021-06-29"),
    AcledColumn("year", "year", "=", "The year of event_date.", "2021"),
    AcledColumn(
        "time_precision", "whole", "=", "1 if the day is known, 2 if it is one of up to seven days, else 3.", "1"
    ),
    AcledColumn(
        "disorder_type", "text", "LIKE", "Political violence, Demonstrations or Strategic developments.", "violence"
    ),
    AcledColumn("event_type", "text", "LIKE", "The counterpart of the category, as the vocabularies say.", "Battles"),
    AcledColumn("sub_event_type", "text", "LIKE", "The nearer counterpart, if there is one.", "Armed clash"),
    AcledColumn("actor1", "text", "LIKE", "Who acts: initiator, else gainer, mover, speaker, participant.", "taliban"),
    AcledColumn("assoc_actor_1", "text", "LIKE", "Who else is on the side of actor1.", "militia"),
    AcledColumn("inter1", "side", "=", "What kind of actor actor1 is; its old code is taken, too.", "Rebel group"),
    AcledColumn("actor2", "text", "LIKE", "Whom it befalls: target, else loser, or the other side.", "taliban"),
    AcledColumn("assoc_actor_2", "text", "LIKE", "Who else is on the side of actor2.", "government"),
    AcledColumn("inter2", "side", "=", "What kind of actor actor2 is; its old code is taken, too.", "State forces"),
    AcledColumn(
        "interaction", "sides", "=", "Both kinds; the old code of two digits is taken, too.", "State forces-Rebel group"
    ),
    AcledColumn(
        "civilian_targeting", "text", "LIKE", "Civilian targeting, or empty; `%` finds what is empty, too.", "%"
    ),
    AcledColumn("iso", "whole", "=", "ISO 3166-1 numeric code of the country; 0 for one that has none.", "4"),
    AcledColumn("region", "region", "=", "ACLED's region, by name or code.", "Caucasus and Central Asia"),
    AcledColumn("country", "country", "=", "ACLED's name of the country, or the ISO name.", "Afghanistan"),
    AcledColumn("admin1", "text", "LIKE", "The province.", "Balkh"),
    AcledColumn("admin2", "text", "LIKE", "The district.", "Kaldar"),
    AcledColumn("admin3", "text", "LIKE", "Empty unless imported from ACLED; `%` finds what is empty, too.", "%"),
    AcledColumn("location", "text", "LIKE", "The place.", "Kaldar"),
    AcledColumn(
        "latitude", "number", "=", "Degrees; of the place, or of the nearest around it with a point.", "37.229"
    ),
    AcledColumn("longitude", "number", "=", "Degrees; see latitude.", "67.428"),
    AcledColumn("geo_precision", "whole", "=", "1 if the place is exact, 2 if it is near it, else 3.", "1"),
    AcledColumn("source", "text", "LIKE", "Who said it first, and the outlets it came through.", "Ariana News"),
    AcledColumn("source_scale", "text", "LIKE", "Empty unless imported from ACLED; `%` finds what is empty, too.", "%"),
    AcledColumn(
        "notes", "text", "LIKE", "The summary of the event; ACLED's own notes of what was imported from it.", "district"
    ),
    AcledColumn("fatalities", "whole", "=", "Deaths: best, else low; 0 also where nobody says, as ACLED has it.", "0"),
    AcledColumn("tags", "text", "LIKE", "The status of the event, and the packs it is from.", "status=disputed"),
    AcledColumn("timestamp", "moment", ">=", "When it last changed here: Unix seconds, or a day.", "2021-07-05"),
)
EVENT_COLUMNS = {column.name: column for column in _EVENTS}
_REMOVALS = (
    AcledColumn("event_id_cnty", "text", "LIKE", "The id that the event had; a part is enough.", "%"),
    AcledColumn("deleted_timestamp", "moment", ">=", "When it was removed: Unix seconds, or a day.", "2021-07-05"),
)
REMOVAL_COLUMNS = {column.name: column for column in _REMOVALS}
