"""Chromium as on a slow phone, with a slowed processor and network, and the costs of a page there."""

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from bench.people import User

CPU_SLOWDOWN = 4
LATENCY_MS = 40
BYTES_PER_SECOND = 10_000_000 / 8
# The shell has the same engine without a window, which would take CPU from the measured page.
_PROGRAMS = (Path("/usr/lib/chromium/chromium-headless-shell"), Path("/usr/bin/chromium"))
_OBSERVER = Path(__file__).with_name("observer.js").read_text()


@dataclass
class Requests:
    """The requests of a page: compressed bytes by file."""

    bytes_of: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    count: Counter[str] = field(default_factory=Counter)
    _by_id: dict[str, str] = field(default_factory=dict)

    def watch(self, session: CDPSession) -> None:
        """Counts from now on."""
        session.on("Network.responseReceived", self._received)
        session.on("Network.dataReceived", self._data)

    def total(self, *kinds: str) -> int:
        """The bytes of these kinds of files."""
        return sum(size for path, size in self.bytes_of.items() if self.kinds.get(path) in kinds)

    def _received(self, event: dict[str, Any]) -> None:
        path = urlsplit(event["response"]["url"]).path
        self._by_id[event["requestId"]] = path
        self.kinds[path] = event["type"]
        self.count[path] += 1

    def _data(self, event: dict[str, Any]) -> None:
        # Without the headers, which HTTP/2 compresses and this stack's HTTP/1.1 does not.
        if path := self._by_id.get(event["requestId"]):
            self.bytes_of[path] = self.bytes_of.get(path, 0) + int(event["encodedDataLength"])


@dataclass
class Visit:
    """A measured page."""

    page: Page
    session: CDPSession
    requests: Requests

    def measured(self, name: str) -> Any:
        """The data collected by `observer.js`."""
        return self.page.evaluate(f"window.bench.{name}")

    def longest_task(self) -> float:
        """Milliseconds; 0 where no task took 50."""
        return max((each["duration"] for each in self.measured("longTasks")), default=0.0)

    def heap(self) -> int:
        """Bytes of live JavaScript objects."""
        self.session.send("HeapProfiler.collectGarbage")
        return int(self.metrics()["JSHeapUsedSize"])

    def metrics(self) -> dict[str, float]:
        """Chromium's metrics of the page. Durations are seconds of CPU time of the main thread, without time in which
        other programs run."""
        metrics = self.session.send("Performance.getMetrics")["metrics"]
        return {each["name"]: each["value"] for each in metrics}

    def settle(self) -> None:
        """Waits until half a second passes without a request or a long task."""
        self.page.wait_for_load_state("networkidle")
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            now, last = self.page.evaluate(
                "[performance.now(), Math.max(0, ...window.bench.longTasks.map((each) => each.start + each.duration))]"
            )
            if now - last > 500:
                return
            self.page.wait_for_timeout(100)


@contextmanager
def chromium(more_flags: Sequence[str] = ()) -> Iterator[Browser]:
    """The system's browser, its headless shell first."""
    program = next((each for each in _PROGRAMS if each.exists()), _PROGRAMS[-1])
    flags = ["--no-sandbox", "--disable-background-networking", "--disable-gpu", *more_flags]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        yield browser
        browser.close()


@contextmanager
def context_of(browser: Browser, origin: str, user: User | None) -> Iterator[BrowserContext]:
    """An empty browser, in which `user` is signed in."""
    entries = [{"name": "oneai.session", "value": json.dumps(_session(user))}] if user else []
    state: Any = {"cookies": [], "origins": [{"origin": origin, "localStorage": entries}]}
    context = browser.new_context(base_url=origin, storage_state=state, viewport={"width": 412, "height": 915})
    context.add_init_script(_OBSERVER)
    yield context
    context.close()


def visit(context: BrowserContext, *, slow_network: bool = False, slow_cpu: bool = True) -> Visit:
    """A new page, slowed."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    if slow_cpu:
        session.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
    if slow_network:
        rates = {"downloadThroughput": BYTES_PER_SECOND, "uploadThroughput": BYTES_PER_SECOND}
        session.send("Network.emulateNetworkConditions", {"offline": False, "latency": LATENCY_MS, **rates})
    requests = Requests()
    requests.watch(session)
    return Visit(page, session, requests)


def _session(user: User) -> dict[str, Any]:
    """The session in the form of Supabase's client."""
    claims = {"id": str(user.id), "email": f"{user.id}@example.com", "aud": "authenticated", "role": "authenticated"}
    expires = {"expires_in": 3600, "expires_at": int(time.time()) + 3600}
    return {"access_token": user.token, "refresh_token": "none", "token_type": "bearer", **expires, "user": claims}
