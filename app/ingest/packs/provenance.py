"""Check of a pack's printed tokens against the paragraphs of its document."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from app.errors import BrokenPackError, Problem
from app.ingest.packs.drafts import PackContent
from app.rules.dates import MONTHS, read_date

FULL_DATE = re.compile(
    rf"\b(?:(?:{'|'.join(MONTHS)})\s+\d{{1,2}},?\s+\d{{4}}|\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}\.\d{{1,2}}\.\d{{4}})\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\[(\d+)\] ?")


def read_document(path: Path) -> list[str]:
    """Return the paragraphs of a text, its non-empty lines.

    A leading "[n] " is not part of the text and must equal the count.

    Raises BrokenPackError when the file cannot be read or the numbers do not count.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise BrokenPackError([Problem(path.name, "", "document", "", str(reason))]) from None
    paragraphs: list[str] = []
    problems = []
    for line in (line.strip() for line in lines):
        if not line:
            continue
        number = _NUMBER.match(line)
        paragraphs.append(line[number.end() :] if number else line)
        if number and int(number[1]) != len(paragraphs):
            reason = f"is the {len(paragraphs)}th paragraph"
            problems.append(Problem(path.name, "", "paragraph", number.group().strip(), reason))
    if problems:
        raise BrokenPackError(problems)
    return paragraphs


def occurs_in(token: str, text: str) -> bool:
    """Return whether the token occurs on word boundaries: "June 2" does not occur in "June 21"."""
    before = r"(?<!\w)" if token[0].isalnum() else ""
    after = r"(?!\w)" if token[-1].isalnum() else ""
    # A number is not proved by a part of a longer one: "18" does not stand in "18,000" nor in "1.18".
    before += r"(?<!\d[.,])" if token[0].isdigit() else ""
    after += r"(?![.,]\d)" if token[-1].isdigit() else ""
    return re.search(before + re.escape(token) + after, text) is not None


def printed_tokens(content: PackContent, document: str) -> Iterator[tuple[str, str, int | None, str, str]]:
    """Yield file, owner, paragraph, field and token of everything that the document prints according to the pack."""
    for claim in content.claims:
        if (claim.document or content.pack.document) != document:
            continue
        tokens = claim.printed.tokens
        tokens += [(f"figures.{figure.measure}", figure.printed) for figure in claim.figures]
        for field, token in tokens:
            yield claim.file, claim.full_id, claim.paragraph, field, token
        for figure in claim.figures:
            if figure.of is not None and not _quantity_holds(figure.of, claim.printed.quantity):
                yield claim.file, claim.full_id, claim.paragraph, "figures.of", str(figure.of)
    for draft in (*content.sources, *content.actors, *content.locations):
        for alias in draft.aliases:
            if alias.as_printed == document:
                yield draft.file, draft.id, None, "aliases", alias.name


def _quantity_holds(number: int, quantities: tuple[str, ...]) -> bool:
    """Return whether a printed quantity, checked by itself, contains the number."""
    return any(occurs_in(str(number), quantity) for quantity in quantities)


def _read_full_date(printed: str) -> date | None:
    """Read a date with its year: in words, `2021-07-05`, or `05.07.2021`; None if there is no such day."""
    if match := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", printed):
        day, month, year = match.groups()
        printed = f"{year}-{int(month):02}-{int(day):02}"
    try:
        return date.fromisoformat(printed)
    except ValueError:
        found = read_date(printed, date.min)
        return found.earliest if found else None


def _check_publication_date(content: PackContent, paragraphs: list[str]) -> Iterator[Problem]:
    """Check that a document with full dates prints that of its publication among them."""
    source = next((source for source in content.sources if source.id == content.pack.document), None)
    if source is None or source.published_on is None:
        return
    printed = [match.group() for text in paragraphs for match in FULL_DATE.finditer(text)]
    if printed and all(_read_full_date(day) != source.published_on for day in printed):
        reason = f"the document prints {', '.join(printed)}"
        yield Problem(source.file, source.id, "published_on", str(source.published_on), reason)


def verify_quotes(content: PackContent, document: Path) -> tuple[int, list[Problem]]:
    """Return the number of tokens checked, and a problem for each that is not where the pack says.

    A claim's token must stand in the paragraph of its locator, an alias anywhere in the document.
    """
    paragraphs = read_document(document)
    problems = list(_check_publication_date(content, paragraphs))
    count = 0
    named = [claim.paragraph or 0 for claim in content.claims]
    if max(named, default=0) > len(paragraphs):
        reason = f"has {len(paragraphs)} paragraphs, the pack names {max(named)}: this is another text"
        return 0, [Problem(document.name, content.pack.id, "document", "", reason)]
    for file, owner, number, field, token in printed_tokens(content, content.pack.document or ""):
        count += 1
        texts = [paragraphs[number - 1]] if number else paragraphs
        if not any(occurs_in(token, text) for text in texts):
            where = f"paragraph {number}" if number else "the document"
            problems.append(Problem(file, owner, field, token, f"is not printed in {where}"))
    return count, problems
