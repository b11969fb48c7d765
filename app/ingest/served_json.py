"""Write served rows as JSON, with fields and their order taken from the row models of `app.schemas`.

Packs validate each row with its model. Rows of datasets and versions of events follow from code, by the hundred
thousand; `compile_writer` turns a row model into one f-string, which takes a tenth of the time of validation.
"""

import types
from collections.abc import Callable, Collection, Iterable
from datetime import date
from enum import StrEnum
from json.encoder import encode_basestring
from typing import Annotated, Any, Protocol, Union, get_args, get_origin

from pydantic_core import to_json

from app.schemas.base import ApiModel, CodeRow, DateRangeRow, Ref
from app.schemas.claims import ClaimRow, FigureRow, PrintedRow
from app.schemas.events import (
    CodedEventRow,
    ControlChangeRow,
    CorroborationRow,
    EventActorRow,
    EventDateRow,
    EventLocationRow,
    EventRow,
    MovementRow,
    PublishedFigureRow,
)
from app.schemas.reference import ActorRow, LocationRow, SourceRow


class Writer(Protocol):
    """Return the JSON of a row, given its fields by name.

    Fields of plain types take values; fields that hold other rows, or lists, take their JSON.
    """

    def __call__(self, **fields: object) -> str:
        """Raise TypeError if a field is missing or unknown."""


def string_json(text: str | None) -> str:
    """Return a text, or null, as JSON."""
    return "null" if text is None else encode_basestring(text)


def any_json(value: object) -> str:
    """Return a plain value, or lists and mappings of such values, as JSON."""
    return to_json(value).decode()


def list_json(items: Iterable[str]) -> str:
    """Return the JSON of a list from the JSON of its items."""
    return f"[{','.join(items)}]"


def _date_json(day: date | str) -> str:
    return f'"{day}"'


_ENCODERS: dict[type, Callable[[Any], str]] = {
    str: encode_basestring,
    int: str,
    date: _date_json,
    bool: any_json,
    float: any_json,
}
"""Encoders by type; what is not listed is a row, or a list, and comes as JSON."""


def _plain_type(annotation: object) -> tuple[object, bool]:
    """Return the type below `Annotated` and `| None`, and whether it may be None."""
    if get_origin(annotation) is Annotated:
        return _plain_type(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not types.NoneType]
        return _plain_type(kinds[0])[0], len(kinds) < len(get_args(annotation))
    is_code = isinstance(annotation, type) and issubclass(annotation, StrEnum)
    return str if is_code else annotation, False


def _expression(name: str, annotation: object) -> tuple[str, Callable[[Any], str] | None]:
    """Return the expression that writes a field, and the encoder that it calls; rows and lists come as JSON."""
    kind, is_nullable = _plain_type(annotation)
    encoder = _ENCODERS.get(kind) if isinstance(kind, type) else None
    if encoder is None:
        return name, None
    call = name if encoder is str and not is_nullable else f"encode_{name}({name})"
    return f'"null" if {name} is None else {call}' if is_nullable else call, encoder


def compile_writer(model: type[ApiModel], *, encoded: Collection[str] = (), **constants: object) -> Writer:
    """Compile the writer of a row model.

    `encoded` are fields of plain types that come as JSON all the same, because several rows share them. `constants` are
    fields with one value in all rows. The source of the function is made of field names alone, and is evaluated once,
    as that of a named tuple is.
    """
    parts, encoders, names = [], {}, []
    for name, field in model.model_fields.items():
        key = f'"{field.serialization_alias or name}":'
        if name in constants:
            parts.append(key + to_json(constants[name]).decode().replace("{", "{{").replace("}", "}}"))
            continue
        names.append(name)
        expression, encoder = (name, None) if name in encoded else _expression(name, field.annotation)
        if encoder:
            encoders[f"encode_{name}"] = encoder
        parts.append(f"{key}{{{expression}}}")
    body = ",".join(parts)
    source = f"lambda *, {', '.join(names)}: f'{{{{{body}}}}}'"
    return eval(source, encoders)  # type: ignore[no-any-return]  # noqa: S307 - names of our own fields


ref_json = compile_writer(Ref)
code_json = compile_writer(CodeRow, version=None)
date_range_json = compile_writer(DateRangeRow)
event_date_json = compile_writer(EventDateRow)
event_actor_json = compile_writer(EventActorRow)
event_location_json = compile_writer(EventLocationRow)
published_json = compile_writer(PublishedFigureRow)
movement_json = compile_writer(MovementRow)
corroboration_json = compile_writer(CorroborationRow)
control_change_json = compile_writer(ControlChangeRow)
printed_json = compile_writer(PrintedRow)
figure_json = compile_writer(FigureRow)
claim_json = compile_writer(ClaimRow)
coded_event_json = compile_writer(CodedEventRow)
event_json = compile_writer(EventRow)
source_json = compile_writer(SourceRow)
actor_json = compile_writer(ActorRow)
location_json = compile_writer(LocationRow)
