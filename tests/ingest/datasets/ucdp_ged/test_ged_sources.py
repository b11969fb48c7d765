"""Sources of UCDP GED, and the real samples, whose sources are counted."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice

import pytest
from factories.ged import SAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st

from app.ingest.datasets.ucdp_ged.reader import GedReader, GedRecord
from app.ingest.datasets.ucdp_ged.sources import GedSource, first_hop, parse_sources
from ingest.datasets.ucdp_ged.ged_files import cells_of, quick
from ingest.datasets.ucdp_ged.ged_files import zstandard as zstandard

# --- sources -----------------------------------------------------------------------------------------------------


def parsed(*cells: str | None) -> list[tuple[str | None, str | None, str | None]]:
    return [(s.office, str(s.published_on) if s.published_on else None, s.headline) for s in parse_sources(*cells)]


@pytest.mark.parametrize(
    ("article", "expected"),
    [
        ('"Wire,2017-01-30,Headline with, commas";"Fable Times,2017-01-31,Another"',
         [("Wire", "2017-01-30", "Headline with, commas"), ("Fable Times", "2017-01-31", "Another")]),
        ('"Fable Times ,2017-01-30, Blanks around\t"', [("Fable Times", "2017-01-30", "Blanks around")]),
        ('"Wire, of the North,2017-01-30,Comma before"', [("Wire, of the North", "2017-01-30", "Comma before")]),
        ('"Wire,2017-01-30,He said "no"; she said "yes";"Fable Times,2017-01-31,x"',
         [("Wire", "2017-01-30", 'He said "no"; she said "yes'), ("Fable Times", "2017-01-31", "x")]),
        ('"Wire,2017-01-30,First";"and more of it";"Fable Times,2017-01-31,x"',
         [("Wire", "2017-01-30", 'First";"and more of it'), ("Fable Times", "2017-01-31", "x")]),
        ('"Wire,2017-01-30,On two\nlines"', [("Wire", "2017-01-30", "On two\nlines")]),
        ('"Wire,2017-01-30,-"', [("Wire", "2017-01-30", None)]),
        ('"Wire,2017-01-30,"', [("Wire", "2017-01-30", None)]),
        ('",2017-01-30,No office"', [(None, "2017-01-30", "No office")]),
        ('"Wire,1753-01-01,Nobody entered the day"', [("Wire", None, "Nobody entered the day")]),
        ('"Wire,2017-02-30,No such day"', [("Wire", None, "No such day")]),
        ('"Wire,2017-01-30,Cut of', [("Wire", "2017-01-30", "Cut of")]),
    ],
)  # fmt: skip
def test_a_list_in_quotation_marks_holds_sources(
    article: str, expected: list[tuple[str | None, str | None, str | None]]
) -> None:
    assert parsed(article) == expected
    joined = '";"'.join(source.text for source in parse_sources(article))
    assert f'"{joined}"' == article if article.endswith('"') else f'"{joined}' == article


@pytest.mark.parametrize(
    ("article", "expected"),
    [
        ('Legend Radio 1989-05-17 "SOMETHING HAPPENED', [("Legend Radio", "1989-05-17", "SOMETHING HAPPENED")]),
        ('LR 3 July 1989 "SOMETHING HAPPENED.', [("LR", "1989-07-03", "SOMETHING HAPPENED.")]),
        ('Legend Radio (1991-10-01):  "SOMETHING, AGAIN".', [("Legend Radio", "1991-10-01", "SOMETHING, AGAIN")]),
        ("Legend Radio, 2013-01-22, Something happened: officials",
         [("Legend Radio", "2013-01-22", "Something happened: officials")]),
        ("Legend Radio14 Jan 2013", [("Legend Radio", "2013-01-14", None)]),
        ("lr 1989-6-4", [("lr", "1989-06-04", None)]),
        ("Something happened\n3 July 2010\nLegend Radio", [("Legend Radio", "2010-07-03", "Something happened")]),
        ("(1) One thing\n3 July 2010\nLegend Radio\n\n(2) Another thing\n4 July 2010\nFable Times",
         [("Legend Radio", "2010-07-03", "One thing"), ("Fable Times", "2010-07-04", "Another thing")]),
        ('LR 3 July 1990 "ONE." / Fable Times 4 July 1990 "ANOTHER',
         [("LR", "1990-07-03", "ONE."), ("Fable Times", "1990-07-04", "ANOTHER")]),
        ('LR 3 July 1990 "ONE"; Fable Times 4 July 1990 "ANOTHER"',
         [("LR", "1990-07-03", "ONE"), ("Fable Times", "1990-07-04", "ANOTHER")]),
        ("LR, 2012-02-23, One///Fable Times, 2012-02-24, Another",
         [("LR", "2012-02-23", "One"), ("Fable Times", "2012-02-24", "Another")]),
        ("Legend Radio", [("Legend Radio", None, None)]),
    ],
)  # fmt: skip
def test_a_free_text_that_can_mean_one_thing_is_read(
    article: str, expected: list[tuple[str | None, str | None, str | None]]
) -> None:
    assert parsed(article) == expected
    assert covers(article, [source.text for source in parse_sources(article)])


@pytest.mark.parametrize(
    "article",
    [
        "lr 3/12",
        "LR 3/12/1991",
        "LR 3 July",
        "LR 31 June 1990",
        "LR 3 Xyz 1990",
        "LR 3 July 1990, FT 4 July 1990",
        "LR and FT 3 July 1990",
        'LR 3 July 1990 "ONE" and FT "TWO"',
        "Something happened in a village today, 3 July 2010, Legend Radio",
        "Database of things accessed 2012-02-10",
        "unclear source",
        "Check",
        "NA",
        ".",
        "The book of made-up things: a history",
        '"A book in quotation marks" and more',
        '"',
        "https://example.org/1",
    ],
)
def test_a_free_text_that_is_anything_else_is_one_source_with_nothing_but_its_text(article: str) -> None:
    assert parse_sources(article) == [GedSource(None, None, None, article)]


def covers(cell: str, texts: list[str]) -> bool:
    """Whether the texts stand in the cell one after the other, with nothing but separators between them."""
    rest = cell
    for text in texts:
        before, found, rest = rest.partition(text)
        if not found or before.strip(" \t\n/;"):
            return False
    return not rest.strip(" \t\n/;")


def test_the_lists_explain_what_the_article_leaves_open() -> None:
    article = '"Wire,,No day";"Fable Times,2017,Only a year"'
    assert parsed(article, "Wire;Fable Times", "2017-01-30;", "No day;Only a year") == [
        ("Wire", "2017-01-30", "No day"),
        ("Fable Times", None, "Only a year"),
    ]
    assert parsed(article, "Wire;Fable Times", "2017-01-30;", "No day; or two;Only a year") == [
        ("Wire", "2017-01-30", None),
        ("Fable Times", None, None),
    ]


def test_lists_that_disagree_with_the_article_are_left_alone() -> None:
    article = '"Wire,,No day";"Fable Times,2017,Only a year"'
    unread = [GedSource(None, None, None, article)]
    assert parse_sources(article, "Wire", "2017-01-30", "No day") == unread
    assert parse_sources(article, "Wire;Other", "2017-01-30;2017-01-31", "a;b") == unread
    assert parse_sources('"Wire,2017-01-30,a"', "Other", "1999-01-01", "z")[0].office == "Wire"


def test_lists_without_an_article_are_read_where_they_agree_in_number() -> None:
    assert parse_sources(None, "Wire;Fable Times", "2017-01-30;2017-01-31", "a;b") == [
        GedSource("Wire", date(2017, 1, 30), "a", "Wire,2017-01-30,a"),
        GedSource("Fable Times", date(2017, 1, 31), "b", "Fable Times,2017-01-31,b"),
    ]
    assert parsed(None, "Wire", "2017-01-30", "a; and b") == [("Wire", "2017-01-30", "a; and b")]
    assert parse_sources(None, "Wire;Fable Times", "2017-01-30", "a") == []
    assert parse_sources(None, None, None, None) == []


offices = st.text(st.characters(codec="ascii", exclude_characters='"\r\0'), min_size=1, max_size=12).filter(
    lambda text: any(map(str.isalnum, text)) and not text.endswith('"')
)
titles = st.text(st.sampled_from('ab ,;"\n-é'), max_size=15).filter(lambda text: '";"' not in text)
listed = st.lists(st.tuples(offices, st.dates(date(1990, 1, 1)), titles), min_size=1, max_size=5)


@settings(quick, max_examples=300)
@given(listed)
def test_any_list_of_sources_survives_being_written_and_read(sources: list[tuple[str, date, str]]) -> None:
    pieces = [f"{office},{day},{title}" for office, day, title in sources]
    joint = '";"'
    if joint.join(pieces).split(joint) != pieces:  # quotation marks and semicolons met where two pieces do
        return
    found = parse_sources(f'"{joint.join(pieces)}"')
    assert [source.text for source in found] == pieces
    assert [source.published_on for source in found] == [day for _, day, _ in sources]
    assert [source.office for source in found] == [office.strip() for office, _, _ in sources]
    known = [title.strip() if any(map(str.isalnum, title)) else None for _, _, title in sources]
    assert [source.headline for source in found] == known


scraps = st.sampled_from([*'aB1 ,;"/\n', "LR 3 July 1990 ", "2012-02-10", ",2012-02-10,", '";"', ' "SHOTS"', "\n\n"])
articles = st.lists(scraps, max_size=12).map("".join)


@settings(quick, max_examples=400)
@given(articles.filter(str.strip), st.none() | articles, st.none() | articles, st.none() | articles)
def test_nothing_of_any_cell_is_lost(article: str, office: str | None, days: str | None, title: str | None) -> None:
    texts = [source.text for source in parse_sources(article, office, days, title)]
    assert texts
    rejoined = '";"'.join(texts)
    assert article in (f'"{rejoined}"', f'"{rejoined}') or covers(article, texts)


@pytest.mark.parametrize(
    "scrap", [" ", "\n", "\n ", "/", ";", '"', '";"', "(", "a ", "a, ", "x1 ", "3 July 1990 ", "and "]
)
def test_a_very_long_text_is_read(scrap: str) -> None:
    long = scrap * 100_000  # what takes the square of the length would take many minutes
    for text in (f"a{long}", f"a{long}a", f'"{long}"', f"LR 3 July 1990 {long}"):
        assert parse_sources(text)
        first_hop(text)


# --- the first hop -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("police", "police"),
        (" police ", "police"),
        ("villagers;", "villagers"),
        ("Saga Monitor x2", "Saga Monitor"),
        ("Saga Monitor (x2)", "Saga Monitor"),
        ("Jane Doe, a spokesman for the army", "Jane Doe, a spokesman for the army"),
        ("Jane Doe, Director of Invented Information", "Jane Doe, Director of Invented Information"),
        ("Council for Peace and Order", "Council for Peace and Order"),
        ("Front/League", "Front/League"),
        ("Invented League (army, rebels)", "Invented League (army, rebels)"),
        ("http://example.org/a/b", "http://example.org/a/b"),
        ("unnamed source", "unnamed source"),
        (None, None),
        ("", None),
        ("  ", None),
        (".", None),
        ("?", None),
        ("0", None),
        ("NA", None),
        ("n/a", None),
        ("not given", None),
        ("Unclear", None),
        ("see what", None),
        ("AGGREGATION EVENT", None),
        ("police; witnesses", None),
        ("police, witnesses", None),
        ("police and witnesses", None),
        ("Red Bridge and witnesses", None),
        ("Interior and defence ministry", None),
        ("Police & Witnesses", None),
        ("rebel spokesman / army spokesman", None),
        ("witnesses/police", None),
        ("police\nSaga Monitor", None),
        ("Jane Doe, a spokesman for the army; police", None),
        ("Jane Doe, a spokesman for the army, John Roe", None),
    ],
)
def test_the_first_hop_is_the_one_source_that_is_named(printed: str | None, expected: str | None) -> None:
    assert first_hop(printed) == expected


# --- real samples, which stay outside the repository -------------------------------------------------------------


def sample(name: str) -> Iterator[GedRecord]:
    path = SAMPLES / name
    if not path.exists():
        pytest.skip(f"NOT RUN: the sample is not at hand: ../shared/data/{name} is missing")
    for record in GedReader.records(path):
        assert isinstance(record, GedRecord), record
        yield record


COUNTED = (
    "rows",
    "sources",
    "one first hop",
    "listed rows",
    "listed rows read whole",
    "free rows",
    "free rows read whole",
    "odd best",
    "odd geom_wkt",
    "odd source_article",
)
SAMPLE_COUNTS = {
    "ged_v23_1_sample1000.csv.gz": (1000, 1359, 699, 674, 672, 326, 101, 13, 1, 21),
    "hdx_conflict_data_bgd_v19.csv.gz": (601, 714, 326, 115, 115, 486, 172, 1, 0, 5),
    "hdx_conflict_data_phl_v22.csv.gz": (4035, 4776, 3455, 1450, 1450, 2585, 1374, 1, 0, 15),
    "hdx_conflict_data_ukr_v19.csv.gz": (993, 1339, 727, 993, 960, 0, 0, 18, 0, 3),
    "hdx_conflict_data_ukr_v20.csv.gz": (1167, 1569, 860, 1167, 1107, 0, 0, 19, 0, 5),
}
SCALE = "ged_scale_385k_49col_semisynthetic.csv.zst"


def tally(found: Iterable[GedRecord]) -> dict[str, int]:
    """How many rows, sources and oddities there are, and how far sources could be read."""
    counts = Counter(dict.fromkeys(COUNTED, 0))
    for record in found:
        article, office, original = cells_of(record, "source_article", "source_office", "source_original")
        kind = "listed" if office else "free"
        whole = record.sources and all(s.office and s.published_on and s.headline for s in record.sources)
        texts = [source.text for source in record.sources]
        joined = '";"'.join(texts)
        assert article == f'"{joined}"' if office else covers(article or "", texts)
        counts.update(["rows", f"{kind} rows", *([f"{kind} rows read whole"] if whole else [])])
        counts.update(["sources"] * len(texts) + [f"odd {warned.field}" for warned in record.warnings])
        counts.update(["one first hop"] if first_hop(original) else [])
    return dict(counts)


@pytest.mark.parametrize("name", SAMPLE_COUNTS)
def test_real_files_are_read_to_the_last_row(name: str) -> None:
    assert tally(sample(name)) == dict(zip(COUNTED, SAMPLE_COUNTS[name], strict=True))


@pytest.mark.usefixtures("zstandard")
def test_the_large_file_is_read_while_it_is_unpacked() -> None:
    counts = (40000, 86886, 34654, 32185, 32177, 7815, 1248, 129, 0, 14)
    assert tally(islice(sample(SCALE), 40_000)) == dict(zip(COUNTED, counts, strict=True))
