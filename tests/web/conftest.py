"""Browser sessions: a Chromium that reaches only this machine, and a record of its console and requests."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from clients.conftest import Server, pytest_terminal_summary, started
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

__all__ = ["pytest_terminal_summary"]
CHROMIUM = "/usr/bin/chromium"
HANG_TIMEOUT_MS = 120_000
"""Bound on waiting for a condition. Only a page that hangs reaches it, however busy the machine is."""
expect.set_options(timeout=HANG_TIMEOUT_MS)
CHROMIUM_FLAGS = (
    "--no-sandbox",  # the sandbox refuses to run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
"""Block every host but this one, so that a page which needs the internet fails."""
SCREENSHOTS = Path(os.environ.get("OXUS_SCREENSHOTS", "build/screenshots"))
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
REPORT_CSP_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
});
"""
COUNT_PENDING_REQUESTS = """
let pending = 0;
const setPending = (count) => {
  pending = count;
  document.documentElement.dataset.pendingRequests = String(count);
};
const track = async (promise) => {
  setPending(pending + 1);
  try {
    return await promise;
  } finally {
    setPending(pending - 1);
  }
};
const fetchUntracked = window.fetch;
window.fetch = (...args) => track(fetchUntracked(...args));
const jsonUntracked = Response.prototype.json;
Response.prototype.json = function () {
  return track(jsonUntracked.call(this));
};
"""
"""Count requests whose body has not been parsed. Rendering follows in microtasks, before any condition is polled."""
FINISH_ANIMATIONS = """
async () => {
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  await Promise.allSettled(document.getAnimations().map((animation) => animation.finished));
}
"""


@dataclass
class PageSession:
    """Hold a page with its console errors and the URLs of its requests."""

    page: Page
    server_url: str
    console_errors: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    @property
    def requested_urls(self) -> list[str]:
        """List the URLs in the order of the requests."""
        return [request.url for request in self.requests]

    def open(self, fragment: str = "") -> "PageSession":
        """Load the page and wait for its first view."""
        self.page.goto("about:blank")  # a change of the fragment alone would not reload the page
        self.page.goto(f"{self.server_url}/{fragment}")
        self.page.wait_for_selector("body[data-ready=true]")
        return self

    def settle(self) -> None:
        """Wait until no change waits for its requests, no request is pending and no animation runs."""
        expect(self.page.locator("#map-section[aria-busy=true]")).to_have_count(0)
        expect(self.page.locator("html")).to_have_attribute("data-pending-requests", "0")
        self.page.evaluate(FINISH_ANIMATIONS)

    def control_of(self, place_id: str) -> tuple[str | None, str | None]:
        """Return the holder and the control state of a place in the list."""
        row = self.page.locator(f"#control-list [data-place-id='{place_id}']")
        return row.get_attribute("data-holder-id"), row.get_attribute("data-control-state")

    def screenshot(self, name: str) -> None:
        """Save a screenshot for people to look at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


Visit = Callable[..., AbstractContextManager[PageSession]]
"""Open a browser session on a server; options are Playwright's `new_context` options."""


@pytest.fixture(scope="package")  # Playwright's event loop runs until it is closed, and excludes any other
def browser() -> Iterator[Browser]:
    """Start Debian's Chromium without a window; skip the tests where it is not installed."""
    program = shutil.which("chromium") or CHROMIUM
    if not Path(program).exists():
        pytest.skip("chromium is not installed (tests/web/install installs it); the page was not tested")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a server with the packs that ship with Oxus."""
    with started(tmp_path_factory.mktemp("web")) as server:
        yield server


@contextmanager
def browser_session(
    browser: Browser, server_url: str, allowed_error: str = "400 (Bad Request)", **context_options: Any
) -> Iterator[PageSession]:
    """Open a fresh browser context; on exit assert that it logged no error and asked no other host.

    Console messages and URLs that contain `allowed_error` pass: a test may provoke a refusal or a blocked request.
    """
    context = browser.new_context(**({"viewport": DESKTOP} | context_options))
    context.set_default_timeout(HANG_TIMEOUT_MS)
    context.add_init_script(REPORT_CSP_VIOLATIONS)
    context.add_init_script(COUNT_PENDING_REQUESTS)
    session = PageSession(context.new_page(), server_url)
    page, errors = session.page, session.console_errors
    page.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: session.requests.append(request))
    try:
        yield session
        assert [text for text in errors if allowed_error not in text] == []
        own = (server_url, "about:", "data:", "blob:")
        foreign = [url for url in session.requested_urls if not url.startswith(own)]
        assert [url for url in foreign if allowed_error not in url] == []
    finally:
        context.close()


@pytest.fixture
def visit(browser: Browser, server: Server) -> Visit:
    """Return a factory of browser sessions on the shipped packs."""

    def open_session(**options: Any) -> AbstractContextManager[PageSession]:
        return browser_session(browser, server.url, **options)

    return open_session
