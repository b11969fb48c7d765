"""No answer depends on an id: two packs whose events and claims are renamed give the same answers under other names."""

import random
import re
from pathlib import Path
from typing import Any

import pytest
from asgi_client import AppClient
from conftest import Databases
from factories.packs import copy_with_second
from stored_state import load

from app.ingest.packs.load import read_checked
from app.main import create_app
from app.settings import Settings

QUESTIONS = [
    "/v1/movements/totals",
    "/v1/movements/totals?to=tajikistan&datetime=2021-06-30/2021-07-05",
    "/v1/movements/totals?to=tajikistan&datetime=2021-07-04",
    "/v1/movements/totals?from=badakhshan",
    "/v1/control?as_of=2021-07-01",
    "/v1/control?as_of=2021-07-05&state=contested,uncertain,unconfirmed,disputed",
    "/v1/control/summary?datetime=2021-06-28/2021-07-05",
    "/v1/locations/kaldar/control",
    "/v1/contradictions",
    "/v1/duplicates?resource=events",
    "/v1/stats?group_by=status",
    "/v1/events?limit=1000&fields=id,date,status,corroboration,deaths,figures,movement",
]


def rename(folder: Path, seed: int) -> dict[str, str]:
    """Rename all events and claims in the files of a folder; return the old name of each new one."""
    contents = [content for content, _ in read_checked(folder)]
    old = sorted(
        {event.id for content in contents for event in content.events}
        | {claim.id for content in contents for claim in content.claims if claim.id}
    )
    new = [f"x{number:03}" for number in range(len(old))]
    random.Random(seed).shuffle(new)  # noqa: S311 - no secret
    names = dict(zip(old, new, strict=True))
    for path in folder.glob("*/events/*.toml"):
        path.write_text(re.sub(r'"([^"]+)"', lambda word: f'"{names.get(word[1], word[1])}"', path.read_text()))
    return {renamed: id_ for id_, renamed in names.items()}


def restored(answer: Any, names: dict[str, str]) -> Any:
    """Return an answer with the old names, its lists and the parts of composed ids in one order."""
    if isinstance(answer, dict):
        return {key: restored(value, names) for key, value in answer.items()}
    if isinstance(answer, list):
        return sorted((restored(value, names) for value in answer), key=str)
    if not isinstance(answer, str):
        return answer
    parts = [re.sub(r"^x\d{3}", lambda word: names.get(word[0], word[0]), part) for part in answer.split(":")]
    return ":".join(sorted(parts)) if len(parts) > 1 else parts[0]


@pytest.fixture(scope="module")
def answers(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> dict[int, list[Any]]:
    """The answers of both packs as they are (0), and under other names."""
    found: dict[int, list[Any]] = {}
    for seed in range(3):
        folder = copy_with_second(tmp_path_factory.mktemp("renamed") / "packs")
        names = rename(folder, seed) if seed else {}
        url = databases.migrated()
        load(url, folder)
        with AppClient(create_app(Settings(database_url=url))) as client:
            found[seed] = [restored(client.get(question).json(), names) for question in QUESTIONS]
    return found


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("question", range(len(QUESTIONS)), ids=QUESTIONS)
def test_renamed_events_and_claims_change_no_answer(answers: dict[int, list[Any]], seed: int, question: int) -> None:
    assert answers[seed][question] == answers[0][question]
