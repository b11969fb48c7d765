"""What stands in the way of people who see, point or read otherwise: axe-core finds nothing serious."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from web.conftest import DESKTOP, PHONE, Visit

SERIOUS = ("serious", "critical")
VIEWS = {
    "day": "#day=2021-06-29",
    "event": "#day=2021-06-29&event=dostum-evacuated-2021",
    "place": "#day=2021-06-29&event=place:kaldar",
    "objection": "#place=Kalder",
    "known": "#day=2021-07-02&known=2021-07-02",
}
LOOKS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "light": ({"color_scheme": "light", "viewport": DESKTOP}, tuple(VIEWS)),
    "dark": ({"color_scheme": "dark", "viewport": DESKTOP}, ("day", "event")),
    "phone": ({"color_scheme": "light", "viewport": PHONE}, ("day",)),
    "dark-phone": ({"color_scheme": "dark", "viewport": PHONE}, ("day", "event", "objection")),
}
"""How the page is looked at, and what in it: every view once, and those with most in them in every light."""


def axe() -> str:
    """The script of axe-core, which a wheel carries."""
    spec = importlib.util.find_spec("axe_playwright_python")
    assert spec
    assert spec.origin
    return (Path(spec.origin).parent / "axe.min.js").read_text("utf-8")


@pytest.mark.parametrize("look", LOOKS)
def test_nothing_serious_stands_in_the_way(visit: Visit, look: str) -> None:
    script = axe()
    how, views = LOOKS[look]
    with visit(**how, reduced_motion="reduce") as seen:
        for name in views:
            seen.open(VIEWS[name])
            seen.page.evaluate("for (const box of document.querySelectorAll('details:not([name])')) box.open = true")
            seen.page.wait_for_timeout(150)
            seen.keep(f"{look}-{name}")
            seen.page.evaluate(script)
            found = seen.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
            assert found["passes"], "axe looked at nothing"
            serious = [
                (rule["id"], node["target"], node["failureSummary"])
                for rule in found["violations"]
                if rule["impact"] in SERIOUS
                for node in rule["nodes"][:3]
            ]
            assert serious == [], name


def test_a_fault_would_be_found(visit: Visit) -> None:
    with visit() as seen:
        seen.open()
        seen.page.evaluate("document.getElementById('play').replaceChildren()")
        seen.page.evaluate(axe())
        found = seen.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert "button-name" in {rule["id"] for rule in found["violations"] if rule["impact"] in SERIOUS}


def test_who_wants_no_motion_gets_none(visit: Visit) -> None:
    with visit(reduced_motion="reduce") as seen:
        seen.open()
        assert seen.page.locator(".leaflet-zoom-anim").count() == 0
        assert seen.page.locator(".mark").first.evaluate("mark => getComputedStyle(mark).transitionDuration") == "0s"
