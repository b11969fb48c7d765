"""Read rows of a dataset: pick columns, parse cells, collect errors. A dataset adds a layout and `record`."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from app.ingest.datasets.core.cells import parse_degrees, parse_int
from app.ingest.datasets.core.files import CsvTable
from app.ingest.datasets.core.records import MAX_REPORTED_CHARS, DatasetRecord, Rejected, RowWarning
from app.names import FORBIDDEN_IN_PROSE, forbidden_character, is_invisible, without_forbidden

ISO3_COLUMN = "iso3"
"""Column with the letters of the country that copies on HDX and older exports add."""
COORDINATE_LIMITS = {"latitude": (-90, 90), "longitude": (-180, 180)}
MAX_FAST_DIGITS = 9
"""Digits of a number that is below `cells.MAX_INT32` without a look at its value."""

CellParser = Callable[[str], int | float | str]
Cell = Any
"""Parsed cell: a text, a number, or None if it is empty; its column tells which."""
RecordT = TypeVar("RecordT", bound=DatasetRecord)
ValueT = TypeVar("ValueT")


@dataclass(frozen=True)
class Layout:
    """Columns of a dataset's files, and the rules for single cells.

    Every dataset with coordinates calls them `latitude` and `longitude`.
    """

    columns: tuple[str, ...]
    """Published columns in their published order, in which the cells are stored."""
    id_column: str
    optional_columns: tuple[str, ...]
    """Columns that some layouts lack. A file without one of the others was cut; reading it would empty stored cells."""
    extra_columns: tuple[str, ...]
    """Columns of some layouts that are not stored; of these only iso3 is read."""
    required_cells: tuple[str, ...]
    """Columns in which no cell may be empty."""
    integer_columns: tuple[str, ...]
    limits: Mapping[str, tuple[int, int]]
    """Lowest and highest value by column."""
    integer_parsers: Mapping[str, CellParser] = field(default_factory=dict)
    """Parsers of integer columns that hold other things as well."""
    prose_columns: tuple[str, ...] = ()
    """Columns of free text, in which tabs and ends of lines may stand. All other texts are names and codes."""
    max_chars: Mapping[str, int] = field(default_factory=dict)
    """Longest text by column, in characters."""

    @cached_property
    def index(self) -> dict[str, int]:
        """Position of each column."""
        return {name: at for at, name in enumerate(self.columns)}

    @property
    def required_columns(self) -> tuple[str, ...]:
        """Columns that every layout has."""
        return tuple(name for name in self.columns if name not in self.optional_columns)

    def unknown_columns(self, table: CsvTable) -> list[str]:
        """Return the columns of a file that no published layout has; nothing is read from them."""
        return [name for name in table.columns if name and name not in self.index and name not in self.extra_columns]


@dataclass(slots=True)
class Row:
    """One row while it is parsed."""

    layout: Layout
    line: int
    texts: tuple[str, ...]
    """Cells as printed, in the order of the layout's columns."""
    cells: list[Cell]
    iso3: str
    errors: list[tuple[str, str]] = field(default_factory=list)
    """Columns with faults, each with its reason."""
    warnings: list[RowWarning] = field(default_factory=list)
    """Warnings about characters that were left out."""

    def text(self, name: str) -> str:
        """Return a cell as printed; a cell of blanks alone is empty."""
        text = self.texts[self.layout.index[name]]
        return "" if text.isspace() else text

    def cell(self, name: str) -> Cell:
        """Return a parsed cell."""
        return self.cells[self.layout.index[name]]

    def parse(self, name: str, parser: Callable[[str], ValueT]) -> ValueT | None:
        """Parse one cell; None if it is empty, or refused, which becomes an error of the row."""
        text = self.cell(name)
        try:
            return None if text is None else parser(text)
        except ValueError as error:
            self.errors.append((name, str(error)))
            return None

    def rejections(self) -> list[Rejected]:
        """Return the reasons against the row, in the order of its columns."""
        most, index = MAX_REPORTED_CHARS, self.layout.index
        id_ = self.texts[index[self.layout.id_column]][:most]
        errors = sorted(self.errors, key=lambda error: index[error[0]])
        return [Rejected(self.line, id_, name, self.texts[index[name]][:most], reason) for name, reason in errors]


def _picker(positions: Sequence[int]) -> Callable[[Sequence[Cell]], tuple[Cell, ...]]:
    """Return a function that picks cells at these positions; `itemgetter` of one position returns no tuple."""
    return itemgetter(*positions) if len(positions) > 1 else lambda cells: tuple(cells[at] for at in positions)


class RowReader(ABC, Generic[RecordT]):
    """Reader of the rows of one file."""

    layout: ClassVar[Layout]

    def __init__(self, table: CsvTable) -> None:
        layout = self.layout
        table.require_columns(layout.required_columns)
        self.table = table
        at = layout.index
        self.missing_columns = [name for name in layout.optional_columns if name not in table.columns]
        self._texts_of = table.column_getter(layout.columns)
        self._id_at = table.columns.index(layout.id_column)
        self._prose = {at[name] for name in layout.prose_columns}
        self._pick_names = _picker([at[name] for name in layout.columns if name not in layout.prose_columns])
        self._iso3_at = table.columns.index(ISO3_COLUMN) if ISO3_COLUMN in table.columns else None
        self._required = [(at[name], name) for name in layout.required_cells]
        self._pick_required = _picker([at[name] for name in layout.required_cells])
        self._max_chars = [(at[name], name, most) for name, most in layout.max_chars.items()]
        self._integers = [(at[name], layout.integer_parsers.get(name, parse_int)) for name in layout.integer_columns]
        self._pick_integers = _picker([at[name] for name in layout.integer_columns])
        self._limits = [(at[name], name, *limits) for name, limits in layout.limits.items()]
        self._coordinates = at["latitude"], at["longitude"]

    @abstractmethod
    def record(self, row: Row) -> RecordT | None:
        """Return the record of a row whose numbers are parsed; None, or errors added to the row, reject it."""

    @classmethod
    def read(cls, table: CsvTable) -> Iterator[RecordT | Rejected]:
        """Yield every row of an open file. Raises UnreadableFileError at once if the file lacks columns."""
        return cls(table)._rows()

    @classmethod
    def records(cls, path: Path) -> Iterator[RecordT | Rejected]:
        """Yield every row of a file, in its order. Raises UnreadableFileError if it cannot be read as this dataset."""
        with CsvTable(path) as table:
            yield from cls.read(table)

    def _rows(self) -> Iterator[RecordT | Rejected]:
        for line, cells, problem in self.table.rows():
            if problem is not None:
                # A row with too few cells may end before its id.
                id_ = cells[self._id_at][:MAX_REPORTED_CHARS] if len(cells) > self._id_at else ""
                yield Rejected(line, id_, "", "", problem)
                continue
            row = self._parse(line, cells)
            record = self.record(row)
            if record is None or row.errors:
                yield from row.rejections()
            else:
                yield record

    def _parse(self, line: int, printed: list[str]) -> Row:
        texts = self._texts_of(printed)
        warnings: list[RowWarning] = []
        if self._is_odd(texts):
            texts, warnings = self._clean(texts)
        cells: list[Cell] = [None if not text or text.isspace() else text for text in texts]
        iso3 = "" if self._iso3_at is None else printed[self._iso3_at]
        row = Row(self.layout, line, texts, cells, iso3, warnings=warnings)
        self._check_texts(row)
        self._parse_integers(row)
        for at in self._coordinates:
            cells[at] = row.parse(self.layout.columns[at], parse_degrees)
        for at, name, low, high in self._limits:
            number = cells[at]
            if number is not None and not low <= number <= high:
                row.errors.append((name, f"is not between {low} and {high}"))
        return row

    def _is_odd(self, texts: tuple[str, ...]) -> bool:
        """Return whether cells may hold what `_clean` leaves out; most rows are judged as a whole, which is quick."""
        joined = "".join(texts)
        is_printable = joined.isprintable()
        if is_printable and joined.isascii():
            return False
        names = self._pick_names(texts)
        if not is_printable and (FORBIDDEN_IN_PROSE.search(joined) or not "".join(names).isprintable()):
            return True
        return any(is_invisible(name) for name in names if not name.isascii())

    def _clean(self, texts: tuple[str, ...]) -> tuple[tuple[str, ...], list[RowWarning]]:
        """Return cells without what no question may hold, and a warning for each that had it.

        A name of which nothing is seen is empty. Ids stay as they are: an odd one is refused when it is parsed.
        """
        cleaned, warnings = list(texts), []
        for at, (name, text) in enumerate(zip(self.layout.columns, texts, strict=True)):
            is_prose = at in self._prose
            if (text.isascii() and text.isprintable()) or text.isspace() or name == self.layout.id_column:
                continue
            found = forbidden_character(text, prose=is_prose)
            if found:
                cleaned[at] = without_forbidden(text, prose=is_prose)
                warnings.append(RowWarning(name, text, f"holds {found}, which no question may hold: it was left out"))
            if not is_prose and is_invisible(cleaned[at]):
                cleaned[at] = ""
                warnings.append(RowWarning(name, text, "holds nothing that is seen: it counts as empty"))
        return tuple(cleaned), warnings

    def _check_texts(self, row: Row) -> None:
        cells = row.cells
        if None in self._pick_required(cells):
            row.errors += [(name, "is missing") for at, name in self._required if cells[at] is None]
        for at, name, most in self._max_chars:
            if cells[at] is not None and len(cells[at]) > most:
                row.errors.append((name, f"is longer than {most} characters"))
        latitude, longitude = self._coordinates
        if (cells[latitude] is None) != (cells[longitude] is None):
            missing = "latitude" if cells[latitude] is None else "longitude"
            row.errors.append((missing, "is missing, the other coordinate is not"))

    def _parse_integers(self, row: Row) -> None:
        """Parse integer columns; where all are short runs of digits, as in most rows, without a look at each."""
        texts, cells = self._pick_integers(row.texts), row.cells
        joined = "".join(texts)
        if joined.isdecimal() and joined.isascii() and max(map(len, texts)) <= MAX_FAST_DIGITS:
            for (at, _), text in zip(self._integers, texts):  # noqa: B905 - once for each row
                if text:
                    cells[at] = int(text)
            return
        for (at, parser), text in zip(self._integers, texts, strict=True):
            if text.isdecimal() and text.isascii() and len(text) <= MAX_FAST_DIGITS:
                cells[at] = int(text)
            else:
                cells[at] = row.parse(self.layout.columns[at], parser)
