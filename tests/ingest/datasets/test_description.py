"""A dataset is a description: a third one, made up here, is read and mapped by what the others share."""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from app.codebooks.countries import BY_ISO3
from app.ingest.acled_sides import ActorRelations
from app.ingest.datasets.core.acled_row_builder import AcledContext
from app.ingest.datasets.core.batch import ID_AT, ROW_AT, ImportContext
from app.ingest.datasets.core.cells import DateParser, parse_int
from app.ingest.datasets.core.dataset import Dataset
from app.ingest.datasets.core.dataset_events import DatasetClaim, DatasetEvent
from app.ingest.datasets.core.event_rows import RowBuilder
from app.ingest.datasets.core.files import CsvTable
from app.ingest.datasets.core.places import CountryCell, PlaceScheme, build_place
from app.ingest.datasets.core.reader import COORDINATE_LIMITS, Layout, Row, RowReader
from app.ingest.datasets.core.records import Rejected, RowWarning
from app.ingest.datasets.core.subprocess_reader import BatchReader, ImportJob
from app.models import GedEvent
from app.schemas.claims import ClaimRow
from app.schemas.events import CodedEventRow, EventRow
from app.schemas.reference import LocationRow

LAYOUT = Layout(
    columns=("number", "day", "who", "province", "town", "latitude", "longitude", "grade", "paper"),
    id_column="number",
    optional_columns=("paper",),
    extra_columns=(),
    required_cells=("number", "day"),
    integer_columns=("number", "grade"),
    limits=COORDINATE_LIMITS | {"grade": (1, 2)},
)
PLACES = PlaceScheme(
    prefix="mill",
    units=(("province", "province"),),
    name_column="town",
    location_precisions={1: "exact", 2: "province"},
    point_kinds={1: "exact", 2: "centroid"},
    area_precisions=(2,),
)


class MillRecord(NamedTuple):
    line: int
    id: int
    day: date
    cells: list[Any]
    warnings: list[RowWarning]


class MillReader(RowReader[MillRecord]):
    layout = LAYOUT

    def __init__(self, table: CsvTable) -> None:
        super().__init__(table)
        self.dates = DateParser(table, ("day",))

    def record(self, row: Row) -> MillRecord | None:
        day = row.parse("day", self.dates.parse)
        warnings = [] if row.text("who") else [RowWarning("who", "", "is missing")]
        return day and MillRecord(row.line, row.cell("number"), day, row.cells, warnings)


class MillRowBuilder(RowBuilder):
    def add(self, record: MillRecord) -> None:
        cell = dict(zip(LAYOUT.columns, record.cells, strict=True))
        document = self.source("mill", "Mill", "dataset")
        country = CountryCell("Afghanistan", BY_ISO3["AFG"])
        place = build_place(self, PLACES, cell, country, cell["grade"], (cell["latitude"], cell["longitude"]))
        actor = self.actor("mill-actor", 1, cell["who"] or "nobody named", "other")
        day = record.day.isoformat()
        event = DatasetEvent(
            id=f"mill:{record.id}", category="clash", title="A quarrel", summary="A quarrel at the mill.", place=place,
            precision=PLACES.location_precisions[cell["grade"]], actors=[(actor, "participant")], earliest=day,
            latest=day, document=document, printed_place=cell["town"],
        )  # fmt: skip
        row = f"row {record.id}"
        claims = [DatasetClaim(0, [document], day, False, "fact", row, "Nobody counted.", None)]
        if cell["paper"]:
            chain = [self.source("mill-paper:gazette", "Gazette", "outlet"), document]
            claims.append(DatasetClaim(1, chain, day, True, "reported", row, "Named.", None, origin=chain[0]))
        self.write(event, claims, "ged_event", (record.id,))


MILL = Dataset(
    id="mill",
    name="Mill",
    licence="CC0-1.0",
    citation="Mill",
    coverage_note="The miller's book.",
    read=MillReader.read,
    row_builder=MillRowBuilder,
    raw_table=GedEvent,
    event_id=lambda number: f"mill:{parse_int(str(number))}",
    version=lambda _files: None,
    id_prefix="mill-",
    warnings_file="nobody named",
)
FILE = """number,day,who,province,town,latitude,longitude,grade,paper
1,2021-07-04,Miller,Balkh,Mazar,36.7,67.1,1,Gazette
2,2021-07-05,,Balkh,Balkh,36.75,66.9,2,
x,2021-07-05,Miller,,,36.75,,3,
"""


def test_a_third_dataset_is_read_and_mapped_by_its_description(tmp_path: Path) -> None:
    path = tmp_path / "mill.csv"
    path.write_text(FILE, "utf-8")
    job = ImportJob(
        MILL,
        (path,),
        ImportContext("mill", 1, 1),
        actors={},
        locations={},
        batch_size=500,
        collect_references=False,
        kinds={},
        acled=AcledContext(changed_at=1, relations=ActorRelations()),
    )
    batch, *others = BatchReader(job, []).batches()
    assert others == []
    assert [rejected for _, rejected in batch.rejected] == [
        Rejected(4, "x", "number", "x", "is not a whole number"),
        Rejected(4, "x", "longitude", "", "is missing, the other coordinate is not"),
        Rejected(4, "x", "grade", "3", "is not between 1 and 2"),
    ]
    assert [(warning.id, warning.field) for _, warning in batch.warnings] == [("2", "who")]
    assert Counter({table: len(rows) for table, rows in batch.tables.items() if rows})["claim"] == 3
    assert [row[ID_AT] for row in batch.tables["location"]] == [
        "mill-country:afg",
        "mill-place:afg:balkh",
        "mill-place:afg:balkh:mazar@36.7_67.1:1",
        "mill-place:afg:balkh:balkh@36.75_66.9:2",
    ]
    assert batch.tables["location"][3][ROW_AT + 1] == "Balkh (centroid)"
    schemas = {"event": CodedEventRow, "claim": ClaimRow, "location": LocationRow}
    for table, schema in schemas.items():
        written = [row[ROW_AT] for row in batch.tables[table]]
        assert [schema.model_validate_json(row).model_dump_json() for row in written] == written
    versions = [EventRow.model_validate_json(row[-1]) for row in batch.tables["event_version"]]
    told_by = [(version.id, [origin.name for origin in version.corroboration.origins]) for version in versions]
    assert told_by == [("mill:1", ["Gazette"]), ("mill:2", [])]
