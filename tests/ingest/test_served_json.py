"""Served JSON: compiled writers write rows as their schemas do."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, get_args, get_origin

import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from app.ingest.served_json import compile_writer, list_json, string_json
from app.schemas.base import ApiModel, Bounds, CodeRow, DateRangeRow, Ref
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
from app.schemas.reference import ActorRow, LocationRow, RelationRow, SourceRow

MODELS: tuple[type[ApiModel], ...] = (
    Bounds, CodeRow, DateRangeRow, Ref, ClaimRow, FigureRow, PrintedRow, CodedEventRow, ControlChangeRow,
    CorroborationRow, EventActorRow, EventDateRow, EventLocationRow, EventRow, MovementRow, PublishedFigureRow,
    ActorRow, LocationRow, RelationRow, SourceRow,
)  # fmt: skip
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ['"', "\\", "{x}", "%s", "\x7f"]
)
PLAIN: Mapping[Any, st.SearchStrategy[Any]] = {
    str: texts,
    int: st.integers(-(2**63), 2**63),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    date: st.dates(),
    type(None): st.none(),
}


def values(annotation: Any, metadata: tuple[Any, ...] = ()) -> st.SearchStrategy[Any]:
    """Draw values of a field's type; codes are those that its JSON schema lists."""
    listed = [
        schema["enum"] for item in metadata if (schema := getattr(item, "json_schema", None)) and "enum" in schema
    ]
    if listed:
        return st.sampled_from(listed[0])
    if annotation in PLAIN:
        return PLAIN[annotation]
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return st.sampled_from([*annotation])
    if isinstance(annotation, type) and issubclass(annotation, ApiModel):
        return rows(annotation)
    arguments = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return values(arguments[0], arguments[1:])
    if get_origin(annotation) is list:
        return st.lists(values(arguments[0]), max_size=3)
    if get_origin(annotation) is Literal:
        return st.sampled_from(arguments)
    return st.one_of(*(values(argument) for argument in arguments))


def rows(model: type[ApiModel]) -> st.SearchStrategy[ApiModel]:
    fields = {name: values(field.annotation, tuple(field.metadata)) for name, field in model.model_fields.items()}
    return st.builds(model, **fields)


def fragment(value: object) -> object:
    """Encode what a writer takes as JSON: other rows, and lists; plain values stay."""
    if isinstance(value, ApiModel):
        return written(value)
    if isinstance(value, list):
        return list_json(str(fragment(item)) if isinstance(item, ApiModel) else string_json(item) for item in value)
    return value


def holds_rows(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, ApiModel):
        return True
    return any(map(holds_rows, get_args(annotation)))


def written(row: ApiModel) -> str:
    fields = {name: fragment(getattr(row, name)) for name in type(row).model_fields}
    for name, field in type(row).model_fields.items():
        if fields[name] is None and holds_rows(field.annotation):
            fields[name] = "null"
    return compile_writer(type(row))(**fields)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@examples(60)
@given(data=st.data())
def test_a_compiled_writer_writes_a_row_as_its_schema_does(model: type[ApiModel], data: st.DataObject) -> None:
    row = data.draw(rows(model))
    assert written(row) == row.model_dump_json()


def test_constants_are_written_into_every_row() -> None:
    write = compile_writer(CodeRow, version="{1}")
    expected = CodeRow(scheme="a", version="{1}", code="b").model_dump_json()
    assert write(scheme="a", code="b") == expected


@pytest.mark.parametrize("fields", [{"id": "a"}, {"id": "a", "name": "b", "kind": "c"}])
def test_a_missing_or_unknown_field_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(TypeError):
        compile_writer(Ref)(**fields)
