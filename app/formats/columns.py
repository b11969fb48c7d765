"""Rows flattened: the columns of CSV and Parquet, the properties of GeoJSON.

Names of nested fields are joined with `_` (`date_earliest`). A list of objects becomes one list per field of theirs,
all in the same order (`actors_id`, `actors_name`, `actors_role`). What lies deeper, or has no fixed fields, stays JSON.
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

ColumnType = Literal["text", "integer", "number", "boolean", "date", "json"]
COLUMN_TYPES: dict[Any, ColumnType] = {str: "text", int: "integer", float: "number", bool: "boolean", date: "date"}


@dataclass(frozen=True)
class Column:
    """One flat column: where its value lies in a row, what kind it is, and whether it is a list of such values."""

    name: str
    path: tuple[str, ...]
    column_type: ColumnType
    is_list: bool = False
    description: str | None = None

    @cached_property
    def extract(self) -> Callable[[Mapping[str, Any], LocatedPoint | None], Any]:
        """What takes the value out of a row and its spot; None where the row, or what holds the value, has none."""
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
"""Where a row lies, for rows that do not say it themselves."""


def get_path(value: Any, path: Sequence[str]) -> Any:
    """What lies in a value by these names; of a list, what lies in each of its items."""
    for at, name in enumerate(path):
        if value is None:
            return None
        if isinstance(value, list):
            return [get_path(item, path[at:]) for item in value]
        value = value.get(name)  # the feed of changes leaves out what a row has none of
    return value


def _get_deep(path: Sequence[str], row: Mapping[str, Any], _spot: LocatedPoint | None) -> Any:
    return get_path(row, path)


def _getter(name: str) -> Callable[[Mapping[str, Any], LocatedPoint | None], Any]:
    return lambda row, _spot: row.get(name)


def _nested_getter(outer: str, inner: str) -> Callable[[Mapping[str, Any], LocatedPoint | None], Any]:
    """What takes out a value within a value: most columns are that, and exports have millions of them."""

    def read(row: Mapping[str, Any], _spot: LocatedPoint | None) -> Any:
        value = row.get(outer)
        if value is None:
            return None
        return [item.get(inner) for item in value] if isinstance(value, list) else value.get(inner)

    return read


def columns_of(model: type[BaseModel]) -> list[Column]:
    """The columns of rows of this shape, in the order of its fields."""
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


def _column_type(annotation: Any) -> ColumnType:
    """Return the column type of a field; codes are text."""
    if isinstance(annotation, type) and issubclass(annotation, Code):
        return "text"
    return COLUMN_TYPES.get(annotation, "json")


def _unwrap_annotation(annotation: Any) -> tuple[Any, bool]:
    """A type without what may be null and without its list, and whether it was a list."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _unwrap_annotation(arguments[0])
    if origin in (Union, types.UnionType):
        return _unwrap_annotation(next(argument for argument in arguments if argument is not type(None)))
    if origin is list:
        return _unwrap_annotation(arguments[0])[0], True
    return annotation, False


def selected_columns(columns: Sequence[Column], fields: Sequence[str] | None, spatial: bool) -> list[Column]:
    """The columns of the fields that were asked for; of a whole row, also where it lies."""
    if fields is not None:
        return [column for column in columns if column.path[0] in fields]
    names = {column.name for column in columns}
    return [*columns, *(column for column in POINT_COLUMNS if spatial and column.name not in names)]


def values_of(row: Mapping[str, Any], point: LocatedPoint | None, columns: Iterable[Column]) -> list[Any]:
    """The value of each column."""
    return [column.extract(row, point) for column in columns]


def _point_value(name: str, _row: Mapping[str, Any], point: LocatedPoint | None) -> Any:
    return None if point is None else getattr(point, name)
