"""The table of countries: its form, well-known entries, and every country that data at hand names."""

import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
import zstandard

from app.codebooks.countries import ACLED_REGIONS, BY_GWNO, BY_ISO3, COUNTRIES, NO_NUMERIC_CODE, UCDP_REGIONS, Country
from app.settings import PROJECT_ROOT

DATA = PROJECT_ROOT.parent / "shared" / "data"
GED_FILES = (
    pytest.param("ged_scale_385k_49col_semisynthetic.csv.zst", marks=pytest.mark.slow),  # it has 385,000 rows
    "ged_v23_1_sample1000.csv.gz",
    "hdx_conflict_data_bgd_v19.csv.gz",
    "hdx_conflict_data_phl_v22.csv.gz",
    "hdx_conflict_data_ukr_v19.csv.gz",
    "hdx_conflict_data_ukr_v20.csv.gz",
)
ACLED_FILES = ("acled_format_SYNTHETIC_3rows.csv", "acled_hdx2021_header_SYNTHETIC_1row.csv")
UCDP_NAMES = {
    "Bosnia-Herzegovina": "BIH",
    "DR Congo": "COD",
    "Kingdom of eSwatini": "SWZ",
    "Macedonia, FYR": "MKD",
}
"""What UCDP calls a country, before its bracket, where this is neither its name nor ACLED's."""

GONE = {"CSK", "DDR", "SCG", "SUN", "YMD", "YUG"}
COUNTED_ELSEWHERE = {"HKG": "CHN", "MAC": "CHN", "ESH": "MAR"}


def repeated(values: list[int] | list[str]) -> set[int | str]:
    return {value for value, times in Counter(values).items() if times > 1}


# The form.


def test_the_table_has_the_249_of_iso_two_user_assigned_codes_and_six_states_that_are_gone() -> None:
    assert len(COUNTRIES) == 249 + 2 + 6
    assert {country.iso3 for country in COUNTRIES if country.numeric == NO_NUMERIC_CODE} == {"XAD", "XKX"}
    assert BY_ISO3.keys() >= GONE


def test_served_codes_and_names_are_those_of_the_release_whatever_pycountry_says() -> None:
    """ISO names come from a package, and countries it names anew would be renamed in answers: decide that here."""
    served = repr([(country.iso3, country.numeric, country.name) for country in COUNTRIES])
    assert sha256(served.encode()).hexdigest() == "8366de04bc47c113057c19351321c6ee33ce7fad8fbc4d22ecab24e27e00eaab"


def test_entries_are_sorted_by_alpha_3() -> None:
    codes = [country.iso3 for country in COUNTRIES]
    assert codes == sorted(codes)


def test_no_code_number_or_name_is_given_twice() -> None:
    assert repeated([country.iso3 for country in COUNTRIES]) == set()
    assert repeated([country.numeric for country in COUNTRIES]) == {NO_NUMERIC_CODE}
    assert repeated([country.name for country in COUNTRIES]) == set()
    assert repeated([number for country in COUNTRIES for number in country.gwno]) == set()


def test_acled_prints_one_name_for_two_entries_only_where_it_counts_one_to_the_other() -> None:
    assert repeated([country.acled_name for country in COUNTRIES]) == {"China", "Morocco"}
    for territory, host in COUNTED_ELSEWHERE.items():
        assert BY_ISO3[territory].acled_name == BY_ISO3[host].acled_name


def assert_well_formed(country: Country) -> None:
    assert len(country.iso3) == 3
    assert country.iso3.isascii()
    assert country.iso3.isalpha()
    assert country.iso3.isupper()
    assert 0 <= country.numeric <= 999
    assert country.name == country.name.strip() != ""
    assert country.acled_name == country.acled_name.strip() != ""
    assert country.acled_name.isascii()
    assert ACLED_REGIONS[country.acled_region] == country.acled_region_code
    assert country.ucdp_region in UCDP_REGIONS or (country.ucdp_region, country.acled_region) == ("", "Antarctica")


def test_every_entry_is_well_formed() -> None:
    for country in COUNTRIES:
        assert_well_formed(country)


def test_regions_are_all_in_use_and_have_the_codes_of_the_api() -> None:
    assert {country.acled_region for country in COUNTRIES} == ACLED_REGIONS.keys()
    assert list(ACLED_REGIONS.values()) == [1, 2, 3, 4, 5, 7, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]
    assert {country.ucdp_region for country in COUNTRIES} == {*UCDP_REGIONS, ""}


def test_both_look_ups_find_every_entry() -> None:
    assert list(BY_ISO3.values()) == list(COUNTRIES)
    assert {number: country.iso3 for number, country in BY_GWNO.items()} == {
        number: country.iso3 for country in COUNTRIES for number in country.gwno
    }


# Known facts.


@pytest.mark.parametrize(
    ("first", "last", "region"),
    [
        (2, 199, "Americas"),
        (200, 399, "Europe"),
        (400, 626, "Africa"),
        (630, 699, "Middle East"),
        (700, 999, "Asia"),
    ],
)
def test_ucdp_draws_its_regions_by_number(first: int, last: int, region: str) -> None:
    within = {country.ucdp_region for number, country in BY_GWNO.items() if first <= number <= last}
    assert within == {region}
    outside = {country.ucdp_region for number, country in BY_GWNO.items() if not first <= number <= last}
    assert region not in outside


@pytest.mark.parametrize(
    ("iso3", "numeric", "gwno", "acled_name", "acled_region", "code", "ucdp_region"),
    [
        ("AFG", 4, (700,), "Afghanistan", "Caucasus and Central Asia", 13, "Asia"),
        ("AZE", 31, (373,), "Azerbaijan", "Caucasus and Central Asia", 13, "Europe"),
        ("CIV", 384, (437,), "Ivory Coast", "Western Africa", 1, "Africa"),
        ("COD", 180, (490,), "Democratic Republic of Congo", "Middle Africa", 2, "Africa"),
        ("COG", 178, (484,), "Republic of Congo", "Middle Africa", 2, "Africa"),
        ("CZE", 203, (316,), "Czech Republic", "Europe", 12, "Europe"),
        ("DEU", 276, (260, 255), "Germany", "Europe", 12, "Europe"),
        ("EGY", 818, (651,), "Egypt", "Northern Africa", 5, "Middle East"),
        ("GRL", 304, (), "Greenland", "North America", 18, "Americas"),
        ("HKG", 344, (), "China", "East Asia", 17, "Asia"),
        ("MMR", 104, (775,), "Myanmar", "Southeast Asia", 9, "Asia"),
        ("PAK", 586, (770,), "Pakistan", "South Asia", 7, "Asia"),
        ("PRI", 630, (), "Puerto Rico", "Caribbean", 16, "Americas"),
        ("PSE", 275, (), "Palestine", "Middle East", 11, "Middle East"),
        ("REU", 638, (), "Reunion", "Eastern Africa", 3, "Africa"),
        ("RUS", 643, (365,), "Russia", "Europe", 12, "Europe"),
        ("SRB", 688, (345, 340), "Serbia", "Europe", 12, "Europe"),
        ("SWZ", 748, (572,), "eSwatini", "Southern Africa", 4, "Africa"),
        ("TJK", 762, (702,), "Tajikistan", "Caucasus and Central Asia", 13, "Asia"),
        ("TUR", 792, (640,), "Turkey", "Middle East", 11, "Middle East"),
        ("TWN", 158, (713,), "Taiwan", "East Asia", 17, "Asia"),
        ("XKX", 0, (347,), "Kosovo", "Europe", 12, "Europe"),
        ("YEM", 887, (678,), "Yemen", "Middle East", 11, "Middle East"),
    ],
)
def test_known_countries_have_their_codes(
    iso3: str,
    numeric: int,
    gwno: tuple[int, ...],
    acled_name: str,
    acled_region: str,
    code: int,
    ucdp_region: str,
) -> None:
    country = BY_ISO3[iso3]
    assert (country.numeric, country.gwno, country.acled_name) == (numeric, gwno, acled_name)
    assert (country.acled_region, country.acled_region_code) == (acled_region, code)
    assert country.ucdp_region == ucdp_region


@pytest.mark.parametrize(
    ("number", "iso3"),
    [
        (255, "DEU"),
        (265, "DDR"),
        (315, "CSK"),
        (340, "SRB"),
        (345, "SRB"),
        (365, "RUS"),
        (511, "TZA"),
        (530, "ETH"),
        (531, "ERI"),
        (678, "YEM"),
        (680, "YMD"),
        (711, "CHN"),
        (751, "IND"),
        (816, "VNM"),
        (817, "VNM"),
    ],
)
def test_the_numbers_of_former_states_stand_with_one_entry(number: int, iso3: str) -> None:
    assert BY_GWNO[number].iso3 == iso3


# The data at hand, which are no part of the repository.


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV file, plain or packed; the line of tags that HDX adds below the names is left out."""
    with path.open("rb") as raw:
        stream = {
            ".zst": lambda: zstandard.ZstdDecompressor().stream_reader(raw),
            ".gz": lambda: gzip.GzipFile(fileobj=raw),
            ".csv": lambda: raw,
        }[path.suffix]()
        with io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as text:
            yield from (row for row in csv.DictReader(text) if not row["country"].startswith("#"))


def at_hand(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the data are not at hand: ../shared/data/{name} is missing")
    return path


@pytest.mark.parametrize("name", GED_FILES)
def test_every_country_of_ucdp_data_at_hand_is_found_by_its_number(name: str) -> None:
    places: set[tuple[str, str, str, str]] = set()
    sides: set[str] = set()
    for row in rows(at_hand(name)):
        if row["country_id"]:
            places.add((row["country_id"], row["country"], row["region"], row.get("iso3", "")))
        for side in (row["gwnoa"], row["gwnob"]):
            sides.update(number.strip() for number in side.replace(";", ",").split(",") if number.strip())
    assert places
    assert sides
    assert {number for number in sides if int(float(number)) not in BY_GWNO} == set()
    for number, printed, region, iso3 in sorted(places):
        country = BY_GWNO[int(number)]
        known = printed.split(" (")[0]
        assert country.ucdp_region == region, printed
        assert known in (country.name, country.acled_name) or UCDP_NAMES.get(known) == country.iso3, printed
        assert iso3 in ("", country.iso3), printed


@pytest.mark.parametrize("name", ACLED_FILES)
def test_every_country_of_acled_data_at_hand_has_its_name_number_and_region(name: str) -> None:
    places = {(row["country"], int(row["iso"]), row["region"]) for row in rows(at_hand(name))}
    assert places
    assert places <= {(country.acled_name, country.numeric, country.acled_region) for country in COUNTRIES}
