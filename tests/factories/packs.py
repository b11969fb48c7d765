"""Small packs that tests load."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

from app.settings import PROJECT_ROOT

SECOND_PACK = PROJECT_ROOT / "tests" / "data" / "packs" / "tajik-border-2021"
"""A pack of another document that retells the flight to Tajikistan; it refers to the pack that ships with Oxus."""


@dataclass(frozen=True)
class War:
    """What varies in the first small pack."""

    rebels: str = "Rebels of the Ford"
    ford: str = "Ford"
    parent: str = "north"
    title: str = "Rebels take the ford"
    place: str = "ford"
    means: str = "captured"
    published: str = "2021-07-05"
    organisation: str | None = None
    part_of_side: bool = True
    crossed: str = "94"
    flood: bool = False
    denied: bool = False
    loose_id: str = "loose"
    parent_event: bool = False
    vale: str | None = None
    covers: bool = False
    crossing: str = "They cross"

    def write(self, folder: Path) -> None:
        """Write the pack into a folder of packs."""
        sides = '\nrelations = [{ type = "part_of", actor = "rebels" }]' if self.part_of_side else ""
        owner = f'\norganisation = "{self.organisation}"' if self.organisation else ""
        part_of = '\npart_of = "ford-taken"' if self.parent_event else ""
        marsh = '[[location]]\nid = "marsh"\nname = "Marsh"\nkind = "region"\ncovers = ["ford"]\n'
        vale = f'[[location]]\nid = "vale"\nname = "{self.vale}"\nkind = "province"\nparent = "north"\n'
        write_pack(
            folder / "eastern-war",
            {
                "pack": 'id = "eastern-war"\ntitle = "War"\nversion = "1"\nlicence = "CC-BY-4.0"\ncitation = "War."\n'
                'document = "gazette-1"\n[coverage]\nsources_searched = "One paper."\n',
                "sources": f'[[source]]\nid = "gazette"\nname = "Gazette"\nkind = "outlet"{owner}\n'
                '[[source]]\nid = "gazette-1"\nname = "Gazette, one"\nkind = "article"\norganisation = "gazette"\n'
                f'published_on = {self.published}\n[[source]]\nid = "trust"\nname = "Trust"\nkind = "outlet"\n',
                "actors": '[[actor]]\nid = "crown"\nname = "Crown"\nkind = "government"\n'
                f'[[actor]]\nid = "lancers"\nname = "Lancers"\nkind = "militia"{sides}\n'
                f'[[actor]]\nid = "{self.loose_id}"\nname = "Loose band"\nkind = "militia"\n'
                f'[[actor]]\nid = "rebels"\nname = "{self.rebels}"\nkind = "rebel_group"\n',
                "locations": f'[[location]]\nid = "ford"\nname = "{self.ford}"\nkind = "district"\n'
                f'parent = "{self.parent}"\n'
                + (marsh if self.covers else "")
                + '[[location]]\nid = "north"\nname = "North"\nkind = "country"\ncountry = "NOR"\n'
                'latitude = 60.5\nlongitude = 9.25\npoint_kind = "centroid"\n'
                '[[location]]\nid = "south"\nname = "South"\nkind = "country"\ncountry = "ZAF"\n'
                + (vale if self.vale else ""),
                "events/all": f'[[event]]\nid = "ford-taken"\ncategory = "control_change"\ntitle = "{self.title}"\n'
                f'summary = "It fell."\nlocation = "{self.place}"\n'
                'actors = [{ actor = "rebels", role = "initiator" }]\n'
                f'[event.control_change]\ngained_by = "rebels"\nlost_by = "crown"\nextent = "full"\n'
                f'means = "{self.means}"\n'
                '[[event.claim]]\nparagraph = 1\nmodality = "fact"\nsummary = "It fell."\ndate = 2021-07-01\n'
                + (
                    '[[event.claim]]\nparagraph = 2\nmodality = "fact"\nstance = "denies"\nvia = ["trust"]\n'
                    'reported_on = 2021-07-02\nsummary = "It stands."\ndate = 2021-07-01\n'
                    if self.denied
                    else ""
                )
                + f'[[event]]\nid = "crossing"\ncategory = "movement"\ntitle = "{self.crossing}"\n'
                'summary = "South."\n'
                f'location = "ford"{part_of}\n'
                '[event.movement]\nfrom = "ford"\nto = "south"\nmover = "lancers"\npopulation = "militia"\n'
                'outcome = "admitted"\n'
                '[[event.claim]]\nparagraph = 3\nmodality = "fact"\nsummary = "They went."\n'
                '[[event.claim.figures]]\nmeasure = "persons_moved"\ncount_kind = "increment"\n'
                f'printed = "{self.crossed}"\nas_of = 2021-07-02\n'
                + (
                    '[[event]]\nid = "flood"\ncategory = "other"\ntitle = "Flood"\nsummary = "Water."\n'
                    '[[event.claim]]\nparagraph = 4\nmodality = "possible"\nsummary = "Rain."\n'
                    if self.flood
                    else ""
                ),
            },
        )


@dataclass(frozen=True)
class Look:
    """What varies in the second small pack, whose claims and event lean on the first."""

    pack: str = "western-look"
    stance: str = "asserts"
    mill: str = "Mill"
    claim: bool = True
    actor: str = "rebels"
    hop: str | None = None
    covers: bool = False
    in_vale: bool = False
    part_of: str | None = None
    marched: str | None = None

    def write(self, folder: Path) -> None:
        """Write the pack into a folder of packs."""
        hop = f'via = ["{self.hop}"]\n' if self.hop else ""
        dyke = '[[location]]\nid = "dyke"\nname = "Dyke"\nkind = "border"\ncovers = ["ford", "mill"]\n'
        weir = '[[location]]\nid = "weir"\nname = "Weir"\nkind = "town"\nparent = "vale"\n'
        part_of = f'part_of = "{self.part_of}"\n' if self.part_of else ""
        count = '[[event.claim.figures]]\nmeasure = "persons_moved"\ncount_kind = "increment"\n'
        write_pack(
            folder / self.pack,
            {
                "pack": f'id = "{self.pack}"\ntitle = "Look"\n'
                'version = "1"\nlicence = "CC-BY-4.0"\ncitation = "Look."\n'
                'document = "herald-1"\n[coverage]\nsources_searched = "Another paper."\n',
                "sources": '[[source]]\nid = "herald"\nname = "Herald"\nkind = "outlet"\n'
                '[[source]]\nid = "herald-1"\nname = "Herald, one"\nkind = "article"\norganisation = "herald"\n'
                "published_on = 2021-07-10\n"
                '[[source]]\nid = "stringer"\nname = "Stringer"\nkind = "journalist"\norganisation = "gazette"\n',
                "actors": '[[actor]]\nid = "scouts"\nname = "Scouts"\nkind = "militia"\n'
                'relations = [{ type = "part_of", actor = "rebels" }]\n',
                "locations": (dyke if self.covers else "")
                + f'[[location]]\nid = "mill"\nname = "{self.mill}"\nkind = "town"\nparent = "ford"\n'
                + (weir if self.in_vale else ""),
                "events/all": (
                    '[[claim]]\nid = "seen-again"\nevent = "ford-taken"\nparagraph = 1\nmodality = "fact"\n'
                    f'stance = "{self.stance}"\n'
                    f'{hop}summary = "Seen again."\ndate = 2021-07-01\n'
                    if self.claim
                    else ""
                )
                + '[[event]]\nid = "mill-burnt"\ncategory = "clash"\ntitle = "The mill burns"\nsummary = "Fire."\n'
                f'location = "mill"\nactors = [{{ actor = "{self.actor}", role = "initiator" }}]\n'
                '[[event.claim]]\nparagraph = 2\nmodality = "fact"\nvia = ["stringer"]\nsummary = "Smoke."\n'
                'date = 2021-07-03\nlocation = "ford"\n'
                '[[event]]\nid = "march"\ncategory = "movement"\ntitle = "A march"\nsummary = "To the south."\n'
                f'location = "{"weir" if self.in_vale else "mill"}"\n{part_of}'
                '[event.movement]\nfrom = "mill"\nto = "south"\nmover = "scouts"\n'
                'population = "militia"\noutcome = "unknown"\n'
                '[[event.claim]]\nparagraph = 3\nmodality = "reported"\nsummary = "Boots."\n'
                + (f'{count}printed = "{self.marched}"\n' if self.marched else ""),
            },
        )


def copy_with_second(folder: Path, *, ahead: bool = False) -> Path:
    """Copy the packs that ship with Oxus, and the second one beside them, into a folder of packs.

    `ahead` gives the second pack an id that sorts before theirs, so that it is read and stored first.
    """
    shutil.copytree(PROJECT_ROOT / "seed", folder)
    id_ = f"a-{SECOND_PACK.name}" if ahead else SECOND_PACK.name
    shutil.copytree(SECOND_PACK, folder / id_)
    about = folder / id_ / "pack.toml"
    about.write_text(about.read_text("utf-8").replace(f'id = "{SECOND_PACK.name}"', f'id = "{id_}"'), "utf-8")
    return folder


def write_pack(folder: Path, files: dict[str, str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        path = folder / f"{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def cite_one_paper(pack_id: str, published_on: str) -> dict[str, str]:
    """Make the files, by name, of a pack's description and sources: one paper of a day."""
    return {
        "pack.toml": f"""
            id = "{pack_id}"
            title = "Made data"
            version = "1"
            licence = "CC0-1.0"
            citation = "None."
            document = "paper"
            [coverage]
            sources_searched = "None."
        """,
        "sources.toml": f"""
            [[source]]
            id = "paper"
            name = "Paper"
            kind = "article"
            published_on = {published_on}
        """,
    }


wars = st.builds(
    War,
    rebels=st.sampled_from(["Rebels of the Ford", "New Model Army"]),
    ford=st.sampled_from(["Ford", "Old Ford"]),
    parent=st.sampled_from(["north", "south"]),
    title=st.sampled_from(["Rebels take the ford", "The ford falls"]),
    place=st.sampled_from(["ford", "north"]),
    means=st.sampled_from(["captured", "unknown"]),
    published=st.sampled_from(["2021-07-05", "2021-07-06"]),
    organisation=st.sampled_from([None, "trust"]),
    part_of_side=st.booleans(),
    crossed=st.sampled_from(["94", "dozens"]),
    flood=st.booleans(),
    denied=st.booleans(),
    loose_id=st.sampled_from(["loose", "lost"]),
    parent_event=st.booleans(),
    vale=st.sampled_from(["Vale", "Old Vale"]),
    covers=st.booleans(),
    crossing=st.sampled_from(["They cross", "Over the water"]),
)


looks = st.builds(
    Look,
    stance=st.sampled_from(["asserts", "denies"]),
    mill=st.sampled_from(["Mill", "Old Mill"]),
    claim=st.booleans(),
    actor=st.sampled_from(["rebels", "lancers"]),
    hop=st.sampled_from([None, "trust", "stringer"]),
    covers=st.booleans(),
    in_vale=st.booleans(),
    part_of=st.sampled_from([None, "crossing", "ford-taken"]),
    marched=st.sampled_from([None, "60", "200"]),
)
TWINS = cite_one_paper("twins", "2020-01-02") | {
    "actors.toml": """
        [[actor]]
        id = "front-east"
        name = "Front of the East"
        kind = "militia"
        aliases = [{ name = "The Front" }]

        [[actor]]
        id = "front-west"
        name = "Front of the West"
        kind = "militia"
        aliases = [{ name = "the-front" }, { name = "front-east" }]
    """,
    "locations.toml": """
        [[location]]
        id = "nawa"
        name = "Nawa"
        kind = "district"
        country = "AFG"

        [[location]]
        id = "nawa-e-barakzaiy"
        name = "Nawa-e-Barakzaiy"
        kind = "district"
        country = "AFG"
        aliases = [{ name = "Nawa" }, { name = "Márjah" }]

        [[location]]
        id = "nawa-south"
        name = "Nawa South"
        kind = "town"
        country = "AFG"
        aliases = [{ name = "MARJAH" }]
    """,
    "events/all.toml": """
        [[event]]
        id = "one"
        category = "clash"
        title = "One"
        summary = "Made up."
        location = "nawa"
        actors = [{ actor = "front-east", role = "initiator" }]
        [[event.claim]]
        paragraph = 1
        modality = "fact"
        summary = "Made up."
    """,
}
