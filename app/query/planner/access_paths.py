"""Describe access paths: the index that SQLite starts from, and where a bounded first look stops."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement

from app.query.params.param import ListQuery
from app.query.predicates.forms import Predicate, SemiJoin

BY_PK = "pk"
"""Value in `Indexes.by_key`: access by rowid, without an index."""
LIST_SUBJECT = "joined"
"""Name of the list's own semi-join among the filters."""


@dataclass(frozen=True)
class AccessPath:
    """An index hint (`index`; empty: SQLite chooses) and how the rows are read from there.

    `driving_filter` is the parameter whose subquery yields the rows' keys. `ordered` paths yield rows in date order.
    The semi-joins of the filters in `materialised` run once, as subqueries; all others once per row.

    A path with a `fallback` is a bounded first look: at rows since `lookback_date`, or since the start of the
    `lookback_rows`-th latest row in the driving boxes. Run `fallback` if the look finds less than a page.
    """

    index: str = ""
    driving_filter: str | None = None
    ordered: bool = False
    materialised: frozenset[str] = frozenset()
    lookback_date: date | None = field(default=None, compare=False)
    lookback_rows: int = field(default=0, compare=False)
    fallback: "AccessPath | None" = field(default=None, compare=False)


UNHINTED = AccessPath()


@dataclass(frozen=True)
class Indexes:
    """The indexes of a table of events or claims, by purpose.

    With `current_only`, every index but `by_date_all_versions` is partial: only rows that meet this condition.
    """

    by_date: str
    """In date order: the default sort."""
    by_date_all_versions: str
    open_start: str
    """In date order, only rows without a start date."""
    imprecise: str
    """In date order, only rows with imprecise dates."""
    by_code: Mapping[str, str] = field(default_factory=dict)
    """Filter → index on its column, then in date order."""
    rare_codes: Mapping[str, tuple[str, Sequence[str]]] = field(default_factory=dict)
    """Filter → partial index of its rare codes, and these codes."""
    by_value: Mapping[str, str] = field(default_factory=dict)
    """Filter → index on its column alone."""
    by_key: Mapping[str, str] = field(default_factory=dict)
    """Column that semi-joins refer to → its index."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """Value that a row may lack (`Param.omits`) → index of the rows that lack it."""
    current_only: ColumnElement[bool] | None = None

    def needs_all_versions(self, query: ListQuery) -> bool:
        """Return whether the query reads past versions, which partial indexes lack."""
        return self.current_only is not None and query.get("known_by") is not None

    def path_of(self, name: str, value: Any, predicate: Predicate | None, query: ListQuery) -> AccessPath | None:
        """Return the path that starts from one filter; None if no index serves it."""
        if isinstance(predicate, SemiJoin):
            column: Any = predicate.column
            index = self.by_key.get(column.name) if column.table is query.table else None
            return AccessPath(index, driving_filter=name) if index else None
        if self.needs_all_versions(query):
            return None
        rare_index, rare_codes = self.rare_codes.get(name, ("", ()))
        if rare_index and set(value) <= set(rare_codes):
            return AccessPath(rare_index, ordered=True)
        if name in self.by_code:
            return AccessPath(self.by_code[name], ordered=len(value) == 1)
        return AccessPath(self.by_value[name]) if name in self.by_value else None
