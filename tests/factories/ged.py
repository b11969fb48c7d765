"""Rows and files of UCDP GED."""

import csv
import io

from app.codebooks.ucdp import GED_COLUMNS
from app.settings import PROJECT_ROOT

MADE_UP = PROJECT_ROOT / "tests" / "data" / "ged_made_up.csv"
SAMPLES = PROJECT_ROOT.parent / "shared" / "data"
GED_ROW = {
    "id": "999000010",
    "relid": "MADEUP-10",
    "year": "2014",
    "active_year": "1",
    "code_status": "Clear",
    "type_of_violence": "1",
    "conflict_dset_id": "7",
    "conflict_new_id": "8",
    "conflict_name": "Nowhere: Invented quarrel",
    "dyad_dset_id": "9",
    "dyad_new_id": "10",
    "dyad_name": "Army - Front",
    "side_a_dset_id": "11",
    "side_a_new_id": "12",
    "side_a": "Army",
    "side_b_dset_id": "13",
    "side_b_new_id": "14",
    "side_b": "Front",
    "number_of_sources": "1",
    "source_article": '"Imaginary Wire,2014-03-06,Shots near the mill"',
    "source_office": "Imaginary Wire",
    "source_date": "2014-03-06",
    "source_headline": "Shots near the mill",
    "source_original": "army",
    "where_prec": "1",
    "where_coordinates": "Mill village",
    "where_description": "near the mill",
    "adm_1": "Mill province",
    "adm_2": "Mill district",
    "latitude": "36.5",
    "longitude": "67.25",
    "geom_wkt": "POINT (67.25 36.5)",
    "priogrid_gid": "182655",
    "country": "Nowhere",
    "country_id": "700",
    "region": "Asia",
    "event_clarity": "1",
    "date_prec": "1",
    "date_start": "2014-03-05 00:00:00.000",
    "date_end": "2014-03-05 00:00:00.000",
    "deaths_a": "1",
    "deaths_b": "2",
    "deaths_civilians": "0",
    "deaths_unknown": "0",
    "best": "3",
    "high": "4",
    "low": "3",
    "gwnoa": "700",
    "gwnob": "",
}


def csv_bytes(rows: list[list[str]], end: str = "\n") -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows(rows)
    return text.getvalue().encode()


def ged_bytes(*rows: dict[str, str], columns: tuple[str, ...] = GED_COLUMNS, end: str = "\n") -> bytes:
    """A GED file of rows that differ from the plain one in the cells given."""
    return csv_bytes([list(columns), *([{**GED_ROW, **row}.get(name, "") for name in columns] for row in rows)], end)


COUNTRIES = ("Afghanistan", "Tajikistan", "Uzbekistan", "Pakistan", "India", "Nepal", "Iraq", "Syria")


def many_ged_rows(number: int) -> dict[str, str]:
    """One of the rows of an invented file: spread over places, actors, offices, days and numbers of deaths."""
    province, town, side, office = number % 40, number % 600, number % 150, number % 97
    country = COUNTRIES[-1] if number % 250 == 7 else COUNTRIES[province % 7]
    day = f"{1990 + number % 30}-{1 + number % 12:02}-{1 + number % 28:02}"
    return {
        "id": str(995_000_000 + number),
        "country": country,
        "country_id": str({"Afghanistan": 700, "Syria": 652}.get(country, 701 + province % 7)),
        "adm_1": f"Invented{province} province" if country != COUNTRIES[-1] else "Outlying province",
        "adm_2": f"Sample{town} district",
        "where_coordinates": f"Madeup{town} town",
        "where_prec": "1",
        "latitude": f"{10 + town * 0.05:.4f}",
        "longitude": f"{40 + (town * 7 % 600) * 0.05:.4f}",
        "side_a": f"Invented Front {side}",
        "side_a_new_id": str(980_000 + side),
        "side_b": f"Invented League {side // 2}",
        "side_b_new_id": str(970_000 + side // 2),
        "dyad_new_id": str(960_000 + side),
        "dyad_name": f"Invented Front {side} - Invented League {side // 2}",
        "number_of_sources": "1",
        "source_article": f'"Fable Times {office},{day},Quarrel number {number} in an invented town"',
        "source_office": f"Fable Times {office}",
        "source_date": day,
        "source_headline": f"Quarrel number {number} in an invented town",
        "date_start": day,
        "date_end": day,
        "date_prec": "1",
        "year": day[:4],
        "best": str(number % 40),
        "low": str(number % 40),
        "high": str(40 if number != 1234 else 9000),
    } | ({"best": "9000", "low": "9000"} if number == 1234 else {})
