"""The curators' guide: what it tells to write can be checked and loaded."""

import re
import tomllib
from pathlib import Path

from conftest import PACK, Databases, engine_for

from app.ingest.packs.drafts import ClaimDraft
from app.ingest.packs.load import load_packs, read_checked
from app.settings import PROJECT_ROOT

GUIDE = (PROJECT_ROOT / "seed" / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)


def test_every_example_of_the_guide_is_toml() -> None:
    assert len(BLOCKS) >= 6
    assert all(tomllib.loads(block) for block in BLOCKS)


def test_the_pack_that_the_guide_starts_takes_the_event_that_it_adds(databases: Databases, seed_dir: Path) -> None:
    pack, sources, event = BLOCKS[:3]
    mine = seed_dir / "my-article-2021"
    (mine / "events").mkdir(parents=True)
    (mine / "pack.toml").write_text(pack, "utf-8")
    (mine / "sources.toml").write_text(sources, "utf-8")
    renamed = event.replace("kaldar-recaptured-2021-06-29", "kaldar-told-again")
    # The guide's example is a change of control that the first pack tells already; a clash takes its place.
    clash = re.sub(r"\[event\.control_change\].*?(?=\[\[event)", "", renamed, flags=re.DOTALL)
    (mine / "events" / "all.toml").write_text(clash.replace('"control_change"', '"clash"'), "utf-8")
    assert [content.pack.id for content, _ in read_checked(seed_dir)] == ["my-article-2021", PACK]
    with engine_for(databases.loaded(), read_only=False) as engine:
        first, second = load_packs(engine, seed_dir)
    assert (first.pack, first.revision, first.changes["events"].added) == ("my-article-2021", 2, {"kaldar-told-again"})
    assert (second.pack, second.revision) == (PACK, None)


def test_the_guide_names_every_table_and_key_of_a_claim() -> None:
    listed = set(re.findall(r"^\| `(\w+)` \|", GUIDE, re.MULTILINE))
    assert listed == set(ClaimDraft.model_fields) - {"file", "event", "locator"}
