"""The rule of documents that stand under two ids."""

from dataclasses import replace
from datetime import date

from app.rules.documents import DocumentFacts, one_id_per_document

STORY = DocumentFacts("story", "Taliban sweep north", None, "paper", date(2021, 7, 5))


def test_one_url_is_one_document() -> None:
    one, other = (DocumentFacts(id_, id_, "https://paper/story", None, None) for id_ in ("a", "b"))
    assert one_id_per_document([other, one]) == {"a": "a", "b": "a"}


def test_one_title_of_an_outlet_on_a_day_is_one_document() -> None:
    again = replace(STORY, id="again", name="TALIBAN Sweep North!")
    assert one_id_per_document([STORY, again]) == {"story": "again", "again": "again"}


def test_another_day_outlet_or_title_is_another_document() -> None:
    others = [
        replace(STORY, id="a", published_on=date(2021, 7, 6)),
        replace(STORY, id="b", outlet="agency"),
        replace(STORY, id="c", name="Another title"),
        replace(STORY, id="d", outlet=None),
    ]
    ids = one_id_per_document([STORY, *others])
    assert ids == {id_: id_ for id_ in ("story", "a", "b", "c", "d")}
