"""The pages of the description render without a network, under their policies."""

import pytest

from web.conftest import Visit

PAGES = {
    "docs": (".opblock", "nothing"),
    "ogc/docs": (".opblock", "nothing"),
    "redoc": ("[data-section-id]", "cdn.redoc.ly"),  # its maker's logo lies elsewhere, and is not fetched
}
"""What is there once a page is rendered, and what its policy blocks."""


@pytest.mark.parametrize("path", PAGES)
def test_the_description_is_shown(visit: Visit, path: str) -> None:
    sign, blocked = PAGES[path]
    with visit(blocked=blocked) as seen:
        seen.page.goto(f"{seen.server}/{path}")
        seen.page.wait_for_selector(sign)
        assert seen.page.locator(sign).count() > 5
        seen.keep(path.replace("/", "-"))


def test_a_question_can_be_tried_out(visit: Visit) -> None:
    with visit() as seen:
        seen.page.goto(f"{seen.server}/docs")
        operation = seen.page.locator("#operations-operation-healthz")
        operation.locator(".opblock-summary-control").click()
        operation.locator(".execute").click()
        operation.locator(".live-responses-table .response-col_status", has_text="200").wait_for()
