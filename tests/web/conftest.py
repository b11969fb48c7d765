"""A Chromium that reaches nothing but this machine, and what it was seen to do."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from clients.conftest import Server, pytest_terminal_summary, started
from playwright.sync_api import Browser, Page, expect, sync_playwright

__all__ = ["pytest_terminal_summary"]
CHROMIUM = "/usr/bin/chromium"
expect.set_options(timeout=15_000)  # browsers share the machine with other tests
ALONE = (
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
"""Nothing is looked up and nobody is called; what is not on this machine is not there."""
SCREENSHOTS = Path(os.environ.get("OXUS_SCREENSHOTS", "build/screenshots"))
"""Where pictures of what was tested are kept."""
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
});
"""


@dataclass
class Seen:
    """A page, with what its console said and every address that it asked for."""

    page: Page
    server: str
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def open(self, hash_: str = "") -> "Seen":
        """Go to the page, and wait until it shows what it was asked for."""
        self.page.goto("about:blank")  # an address that differs behind # alone would load nothing anew
        self.page.goto(f"{self.server}/{hash_}")
        self.page.wait_for_selector("body[data-ready=true]")
        return self

    def held(self, place: str) -> tuple[str | None, str | None]:
        """Who holds a place, and how surely, by the list beside the map."""
        row = self.page.locator(f"#control [data-place='{place}']")
        return row.get_attribute("data-holder"), row.get_attribute("data-state")

    def keep(self, name: str) -> None:
        """Keep a picture of it."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


Visit = Callable[..., Any]


@pytest.fixture(scope="package")  # its loop of events goes on until it is closed, and no other can run beside it
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a window. Skips where it is not installed."""
    program = shutil.which("chromium") or CHROMIUM
    if not Path(program).exists():
        pytest.skip("chromium is not installed (tests/web/install installs it); nobody looked at the page")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, headless=True, args=ALONE)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server over the packs that ship with Oxus."""
    with started(tmp_path_factory.mktemp("web")) as server:
        yield server


@contextmanager
def visiting(browser: Browser, server: str, blocked: str = "400 (Bad Request)", **how: Any) -> Iterator[Seen]:
    """A page in a browser that was never here before; asserts in the end that nothing went wrong in it.

    What its console says of `blocked` is meant: an answer that the API refuses, something that a policy blocks.
    """
    context = browser.new_context(**({"viewport": DESKTOP} | how))
    context.set_default_timeout(15_000)
    context.add_init_script(VIOLATIONS)
    page = context.new_page()
    seen = Seen(page, server)
    page.on("console", lambda message: seen.said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: seen.said.append(str(error)))
    page.on("request", lambda request: seen.asked.append(request.url))
    try:
        yield seen
        assert [text for text in seen.said if blocked not in text] == []
        elsewhere = [url for url in seen.asked if not url.startswith((server, "about:", "data:", "blob:"))]
        assert [url for url in elsewhere if blocked not in url] == []
    finally:
        context.close()


@pytest.fixture
def visit(browser: Browser, server: Server) -> Callable[..., Any]:
    """Visits the page over the article's pack."""

    def made(**how: Any) -> Any:
        return visiting(browser, server.url, **how)

    return made
