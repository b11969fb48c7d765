"""Largest packs: the steps of a check are counted, and problems beyond the first thousand."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from factories.packs import cite_one_paper
from typer.testing import CliRunner

from app.cli import app as command
from app.errors import BrokenPackError, Problem
from app.ingest.packs import suggestions
from app.ingest.packs.catalogue import ancestors
from app.ingest.packs.limits import MAX_ANCESTORS, MAX_ENTRIES, MAX_FILE_BYTES, MAX_PROBLEMS, MAX_SUGGESTED
from app.ingest.packs.load import read_checked
from app.ingest.packs.problems import ProblemList, listed_others
from app.ingest.packs.suggestions import NEIGHBOURS, Suggestions

MANY = 1500


def write(folder: Path, **texts: str) -> Path:
    """Write a pack of these files beside the usual description and source; the folder of packs."""
    about = cite_one_paper("big", "2021-07-05")
    for name, text in (about | {f"{name}.toml": text for name, text in texts.items()}).items():
        path = folder / "big" / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def name_of(number: int) -> str:
    return f"x{number:06}"


def place(number: int, parent: str | None = None, more: str = "") -> str:
    inside = f'parent = "{parent}"\n' if parent else ""
    return f'[[location]]\nid = "{name_of(number)}"\nname = "{name_of(number)}"\nkind = "region"\n{inside}{more}'


def event(number: int, more: str = "", claim: str = "") -> str:
    return (
        f'[[event]]\nid = "{name_of(number)}"\ncategory = "clash"\ntitle = "T"\nsummary = "S"\n{more}'
        f'[[event.claim]]\nparagraph = 1\nmodality = "fact"\nsummary = "S"\n{claim}'
    )


def actor(number: int, whole: str | None = None) -> str:
    relation = f'relations = [{{ type = "part_of", actor = "{whole}" }}]\n' if whole else ""
    return f'[[actor]]\nid = "{name_of(number)}"\nname = "{name_of(number)}"\nkind = "militia"\n{relation}'


def source(number: int, organisation: str | None = None) -> str:
    owner = f'organisation = "{organisation}"\n' if organisation else ""
    return f'[[source]]\nid = "{name_of(number)}"\nname = "{name_of(number)}"\nkind = "outlet"\n{owner}'


def problems_of(folder: Path) -> BrokenPackError:
    """What is wrong with the packs; no problem if nothing is."""
    try:
        read_checked(folder)
    except BrokenPackError as error:
        return error
    return BrokenPackError([])


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of ids with which unknown ones were compared."""
    counts: list[int] = []

    def count(_name: str, choices: Iterable[str]) -> list[str]:
        counts.append(len(list(choices)))
        return []

    monkeypatch.setattr(suggestions, "closest_matches", count)
    return counts


def test_unknown_references_are_compared_with_few_ids_and_the_first_of_them_alone(
    tmp_path: Path, compared: list[int]
) -> None:
    events = "".join(event(number, f'location = "q{number}"\n') for number in range(MANY))
    found = problems_of(write(tmp_path, locations="".join(map(place, range(MANY))), events__all=events))
    assert (len(found.problems), found.more) == (MAX_PROBLEMS, MANY - MAX_PROBLEMS)
    assert len(compared) == MAX_SUGGESTED
    assert max(compared) <= 4 * NEIGHBOURS


def test_one_unknown_id_is_looked_up_once_however_often_it_is_named(tmp_path: Path, compared: list[int]) -> None:
    events = "".join(event(number, 'location = "nowhere"\n') for number in range(100))
    assert len(problems_of(write(tmp_path, events__all=events)).problems) == 100
    assert len(compared) == 1


@pytest.mark.parametrize(
    "typo", ["mzar-i-sharif-2021", "mazar-i-sharif-2012", "mazar-i-sahrif-2021", "azar-i-sharif-2021"]
)
def test_a_misspelt_id_is_found_among_thousands(typo: str) -> None:
    ids = {name_of(number) for number in range(5000)} | {f"mazar-{number}" for number in range(50)}
    assert Suggestions({"events": ids | {"mazar-i-sharif-2021"}}).near("events", typo)[0] == "mazar-i-sharif-2021"


class CountedParents(dict[str, set[str]]):
    """What entities lie in, with the number of times that somebody asked."""

    asked = 0

    def get(self, key: str, default: object = None) -> object:  # type: ignore[override]
        self.asked += 1
        return super().get(key, default)


@pytest.mark.parametrize("last", [set(), {"0"}], ids=["chain", "circle"])
def test_a_walk_up_ends_after_a_bounded_number_of_steps(last: set[str]) -> None:
    parents = CountedParents({str(at): {str(at + 1)} for at in range(MANY)} | {str(MANY): last})
    for at in range(MANY):
        ancestors(str(at), parents)
    assert parents.asked <= MANY * (MAX_ANCESTORS + 2)


DEEP: dict[str, tuple[str, Callable[[int, str | None], str], str]] = {
    "places": ("locations", place, f"lies in more than {MAX_ANCESTORS} places, counting those that cover it"),
    "actors": ("actors", actor, f"is part of more than {MAX_ANCESTORS} actors"),
    "events": (
        "events__all",
        lambda number, whole: event(number, f'part_of = "{whole}"\n' if whole else ""),
        f"is part of more than {MAX_ANCESTORS} events",
    ),
}


@pytest.mark.parametrize("kind", DEEP)
def test_entities_nested_too_deeply_are_problems(kind: str, tmp_path: Path) -> None:
    file, make, reason = DEEP[kind]
    chain = [make(number, name_of(number - 1) if number else None) for number in range(MANY)]
    found = problems_of(write(tmp_path, **{file: "".join(chain)}))
    assert {problem.reason for problem in found.problems} == {reason}
    assert len(found.problems) + found.more == MANY - MAX_ANCESTORS - 1
    assert problems_of(write(tmp_path, **{file: "".join(chain[: MAX_ANCESTORS + 1])})).problems == []


def test_organisations_and_covering_places_nested_too_deeply_are_problems(tmp_path: Path) -> None:
    about = cite_one_paper("big", "2021-07-05")["sources.toml"]
    outlets = "".join(source(number, name_of(number - 1) if number else None) for number in range(100))
    places = "".join(place(number, None, f'covers = ["{name_of(number + 1)}"]\n') for number in range(99)) + place(99)
    found = problems_of(write(tmp_path, sources=about + outlets, locations=places))
    reasons = [problem.reason for problem in found.problems]
    assert reasons.count(f"belongs to more than {MAX_ANCESTORS} organisations") == 100 - MAX_ANCESTORS - 1
    assert reasons.count(DEEP["places"][2]) == 100 - MAX_ANCESTORS - 1


def test_a_great_circle_is_a_problem_of_each_of_its_members(tmp_path: Path) -> None:
    for size, reason in ((MAX_ANCESTORS, "lies in itself"), (MANY, DEEP["places"][2])):
        places = "".join(place(number, name_of((number or size) - 1)) for number in range(size))
        found = problems_of(write(tmp_path, locations=places))
        assert {problem.reason for problem in found.problems} == {reason}
        assert len(found.problems) + found.more == size


def test_problems_beyond_the_first_thousand_are_counted_and_told(tmp_path: Path) -> None:
    write(tmp_path, actors="[[actor]]\n" + "".join(f"colour{number} = 1\n" for number in range(MANY)))
    found = problems_of(tmp_path)
    assert (len(found.problems), found.more) == (MAX_PROBLEMS, MANY + 3 - MAX_PROBLEMS)
    result = CliRunner().invoke(command, ["seed", "check", "--seed", str(tmp_path)])
    assert result.exit_code == 1
    *_, more, told = result.stderr.splitlines()
    assert more == f"and {MANY + 3 - MAX_PROBLEMS} more"
    assert told == f"{MANY + 3} problem(s); nothing was loaded."


def test_a_list_of_problems_counts_each_once() -> None:
    problems = ProblemList([Problem("f", str(number), "", "", "r") for number in range(MAX_PROBLEMS)] * 2)
    assert (len(problems), problems.more) == (MAX_PROBLEMS, 0)
    other = ProblemList([*problems, Problem("g", "", "", "", "r")])
    problems.extend(other)
    assert (len(problems), problems.more) == (MAX_PROBLEMS + 1, 1)


def test_others_are_listed_by_the_first_three() -> None:
    names = [name_of(number) for number in range(6)]
    assert listed_others(names, names[0]) == "x000001, x000002, x000003 and 2 more"
    assert listed_others(names, names[5]) == "x000000, x000001, x000002 and 2 more"
    assert listed_others(names[:2], names[0]) == "x000001"
    assert listed_others(names[:1], names[0]) == ""


def test_one_code_of_many_places_makes_short_problems(tmp_path: Path) -> None:
    code = 'codes = [{ scheme = "s", code = "c" }]\n'
    found = problems_of(write(tmp_path, locations="".join(place(number, None, code) for number in range(MANY))))
    assert len(found.problems) + found.more == MANY
    assert max(len(problem.reason) for problem in found.problems) < 100


# Files of the largest size, each of a kind that took minutes: checked to the end.


def filled(parts: Iterator[str], size: int = MAX_FILE_BYTES) -> str:
    """Join parts up to a size."""
    result, length = [], 0
    for part in parts:
        length += len(part)
        if length > size:
            break
        result.append(part)
    return "".join(result)


NUMBERS = range(MAX_ENTRIES)
TOKENS = ",".join(f'"{number} about a week agoo"' for number in range(900))
LARGEST: dict[str, Callable[[], dict[str, str]]] = {
    "a dotted key": lambda: {"events__all": "a" + ".a" * (MAX_FILE_BYTES // 2 - 4) + " = 1\n"},
    "dotted keys of the largest depth": lambda: {"events__all": filled(f"a{n}{'.a' * 16} = 1\n" for n in NUMBERS)},
    "brackets": lambda: {"events__all": "a = " + "[" * (MAX_FILE_BYTES - 10)},
    "digits": lambda: {"actors": "a = " + "1" * (MAX_FILE_BYTES - 10)},
    "unfinished texts": lambda: {"actors": '"""' + '\\"""' * (MAX_FILE_BYTES // 4 - 2)},
    "unknown references": lambda: {
        "locations": filled(map(place, range(9000))),
        "events__all": filled(event(n, f'location = "q{n}"\n') for n in NUMBERS),
    },
    "nested places": lambda: {"locations": filled(place(n, name_of(n - 1) if n else None) for n in NUMBERS)},
    "a circle": lambda: {"locations": "".join(place(n, name_of((n or 9000) - 1)) for n in range(9000))},
    "nested events": lambda: {
        "events__all": filled(event(n, f'part_of = "{name_of(n - 1)}"\n' if n % 50 else "") for n in NUMBERS)
    },
    "relative dates": lambda: {
        "events__all": filled(event(n, claim=f"printed = {{ date = [{TOKENS}] }}\n") for n in NUMBERS)
    },
    "one id": lambda: {"events__all": filled(event(1) for _ in NUMBERS)},
    "unknown keys": lambda: {"actors": "[[actor]]\n" + filled((f"a{n} = 1\n" for n in NUMBERS), MAX_FILE_BYTES - 10)},
    "merged ids": lambda: {"merged": "[events]\n" + "".join(f'{name_of(n)} = "{name_of(n + 1)}"\n' for n in NUMBERS)},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGEST)
def test_a_largest_file_is_checked_to_its_end(name: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["seed", "check", "--seed", str(write(tmp_path, **LARGEST[name]()))])
    assert result.exit_code in (0, 1)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert len(result.stderr.splitlines()) <= MAX_PROBLEMS + 2
