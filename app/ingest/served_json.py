"""Write served rows as JSON, with fields and their order taken from the row models of `app.schemas`.

Packs validate each row with its model. Rows of datasets and versions of events follow from code, by the hundred
thousand; `compile_writer` turns a row model into one f-string, which takes a tenth of the time of validation.
"""

import types
from collections.abc import Callable, Iterable
from datetime import date
from enum import StrEnum
from json.encoder import encode_basestring
from typing import Annotated, Any, Protocol, Union, get_args, get_origin

from pydantic_core import to_json

from app.schemas.base import ApiModel, Bounds, CodeRow, DateRangeRow, Ref
from app.schemas.claims import ClaimRow, FigureRow, PrintedRow
from app.schemas.events import (
    CodedEventRow,
    ControlChangeRow,
    CorroborationRow,
    EventActorRow,
    EventDateRow,
    EventRow,
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


def _integer_json(number: int | None) -> str:
    return "null" if number is None else str(number)


def _date_json(day: date | str | None) -> str:
    return "null" if day is None else f'"{day}"'


_ENCODERS: dict[type, Callable[[Any], str]] = {
    str: string_json,
    int: _integer_json,
    date: _date_json,
    bool: any_json,
    float: any_json,
}
"""Encoders by type; what is not listed is a row, or a list, and comes as JSON."""


def _plain_type(annotation: Any) -> Any:
    """Return the type below `Annotated` and `| None`."""
    if get_origin(annotation) is Annotated:
        return _plain_type(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return _plain_type(next(kind for kind in get_args(annotation) if kind is not types.NoneType))
    return str if isinstance(annotation, type) and issubclass(annotation, StrEnum) else annotation


def compile_writer(model: type[ApiModel], **constants: object) -> Writer:
    """Compile the writer of a row model; `constants` are fields with one value in all rows.

    The source of the function is made of field names alone, and is evaluated once, as that of a named tuple is.
    """
    parts, encoders, names = [], {}, []
    for name, field in model.model_fields.items():
        key = f'"{field.serialization_alias or name}":'
        if name in constants:
            parts.append(key + to_json(constants[name]).decode().replace("{", "{{").replace("}", "}}"))
            continue
        names.append(name)
        encoder = _ENCODERS.get(_plain_type(field.annotation))
        if encoder:
            encoders[f"encode_{name}"] = encoder
        parts.append(f"{key}{{encode_{name}({name})}}" if encoder else f"{key}{{{name}}}")
    body = ",".join(parts)
    source = f"lambda *, {', '.join(names)}: f'{{{{{body}}}}}'"
    return eval(source, encoders)  # type: ignore[no-any-return]  # noqa: S307 - names of our own fields


ref_json = compile_writer(Ref)
code_json = compile_writer(CodeRow, version=None)
bounds_json = compile_writer(Bounds)
date_range_json = compile_writer(DateRangeRow)
event_date_json = compile_writer(EventDateRow)
event_actor_json = compile_writer(EventActorRow)
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
