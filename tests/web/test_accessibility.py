"""Accessibility: axe-core finds no serious violation in any view, colour scheme or screen size."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from web.conftest import DESKTOP, PHONE, PageSession, Visit

SERIOUS_IMPACTS = ("serious", "critical")
VIEWS = {
    "day": "#day=2021-06-29",
    "event": "#day=2021-06-29&event=dostum-evacuated-2021",
    "place": "#day=2021-06-29&event=place:kaldar",
    "problem": "#place=Kalder",
    "known-by": "#day=2021-07-02&known=2021-07-02",
}
DISPLAYS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "light": ({"color_scheme": "light", "viewport": DESKTOP}, tuple(VIEWS)),
    "dark": ({"color_scheme": "dark", "viewport": DESKTOP}, ("day", "event")),
    "phone": ({"color_scheme": "light", "viewport": PHONE}, ("day",)),
    "dark-phone": ({"color_scheme": "dark", "viewport": PHONE}, ("day", "event", "problem")),
}
"""Context options and views: every view once, and those with most content on every display."""


def axe_script() -> str:
    """Return the source of axe-core, which the wheel axe-playwright-python carries."""
    spec = importlib.util.find_spec("axe_playwright_python")
    assert spec
    assert spec.origin
    return (Path(spec.origin).parent / "axe.min.js").read_text("utf-8")


def serious_violations(session: PageSession) -> list[dict[str, Any]]:
    session.page.evaluate(axe_script())
    results = session.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert results["passes"], "axe checked nothing"
    return [rule for rule in results["violations"] if rule["impact"] in SERIOUS_IMPACTS]


@pytest.mark.parametrize("display", DISPLAYS)
def test_axe_finds_no_serious_violation(visit: Visit, display: str) -> None:
    options, views = DISPLAYS[display]
    with visit(**options, reduced_motion="reduce") as session:
        for view in views:
            session.open(VIEWS[view])
            session.page.evaluate("for (const box of document.querySelectorAll('details:not([name])')) box.open = true")
            session.settle()
            session.screenshot(f"{display}-{view}")
            nodes = [
                (rule["id"], node["target"], node["failureSummary"])
                for rule in serious_violations(session)
                for node in rule["nodes"][:3]
            ]
            assert nodes == [], view


def test_axe_would_find_a_button_without_a_name(visit: Visit) -> None:
    with visit() as session:
        session.open()
        session.page.evaluate("document.getElementById('play').replaceChildren()")
        assert "button-name" in {rule["id"] for rule in serious_violations(session)}


def test_reduced_motion_switches_animations_off(visit: Visit) -> None:
    with visit(reduced_motion="reduce") as session:
        page = session.open().page
        assert page.locator(".leaflet-zoom-anim").count() == 0
        marker = page.locator(".event-marker").first
        assert marker.evaluate("marker => getComputedStyle(marker).transitionDuration") == "0s"
