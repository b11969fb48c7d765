"""Flat columns of rows: the columns of CSV and Parquet, and the properties of GeoJSON.

Names of nested fields are joined with `_` (`date_earliest`). A list of objects becomes one list per field, all in the
same order (`actors_id`, `actors_name`, `actors_role`). Deeper lists and objects without fixed fields stay JSON.
"""

import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from app.geo import LocatedPoint
from app.vocab import Code

JsonValue = Any
"""A value of a parsed JSON document."""
Document = Mapping[str, JsonValue]
"""A row as a parsed JSON object."""
Extractor = Callable[[Document, LocatedPoint | None], JsonValue]
"""Takes the value of a column out of a row and its point; None if either lacks it."""
ColumnType = Literal["text", "integer", "number", "boolean", "date", "json"]
COLUMN_TYPES: dict[object, ColumnType] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "boolean",
    date: "date",
}


@dataclass(frozen=True)
class Column:
    """One flat column: the path of its value in a row, its type, and whether it holds lists; points have no path."""

    name: str
    path: tuple[str, ...]
    column_type: ColumnType
    is_list: bool = False
    description: str | None = None

    @cached_property
    def extract(self) -> Extractor:
        """The extractor of this column, the fastest for its depth."""
        if len(self.path) == 1:
            return _getter(*self.path)
        if len(self.path) == 2:
            return _nested_getter(*self.path)
        if self.path:
            return partial(_get_deep, self.path)
        return partial(_point_value, self.name)


POINT_COLUMNS = (
    Column("longitude", (), "number", description="degrees on WGS 84; of the place, never moved"),
    Column("latitude", (), "number", description="degrees on WGS 84; of the place, never moved"),
    Column("point_kind", (), "text", description="how the point stands for the place"),
)
"""Columns of the point, added to rows that have no such fields themselves."""


def get_path(value: JsonValue, path: Sequence[str]) -> JsonValue:
    """Return the value at a path; of a list, a list of the values at the path in each item."""
    for at, name in enumerate(path):
        if value is None:
            return None
        if isinstance(value, list):
            return [get_path(item, path[at:]) for item in value]
        value = value.get(name)  # rows of the feed of changes lack some fields
    return value


def _get_deep(path: Sequence[str], row: Document, _point: LocatedPoint | None) -> JsonValue:
    return get_path(row, path)


def _getter(name: str) -> Extractor:
    return lambda row, _point: row.get(name)


def _nested_getter(outer: str, inner: str) -> Extractor:
    """Return the extractor of a path of two names, a case of its own because most columns have such a path."""

    def extract(row: Document, _point: LocatedPoint | None) -> JsonValue:
        value = row.get(outer)
        if value is None:
            return None
        return [item.get(inner) for item in value] if isinstance(value, list) else value.get(inner)

    return extract


def columns_of(model: type[BaseModel]) -> list[Column]:
    """Return the flat columns of a row model, in the order of its fields."""
    return list(_columns(model, (), in_list=False))


def _columns(model: type[BaseModel], above: tuple[str, ...], in_list: bool) -> Iterator[Column]:
    for name, info in model.model_fields.items():
        path = (*above, info.alias or name)
        inner, is_list = _unwrap_annotation(info.annotation)
        if isinstance(inner, type) and issubclass(inner, BaseModel) and not (in_list and is_list):
            yield from _columns(inner, path, in_list or is_list)
        else:
            kind: ColumnType = "json" if in_list and is_list else _column_type(inner)
            yield Column("_".join(path), path, kind, in_list or (is_list and kind != "json"), info.description)


def _column_type(annotation: object) -> ColumnType:
    """Return the column type of a field; codes are text."""
    if isinstance(annotation, type) and issubclass(annotation, Code):
        return "text"
    return COLUMN_TYPES.get(annotation, "json")


def _unwrap_annotation(annotation: object) -> tuple[object, bool]:
    """Return the annotation without `None` and `list`, and whether it was a list."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _unwrap_annotation(arguments[0])
    if origin in (Union, types.UnionType):
        return _unwrap_annotation(next(argument for argument in arguments if argument is not type(None)))
    if origin is list:
        return _unwrap_annotation(arguments[0])[0], True
    return annotation, False


def selected_columns(columns: Sequence[Column], fields: Sequence[str] | None, spatial: bool) -> list[Column]:
    """Return the columns of the fields asked for; for whole rows (None) also those of the point."""
    if fields is not None:
        return [column for column in columns if column.path[0] in fields]
    names = {column.name for column in columns}
    return [*columns, *(column for column in POINT_COLUMNS if spatial and column.name not in names)]


def values_of(row: Document, point: LocatedPoint | None, columns: Iterable[Column]) -> list[JsonValue]:
    """Return the value of each column in a row."""
    return [column.extract(row, point) for column in columns]


def _point_value(name: str, _row: Document, point: LocatedPoint | None) -> JsonValue:
    return None if point is None else getattr(point, name)
