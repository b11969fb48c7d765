"""Files that are no files, values that no database holds, characters that no question may hold: all are problems."""

import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from asgi_client import AppClient
from conftest import Databases
from factories.packs import Look, War
from stored_state import load, newest

from app.errors import BrokenPackError, Problem
from app.ingest.packs import files, limits, reader
from app.ingest.packs.load import read_checked
from app.main import create_app
from app.settings import Settings

WAR, EVENTS = "eastern-war", "events/all.toml"


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """A folder with one small pack."""
    War().write(tmp_path / "packs")
    return tmp_path / "packs"


def problems_of(folder: Path) -> list[Problem]:
    """Every problem that the packs have; none at all if they are whole."""
    try:
        read_checked(folder)
    except BrokenPackError as error:
        return error.problems
    return []


def replace(folder: Path, file: str, old: str, new: str) -> None:
    """Put `new` in place of the first `old` in a file of the pack."""
    path = folder / WAR / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


# What lies in the folder of a pack.


def link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def written(content: bytes) -> Callable[[Path], None]:
    return lambda path: [None, path.write_bytes(content)][0]


ODD_FILES: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "a link out of the pack": ("events/x.toml", link("/etc/hostname"), "a link that leads out of the pack"),
    "a link to another pack": ("events/x.toml", link("../../../other/pack.toml"), "a link that leads out of the pack"),
    "a link that dangles": ("events/x.toml", link("gone.toml"), "a link that leads nowhere"),
    "a link to itself": ("events/x.toml", link("x.toml"), "a link that leads in a circle, or cannot be followed"),
    "a link to a folder": ("more", link("events"), "a link to a folder; put the folder itself here"),
    "a link to a folder out of the pack": ("more", link("/etc"), "a link that leads out of the pack"),
    "a folder": ("events/x.toml", Path.mkdir, "a folder, where a file belongs"),
    "a pipe": ("events/x.toml", os.mkfifo, "no plain file"),
    "bytes that are no text": ("events/x.toml", written(b"\xff\xfe\x00"), "not UTF-8"),
    "UTF-16": ("events/x.toml", written("a = 1\n".encode("utf-16")), "not UTF-8"),
    "a byte order mark": (
        "events/x.toml",
        written(b"\xef\xbb\xbf# x\n"),
        "begins with a byte order mark; save it as UTF-8 without one",
    ),
    "a file too large": (
        "events/x.toml",
        written(b"#" * (limits.MAX_FILE_BYTES + 1)),
        "holds 1048577 bytes; a file of a pack has at most 1048576, split it",
    ),
    "a name with an end of line": ("events/x\n.toml", written(b""), "its name holds U+000A"),
    "a number of many digits": (
        "events/x.toml",
        written(b"x = " + b"1" * 5000),
        "not TOML that can be read: a number has too many digits",
    ),
    "a key of many parts": (
        "events/x.toml",
        written(b"\n" + b"a." * 17 + b"a = 1\n"),
        "line 2 has more than 16 dots outside of quotes: a key has too many parts",
    ),
    "a key of many quoted parts": (
        "events/x.toml",
        written(b'"a"' + b'."b"' * 17 + b" = 1\n"),
        "line 1 has more than 16 dots outside of quotes: a key has too many parts",
    ),
    "deep brackets": (
        "events/x.toml",
        written(b"x = " + b"[" * 17),
        "nested too deeply: line 1 has more than 16 brackets inside each other",
    ),
    "a text without an end": ("events/x.toml", written(b'x = "' + b"." * 100), "not TOML: "),
}


@pytest.mark.parametrize("name", ODD_FILES)
def test_what_is_no_file_of_a_pack_is_a_problem(name: str, packs: Path) -> None:
    inside, make, reason = ODD_FILES[name]
    shutil.copytree(packs / WAR, packs.parent / "other")
    make(packs / WAR / inside)
    (problem,) = problems_of(packs)
    assert problem.file == f"{WAR}/{inside}".replace("\n", " ")
    assert problem.reason.startswith(reason) if reason.endswith(": ") else problem.reason == reason


def test_dots_and_brackets_inside_of_quotes_and_comments_do_not_count(packs: Path) -> None:
    quoted = "." * 40 + "[" * 40
    replace(packs, EVENTS, 'summary = "It fell."', f'summary = "It fell. \\" {quoted}" # {quoted}')
    replace(packs, EVENTS, 'summary = "South."', f"summary = '''South. {quoted}'''")
    replace(packs, EVENTS, 'summary = "They went."', f'summary = """They \'went\'. "{quoted}"""')
    assert problems_of(packs) == []


def test_a_file_that_may_not_be_read_is_a_problem(packs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    really_open = Path.open

    def refuse(path: Path, *given: str) -> object:
        if path.name == "actors.toml":
            raise PermissionError(13, "Permission denied", str(path))
        return really_open(path, *given)

    monkeypatch.setattr(Path, "open", refuse)
    assert Problem(f"{WAR}/actors.toml", "", "", "", "cannot be read: Permission denied") in problems_of(packs)


def test_a_name_that_is_not_utf_8_is_a_problem(packs: Path) -> None:
    path = os.path.join(os.fsencode(packs / WAR / "events"), b"caf\xe9.toml")
    with open(path, "wb"):
        pass
    assert problems_of(packs) == [Problem(f"{WAR}/events/caf\\xe9.toml", "", "", "", "its name is not UTF-8")]


def test_a_link_inside_of_a_pack_is_followed_and_the_pack_may_be_one_itself(packs: Path) -> None:
    elsewhere = packs.parent / "elsewhere"
    (packs / WAR).rename(elsewhere)
    (packs / WAR).symlink_to(elsewhere)
    (elsewhere / "..data").mkdir()
    (elsewhere / "pack.toml").rename(elsewhere / "..data" / "pack.toml")
    (elsewhere / "pack.toml").symlink_to("..data/pack.toml")
    assert problems_of(packs) == []


def test_a_pack_that_links_to_nothing_is_told(packs: Path) -> None:
    (packs / "lost").symlink_to("gone")
    (problem,) = problems_of(packs)
    assert (problem.file, problem.reason) == ("lost", "cannot be read: No such file or directory")


EDITORS = (".#all.toml", "#all.toml#", "all.toml~", ".all.toml.swp", "~$all.toml", ".DS_Store", "all.toml.bak", "4913")


def test_files_of_editors_and_hidden_ones_are_ignored(packs: Path) -> None:
    before = files.read_files(packs / WAR).digest
    for name in EDITORS:
        (packs / WAR / "events" / name).write_text("half [[[ an edit", "utf-8")
    (packs / WAR / ".#pack.toml").symlink_to("somebody@somewhere.1234:1")
    for folder in (packs / ".git", packs / WAR / ".idea", packs / WAR / "events" / ".svn"):
        folder.mkdir()
        (folder / "pack.toml").write_text("half [[[ an edit", "utf-8")
    assert problems_of(packs) == []
    assert files.read_files(packs / WAR).digest == before


# Sizes.


def one_problem(folder: Path) -> tuple[str, str]:
    (problem,) = problems_of(folder)
    return problem.file, problem.reason


def test_a_pack_has_so_many_files_and_bytes_and_entries(packs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_PACK_FILES", 4)
    assert one_problem(packs) == (WAR, "holds 5 TOML files; a pack has at most 4, join some")
    monkeypatch.setattr(files, "MAX_PACK_FILES", 5)
    size = sum(path.stat().st_size for path in (packs / WAR).rglob("*.toml"))
    monkeypatch.setattr(files, "MAX_PACK_BYTES", size - 1)
    assert one_problem(packs) == (WAR, f"holds {size} bytes; a pack has at most {size - 1}, make two packs")
    monkeypatch.setattr(files, "MAX_PACK_BYTES", size)
    monkeypatch.setattr(files, "MAX_FOLDER_ENTRIES", 5)
    assert one_problem(packs) == (WAR, "a pack has at most 5 files of any kind")
    monkeypatch.setattr(files, "MAX_FOLDER_ENTRIES", 6)
    entries = 3 + 4 + 3 + 2 + 2
    monkeypatch.setattr(reader, "MAX_ENTRIES", entries - 1)
    assert one_problem(packs) == (WAR, f"a pack has at most {entries - 1} entries, make two packs")
    monkeypatch.setattr(reader, "MAX_ENTRIES", entries)
    assert problems_of(packs) == []


def test_nothing_of_a_pack_that_is_too_large_is_opened(packs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(files, "_read", lambda path, *_: opened.append(path))
    monkeypatch.setattr(files, "MAX_PACK_BYTES", 100)
    assert len(problems_of(packs)) == 1
    assert opened == []


# Values.


VALUES: dict[str, tuple[str, str, str, str, str]] = {
    "a paragraph beyond a column": (EVENTS, "paragraph = 1", f"paragraph = {2**63}", "paragraph", "less than or equal"),
    "a number beyond writing": (EVENTS, "paragraph = 1", f"paragraph = 0x{'F' * 5000}", "paragraph", "less than or eq"),
    "a latitude that is no number": ("locations.toml", "latitude = 60.5", "latitude = nan", "latitude", "less than"),
    "an infinite longitude": ("locations.toml", "longitude = 9.25", "longitude = -inf", "longitude", "greater than"),
    "a day before the first": (
        "sources.toml",
        "2021-07-05",
        "0001-01-01",
        "published_on",
        "greater than or equal to 10",
    ),
    "a day after the last": ("sources.toml", "2021-07-05", "9999-12-31", "published_on", "less than or equal to 2999"),
    "a claim's day after the last": (EVENTS, "date = 2021-07-01", "date = 9999-12-31", "date.latest", "less than or"),
    "a moment for a day": ("sources.toml", "2021-07-05", "2021-07-05T00:00:00Z", "published_on", "a day, written"),
    "a number for tokens": (EVENTS, "paragraph = 1", "paragraph = 1\nprinted = { date = 5 }", "printed.date", "a list"),
    "a table for a text": ("actors.toml", 'name = "Crown"', "name = { a = 1 }", "name", "a text, in quotes"),
    "a list too long": (
        "locations.toml",
        'kind = "country"',
        f'kind = "country"\ncovers = [{"0,".replace("0", chr(34) + "x" + chr(34)) * 1001}]',
        "covers",
        "at most 1000",
    ),
    "an id too long": (EVENTS, 'location = "ford"', f'location = "{"x" * 1000}"', "location", "at most 200"),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_that_no_database_holds_is_a_problem(name: str, packs: Path) -> None:
    file, old, new, field, reason = VALUES[name]
    replace(packs, file, old, new)
    found = [problem for problem in problems_of(packs) if problem.field == field]
    assert [reason in problem.reason and problem.file == f"{WAR}/{file}" for problem in found] == [True]
    assert all(len(problem.value) <= limits.MAX_VALUE_CHARS for problem in found)


PHRASES = ("about a week ago", "weekend", "earlier this week", "Friday", "last few days")


@pytest.mark.parametrize("day", [limits.EARLIEST_DAY, limits.LATEST_DAY], ids=str)
def test_the_first_and_the_last_day_leave_room_for_relative_dates(databases: Databases, packs: Path, day: date) -> None:
    War(published=str(day)).write(packs)
    path = packs / WAR / EVENTS
    text = path.read_text("utf-8").replace("2021-07-01", str(day)).replace("as_of = 2021-07-02\n", "")
    for phrase in PHRASES:
        path.write_text(text.replace("paragraph = 1\n", f'paragraph = 1\nprinted = {{ date = "{phrase}" }}\n'), "utf-8")
        assert all(" reads as " in problem.reason for problem in problems_of(packs))
    path.write_text(text, "utf-8")
    url = databases.migrated()
    load(url, packs)
    with AppClient(create_app(Settings(database_url=url))) as client:
        for list_ in ("events", "control-changes", "control?as_of=2021-07-05", "contradictions", "movements/totals"):
            assert client.get(f"/v1/{list_}").status_code == 200, list_


# Characters.


FORBIDDEN = {
    "\\u0000": "U+0000",
    "\\u001b": "U+001B",
    "\\u202e": "U+202E",
    "\\u2066": "U+2066",
    "\\ue000": "U+E000",
    "\\t": "U+0009",
}
TEXTS = {
    "a title of the pack": ("pack.toml", 'title = "War"', "title"),
    "a field of its coverage": ("pack.toml", 'sources_searched = "One paper."', "coverage.sources_searched"),
    "a source": ("sources.toml", 'name = "Gazette"', "name"),
    "an actor": ("actors.toml", 'name = "Crown"', "name"),
    "a place": ("locations.toml", 'name = "Ford"', "name"),
    "an event": (EVENTS, 'title = "Rebels take the ford"', "title"),
    "a claim": (EVENTS, 'summary = "They went."', "summary"),
    "a figure of a claim": (EVENTS, 'printed = "94"', "figures.0.printed"),
}


@pytest.mark.parametrize("where", TEXTS)
@pytest.mark.parametrize("character", FORBIDDEN)
def test_a_character_that_no_question_may_hold_is_a_problem(where: str, character: str, packs: Path) -> None:
    file, old, field = TEXTS[where]
    replace(packs, file, old, f'{old[:-1]} {character} x"')
    found = [problem for problem in problems_of(packs) if "no question may hold" in problem.reason]
    assert [(problem.file, problem.field, problem.reason) for problem in found] == [
        (f"{WAR}/{file}", field, f"holds {FORBIDDEN[character]}, a character that no question may hold")
    ]
    assert all(str(problem).isprintable() for problem in problems_of(packs))


@pytest.mark.parametrize("text", ["\\u200b", "\\u2060\\u00ad", "\\u3164", "\\u0301"])
def test_a_name_of_which_nothing_is_seen_is_a_problem(text: str, packs: Path) -> None:
    replace(packs, "actors.toml", 'name = "Crown"', f'name = "{text}"')
    assert [problem.field for problem in problems_of(packs) if problem.reason == "nothing of it can be seen"] == [
        "name"
    ]


def test_joiners_inside_of_names_are_no_problem(packs: Path) -> None:
    replace(packs, "actors.toml", 'name = "Crown"', 'name = "\\u0646\\u06cc\\u0631\\u0648\\u200c\\u0647\\u0627"')
    assert problems_of(packs) == []


@pytest.mark.parametrize("character", ["\\u0000", "\\u202e"])
def test_loading_such_a_character_is_refused_on_each_database(
    databases: Databases, packs: Path, character: str
) -> None:
    url = databases.migrated()
    Look().write(packs)
    load(url, packs)
    replace(packs, "actors.toml", 'name = "Crown"', f'name = "Cr{character}own"')
    with pytest.raises(BrokenPackError):
        load(url, packs)
    assert newest(url) == 1


def test_a_problem_of_an_entry_with_odd_letters_in_its_id_can_be_printed(packs: Path) -> None:
    replace(packs, "actors.toml", 'id = "crown"', 'id = "\\u001b[31m\\u202e"')
    assert problems_of(packs) != []
    assert all(str(problem).isprintable() for problem in problems_of(packs))
