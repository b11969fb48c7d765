"""API documentation pages: they render without internet, under their Content-Security-Policies."""

import pytest
from playwright.sync_api import expect

from web.conftest import Visit

DOCS_PAGES = {
    "docs": (".opblock", "nothing"),
    "ogc/docs": (".opblock", "nothing"),
    "redoc": ("[data-section-id]", "cdn.redoc.ly"),  # the logo of ReDoc's makers, which is not fetched
}
"""A selector of a rendered operation, and the URL that the policy blocks."""


@pytest.mark.parametrize("path", DOCS_PAGES)
def test_the_documentation_renders(visit: Visit, path: str) -> None:
    operation, blocked_url = DOCS_PAGES[path]
    with visit(allowed_error=blocked_url) as session:
        session.page.goto(f"{session.server_url}/{path}")
        expect(session.page.locator(operation).nth(5)).to_be_attached()
        session.screenshot(path.replace("/", "-"))


def test_an_operation_can_be_tried_out(visit: Visit) -> None:
    with visit() as session:
        session.page.goto(f"{session.server_url}/docs")
        operation = session.page.locator("#operations-operation-healthz")
        operation.locator(".opblock-summary-control").click()
        operation.locator(".execute").click()
        operation.locator(".live-responses-table .response-col_status", has_text="200").wait_for()
