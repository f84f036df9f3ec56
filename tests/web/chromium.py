"""The system's Chromium, its headless shell first, and what a page must never do while a test watches it."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, BrowserType, ConsoleMessage, Page, Request, WebError

from tests.patience import eventually

# The shell has the same engine and no window: a page costs it a fifth of the processor time.
PROGRAMS = (Path("/usr/lib/chromium/chromium-headless-shell"), Path("/usr/bin/chromium"))
HOW_TO_INSTALL = (
    f"{PROGRAMS[-1]} is missing: `make setup` installs it as root, `sudo apt-get install chromium` does otherwise; "
    "BROWSER=0 leaves the browser tests out."
)
_FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    # Beside the watch: nothing outside of this machine can be reached at all.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


async def launch(chromium: BrowserType) -> Browser:
    """Starts the system's Chromium; the test fails with the sentence that says how to install it."""
    program = next((each for each in PROGRAMS if each.exists()), None)
    if program is None:
        pytest.fail(HOW_TO_INSTALL, pytrace=False)
    return await chromium.launch(executable_path=program, headless=True, args=_FLAGS)


async def becomes(page: Page, expression: str) -> None:
    """Waits until the expression is true on the page. `wait_for_function` would evaluate it there from the second time
    on, which the policy of our pages refuses."""
    await eventually(lambda: page.evaluate(expression))


class Watch:
    """What went wrong in a context's pages: errors, broken policies, requests to others. Checked after each test."""

    def __init__(self, origin: str, log: Path) -> None:
        self.origin = origin
        self._log = log
        self.problems: list[str] = []
        self.foreign: list[str] = []
        """Addresses of other origins that were asked for."""
        self._expected: list[re.Pattern[str]] = []

    def attach(self, context: BrowserContext) -> None:
        """Watches all pages of a context, workers included."""
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        context.on("request", self._on_request)

    def detach(self, context: BrowserContext) -> None:
        """Leaves a context that stays open for the next test."""
        context.remove_listener("console", self._on_console)
        context.remove_listener("weberror", self._on_error)
        context.remove_listener("request", self._on_request)

    def expect(self, pattern: str) -> None:
        """Problems that match are the test's subject, from now on and until it ends."""
        self._expected.append(re.compile(pattern))

    def refused(self, *statuses: int) -> None:
        """Answers with these statuses are the test's subject: Chromium writes each of them on the console."""
        for status in statuses:
            self.expect(rf"Failed to load resource: .* status of {status} ")

    def check(self) -> None:
        """Fails with every problem that no test expected."""
        left = [each for each in self.problems if not any(pattern.search(each) for pattern in self._expected)]
        assert not left, "\n".join(["The page is not clean:", *left, *self._server_errors()])

    def _server_errors(self) -> list[str]:
        """What the stack has logged of its own failures: a status of 5xx alone does not say which."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return [line for line in lines if re.search(r'"status": ?5|"level": ?"(WARNING|ERROR)"', line)][-10:]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            where = message.location
            self.problems.append(f"console: {message.text} ({where.get('url', '')}:{where.get('lineNumber', '')})")

    def _on_error(self, failure: WebError) -> None:
        self.problems.append(f"error: {failure.error}")

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and f"{parts.scheme}://{parts.netloc}" != self.origin:
            self.foreign.append(request.url)
            self.problems.append(f"foreign request: {request.method} {request.url}")
