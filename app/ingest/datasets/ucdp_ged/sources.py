"""Parse the sources of a GED row: those in `source_article`, and the first hop in `source_original`.

Since 2013, and in older rows coded again since, the cell is a list of `office,day,headline`, each in
quotation marks, with semicolons between them; quotation marks and semicolons inside a headline are not doubled or
escaped. `source_office`, `source_date` and `source_headline` repeat the parts as three lists, in which a semicolon of
a headline cannot be told from one between two headlines; they serve to read what the first form leaves open.
Older cells are free text. Of these only what is unambiguous is parsed: names of a source, a day with its month in
letters or in ISO order, a headline. All else stays in `text`; nothing is dropped.
"""

import re
from datetime import date
from typing import NamedTuple

from app.ingest.short_texts import cache_short


class GedSource(NamedTuple):
    """One source of a row. `text` is its part of the cell exactly as printed; the other fields are parsed from it.

    The texts of a cell in quotation marks, joined by `";"`, are the cell. Those of a free text stand in it one after
    the other, with nothing but blanks, slashes, semicolons and ends of lines between them.
    """

    office: str | None
    published_on: date | None
    headline: str | None
    text: str


_JOINED_PIECES = '";"'
_PRINTED = re.compile(r"(?P<office>.*?),(?P<day>\d{4}-\d{2}-\d{2}),(?P<headline>.*)", re.DOTALL | re.ASCII)
_NO_DAY = date(1753, 1, 1)
"""Earliest date of SQL Server, which stands for a day that nobody entered."""
_day_cache: dict[str, date | None] = {}
"""Parsed days by their text: a file has some ten thousand different ones, each of them often."""


def _day(text: str) -> date | None:
    """Parse a day, YYYY-MM-DD; None when the calendar has no such day, or it stands for none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return None if day == _NO_DAY else day


def _cached_day(text: str) -> date | None:
    if len(text) > len("2013-01-03"):
        return _day(text)
    if len(_day_cache) > 100_000:
        _day_cache.clear()
    return _day_cache.setdefault(text, _day(text))


def _text_or_none(text: str | None) -> str | None:
    """Strip a part of blanks; None when it has neither a letter nor a digit, as "-" and "."."""
    stripped = text.strip() if text else ""
    return stripped if stripped.isalnum() or any(map(str.isalnum, stripped)) else None


def parse_sources(
    article: str | None, offices: str | None = None, dates: str | None = None, headlines: str | None = None
) -> list[GedSource]:
    """Parse the cells source_article, source_office, source_date and source_headline of one row."""
    if article is None:
        return _parse_lists_alone(offices, dates, headlines)
    if article[0] == '"':
        pieces = (
            article[1:-1].split(_JOINED_PIECES)
            if article[-1] == '"' and len(article) > 1
            else article[1:].split(_JOINED_PIECES)
        )
        return _parse_quoted(pieces) or _parse_by_lists(pieces, offices, dates, headlines) or _parse_free_text(article)
    return _parse_free_text(article)


def days_listed(dates: str) -> list[date | None]:
    """Return the days in source_date, for comparison with those of the sources."""
    return [_day_cache[day] if day in _day_cache else _cached_day(day) for day in dates.split(";")]


# --- lists in quotation marks ------------------------------------------------------------------------------------


def _parse_quoted(pieces: list[str]) -> list[GedSource]:
    """Parse pieces in the form `office,day,headline`; one in another form continues the headline before it.

    The result is empty when the first piece is of another form.
    """
    result: list[GedSource] = []
    rest: list[str] = []
    continued: dict[int, list[str]] = {}
    for piece in pieces:
        match = _PRINTED.fullmatch(piece)
        if match:
            office, day, headline = match.groups()
            result.append(
                GedSource(
                    _text_or_none(office),
                    _day_cache[day] if day in _day_cache else _cached_day(day),
                    _text_or_none(headline),
                    piece,
                )
            )
            rest = []
        elif result:
            rest.append(piece)
            continued[len(result) - 1] = rest
        else:
            return []
    for at, more in continued.items():  # all parts at once: one by one, they take the square of the length
        source = result[at]
        headline = _JOINED_PIECES.join([source.headline or "", *map(str.rstrip, more)])
        result[at] = source._replace(headline=headline, text=_JOINED_PIECES.join([source.text, *more]))
    return result


def _split(cell: str | None) -> list[str]:
    return cell.split(";") if cell is not None else []


def _parse_by_lists(
    pieces: list[str], offices: str | None, dates: str | None, headlines: str | None
) -> list[GedSource]:
    """Parse pieces with the lists: as many offices and days as pieces, each piece starting with its office."""
    named, days, titles = _split(offices), _split(dates), _split(headlines)
    if not len(pieces) == len(named) == len(days):
        return []
    if not all(piece.strip().startswith(office.strip()) for piece, office in zip(pieces, named, strict=True)):
        return []
    if len(titles) != len(pieces):
        titles = [""] * len(pieces)
    return [
        GedSource(
            _text_or_none(office), _day(day.strip()), _text_or_none(title) if title.strip() in piece else None, piece
        )
        for piece, office, day, title in zip(pieces, named, days, titles, strict=True)
    ]


def _parse_lists_alone(offices: str | None, dates: str | None, headlines: str | None) -> list[GedSource]:
    """Parse the sources of a row without source_article; their text is what the lists print of them."""
    named, days, titles = _split(offices), _split(dates), _split(headlines)
    if not named or len(named) != len(days):
        return []
    if len(titles) != len(named):
        titles = [headlines or ""] if len(named) == 1 else [""] * len(named)
    return [
        GedSource(_text_or_none(office), _day(day.strip()), _text_or_none(title), ",".join((office, day, title)))
        for office, day, title in zip(named, days, titles, strict=True)
    ]


# --- free text ---------------------------------------------------------------------------------------------------

_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_DAY = r"(?:(?P<iso>\d{4}-\d{1,2}-\d{1,2})|(?P<day>\d{1,2}) (?P<month>[A-Za-z]{3,9})\.? (?P<year>\d{4}))(?!\d)"
_ANY_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[ /-](?:[A-Za-z]{3,9}\.?|\d{1,2})[ /-]\d{2}", re.ASCII)
_ONE = re.compile(rf"""\s*(?P<office>[^\W\d_][^\d"“”;:/\n,]{{0,79}}?)[\s,:]*\(?{_DAY}\)?(?P<rest>.*)""", re.DOTALL)
_TITLE = re.compile(r'[\s,:]*["“](?P<headline>[^"“”]+)(?P<closed>["”]?)[\s.,)]*|\s*[,:]\s*(?P<bare>[^"“”\n/;]+)')
_LINES = re.compile(rf"""(?:\(\d\) *)?(?P<headline>\S[^\n]*)\n *{_DAY} *\n(?P<office>[^\W\d_][^\d"“”;:/\n]{{0,79}})""")
_APART = (re.compile(r"\n\s*\n"), re.compile(r"(?:\n|//+|;)[\s/;]*|\s/\s"))
_NAME = re.compile(r"[^\W\d_][^\d\"“”,;:/\n&=]{1,39}")
_SAYS_NOTHING = re.compile(
    r"(?:not? |un(?:clear|known|specified|named)|n/?a$|null$|none$|check$|check |see |website$|aggregat)", re.IGNORECASE
)
_SEVERAL_OFFICES = re.compile(r"\s(?:and|&)\s")
_NO_OFFICE = re.compile(r"\s(?:and|&)\s|\b(?:accessed|retrieved|downloaded|visited)\b|(?:\S+\s+){6}\S", re.IGNORECASE)
"""Several offices, the day of a visit instead of that of publication, or a whole sentence."""


def _parse_free_text(article: str) -> list[GedSource]:
    """Parse a free text: one source, or several if each part between line ends, slashes or semicolons is one."""
    single = _parse_single(article)
    if single:
        return [single]
    for between in _APART:
        parts = [part.strip() for part in between.split(article) if part and not part.isspace()]
        several = [source for source in map(_parse_single, parts) if source]
        if len(several) == len(parts) > 1:
            return several
    return [GedSource(_name(article), None, None, article)]


def _name(text: str) -> str | None:
    """Return a text that is the name of one source and nothing else, stripped; None for all others."""
    name = text.strip()
    is_name = _NAME.fullmatch(name) and len(name.split()) < 5
    return name if is_name and not _SEVERAL_OFFICES.search(name) and not _SAYS_NOTHING.match(name) else None


def _parse_single(text: str) -> GedSource | None:
    """Parse a text that is one office, one day and perhaps a headline, in an unambiguous order, and nothing else."""
    lines = _LINES.fullmatch(text.strip())
    if lines:
        day = _day_in_words(lines)
        return GedSource(_text_or_none(lines["office"]), day, _text_or_none(lines["headline"]), text) if day else None
    match = _ONE.fullmatch(text)
    day = _day_in_words(match) if match else None
    if not match or not day or _NO_OFFICE.search(match["office"]):
        return None
    if not _text_or_none(match["rest"]):
        return GedSource(_text_or_none(match["office"]), day, None, text)
    title = _TITLE.fullmatch(match["rest"].rstrip())
    if not title or (title["bare"] and not match["iso"]):
        return None  # "headline, 3 July 1989, office" occurs too
    headline = title["headline"] or title["bare"]
    if not title["closed"] and (_ANY_DAY.search(headline) or "\n" in headline):
        return None  # more than one source may be in it
    return GedSource(_text_or_none(match["office"]), day, _text_or_none(headline), text)


def _day_in_words(match: re.Match[str]) -> date | None:
    """Return the day that `_DAY` matched: year first, or with the month in letters, so that it is unambiguous."""
    if match["iso"]:
        year, month, day = map(int, match["iso"].split("-"))
    else:
        name = match["month"].lower()
        month = next((number for number, full in enumerate(_MONTHS, 1) if full.startswith(name)), 0)
        year, day = int(match["year"]), int(match["day"])
    try:
        return date(year, month, day)
    except ValueError:
        return None


# --- the first hop -----------------------------------------------------------------------------------------------

_ASIDE = re.compile(r"https?://\S+|\([^()]*\)")
_APPOSITION = re.compile(
    r"[^,]+, (?:an? |the |its )?(?:[^\s,]+ ){0,3}?"
    r"(?:spokes(?:man|woman|person)|director|commander|chairman|head|secretary) (?:of|for)\b[^,]*",
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    r"[,;|\n]|//|\s/|/\s|\b[a-z]\w*/[A-Za-z]|[A-Za-z]/[a-z]|\s[&+]\s"  # a slash between capitals is a name: SSA/RCSS
    r"|(?<![A-Z])\b[a-z]\w* and |\band (?![A-Z])"  # between two capitals it is within a name: Peace and Order Council
)
_TIMES = re.compile(r"\s\(?x\s?\d{1,3}\)?$")
_NO_HOP = re.compile(
    r"(?:not (?:given|specified|stated|known|clear|available|mentioned)|unclear|unknown|unspecified|none|null|n/?a"
    r"|aggregation(?: event)?|see\b.*)\.?",
    re.IGNORECASE | re.DOTALL,
)


def first_hop(source_original: str | None) -> str | None:
    """Parse `source_original` into the one it names as the first to say it; None when it is empty or names several.

    Several are separated by semicolons, commas, slashes, line ends, "&" or "and". A comma before somebody's office
    ("Jane Doe, a spokesman for the army") separates nothing. Nor does "and" or a slash between two capitals ("Peace and
    Order Council"). In doubt there is one: its name keeps both, whereas none would let two papers that quote it pass
    for independent. "x2" (two entries of one list) is left out.
    """
    return _parse_first_hop(source_original) if source_original else None


@cache_short(1 << 12)
def _parse_first_hop(source_original: str) -> str | None:
    hop = _text_or_none(source_original)
    if hop is None or not any(map(str.isalpha, hop)):
        return None
    hop = _TIMES.sub("", hop.strip(" \t\n;,/")).rstrip()
    if _NO_HOP.fullmatch(hop):
        return None
    cleaned = _ASIDE.sub("", hop)
    if _SEVERAL.search(cleaned) and not (_APPOSITION.fullmatch(cleaned) and not re.search(r"[;|\n]|\s/", cleaned)):
        return None
    return hop or None
