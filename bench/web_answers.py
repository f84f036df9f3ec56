"""Measures an answer streamed on a page while its user types, in the app and on baseline pages."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bench import comparison, upstream, web_seed
from bench.browser import Visit, context_of, visit
from bench.people import User
from bench.report import median, ratio, step, table
from bench.stack import Stack

RATE = 200
WORDS = 300
# The naive page would take hours for all tokens, so it gets a tenth, which favours it.
NAIVE_SHARE = 10
KEYS = 30
# Each figure is the median of this many runs, because a shared machine is slower for seconds at a time.
RUNS = 3
PATIENCE_MS = 1_800_000


@dataclass(frozen=True)
class Streamed:
    """The measurements of a page during an answer, in milliseconds."""

    longest_task: float
    busy: float
    keys: list[float]
    latencies: list[float]
    script: float
    """Of the main thread's processor time, which other programs on the machine do not change much."""
    layouts: int
    styles: int


class Measurement:
    """Starts the measurements of a page."""

    def __init__(self, visited: Visit, model: str) -> None:
        self._visited = visited
        # Pixels are watched only for numbered words, so that other measurements are not disturbed.
        visited.page.evaluate("(numbered) => (window.bench.numbered = numbered)", model == upstream.MODEL)
        visited.page.evaluate("window.bench.longTasks.length = window.bench.keys.length = 0")
        self._before = visited.metrics()

    def end(self) -> Streamed:
        """Reads the data collected by `observer.js` and Chromium."""
        tasks = [each["duration"] for each in self._visited.measured("longTasks")]
        keys, latencies = self._visited.measured("keys"), self._visited.measured("latencies")
        after = self._visited.metrics()
        spent = {name: after[name] - self._before[name] for name in after}
        counts = int(spent["LayoutCount"]), int(spent["RecalcStyleCount"])
        script = spent["ScriptDuration"] * 1000
        return Streamed(max(tasks, default=0.0), sum(tasks), keys or [0.0], latencies or [0.0], script, *counts)


Answer = Callable[[Browser, str, User, str, str], Streamed]


def in_the_app(browser: Browser, origin: str, user: User, model: str, question: str) -> Streamed:
    """Measures an answer in the app. Sending the question does not count among the key presses."""
    new = {"title": "Measured", "model": model}
    headers = {"authorization": f"Bearer {user.token}"}
    created = httpx.post(f"{origin}/api/conversations", json=new, headers=headers).raise_for_status().json()
    with context_of(browser, origin, user) as context:
        visited = visit(context)
        visited.page.goto(f"/c/{created['id']}")
        box = visited.page.get_by_role("textbox", name="Message")
        expect(box).to_be_editable()
        box.fill(question)
        visited.settle()
        _exists(visited.page, "body")
        measurement = Measurement(visited, model)
        visited.page.keyboard.press("Enter")
        while not _exists(visited.page, "article[aria-busy=true]"):
            visited.page.wait_for_timeout(50)
        visited.page.evaluate("window.bench.keys.length = 0")
        _type_until(visited.page, "article[data-state=complete] .markdown[data-state=complete]")
        return measurement.end()


def on_page(file: str) -> Answer:
    """Measures an answer on a baseline page."""

    def answer(browser: Browser, origin: str, user: User, model: str, question: str) -> Streamed:
        with context_of(browser, origin, user) as context:
            visited = _open(context, origin, file)
            measurement = Measurement(visited, model)
            body = {"message": question, "model": model}
            visited.page.evaluate("([token, body]) => void ask(token, body)", [user.token, body])
            _type_until(visited.page, "body[data-state=complete]")
            return measurement.end()

    return answer


def typing_alone(browser: Browser, origin: str, user: User) -> Streamed:
    """Measures key presses on an idle page."""
    with context_of(browser, origin, user) as context:
        visited = _open(context, origin, "plain.html")
        measurement = Measurement(visited, "")
        for _ in range(KEYS):
            _press(visited.page)
        return measurement.end()


def _open(context: BrowserContext, origin: str, file: str) -> Visit:
    visited = visit(context)
    visited.page.set_default_timeout(PATIENCE_MS)
    visited.page.goto(comparison.serve(context, origin, file))
    visited.page.get_by_role("textbox", name="Message").focus()
    visited.settle()
    return visited


def _type_until(page: Page, end: str) -> None:
    """Presses a key three times a second until the answer is complete. The field has the focus, and a CSS selector
    finds the end, because a query by role walks through the whole page in its own task."""
    started = time.monotonic()
    while not _exists(page, end):
        _press(page)
        assert time.monotonic() - started < PATIENCE_MS / 1000, "the answer never ends"


def _exists(page: Page, selector: str) -> bool:
    """Whether the element exists. Other ways to wait for an element run a script of 60 ms at their first use."""
    return bool(page.evaluate("(selector) => document.querySelector(selector) !== null", selector))


def _press(page: Page) -> None:
    page.keyboard.press("a")
    page.wait_for_timeout(300)


def answers(running: Stack, browser: Browser, tokens: int) -> None:
    """Measures an answer at full speed and one of numbered words, in the app and on baseline pages; prints."""
    origin = running.ours.program.address
    user = web_seed.returning_user(running)
    words = upstream.pace(first=0.2, chunks=WORDS, pause=0.03)
    pages: dict[str, tuple[Answer, int]] = {
        "app": (in_the_app, tokens),
        "naive page": (on_page("naive.html"), tokens // NAIVE_SHARE),
        "plain text": (on_page("plain.html"), tokens),
    }
    measured: dict[str, tuple[Streamed, Streamed]] = {}
    for name, (answer, many) in pages.items():
        step(f"{many:,} tokens at {RATE} a second: {name}")
        question = f"{many} tokens, {RATE} a second"
        fast = [answer(browser, origin, user, "local/markdown", question) for _ in range(RUNS)]
        step(f"{WORDS} words, from bytes to pixels: {name}")
        slow = [answer(browser, origin, user, upstream.MODEL, words) for _ in range(RUNS)]
        measured[name] = (_median(fast), _median(slow))
    alone = typing_alone(browser, origin, user)
    heads = ["longest task, ms", "all long tasks, ms", "script, ms", "layouts", "styles", "key, ms", "longest key, ms"]
    rows = [[f"{name}, {pages[name][1]:,} tokens", *_row(fast)] for name, (fast, _) in measured.items()]
    table([f"streamed, {RATE} tokens a second", *heads], [*rows, ["no answer, keys alone", *_row(alone)]])
    rows = [[name, *_row(slow), f"{median(slow.latencies):.0f}"] for name, (_, slow) in measured.items()]
    table([f"streamed, {WORDS} words", *heads, "bytes to pixels, ms"], rows)
    (ours, our_words), (naive, naive_words), (plain, plain_words) = measured.values()
    ratio("longest task, ms", ours.longest_task, 100)
    ratio("  of plain text, below which no page is", plain.longest_task)
    ratio("longest key press, ms", max(ours.keys), 50)
    ratio("  of plain text, below which no page is", max(plain.keys))
    ratio("  with no answer at all", max(alone.keys))
    ratio("from bytes to pixels, ms", median(our_words.latencies), 50)
    ratio("  of plain text, below which no page is", median(plain_words.latencies))
    ratio("  to the naive page", median(our_words.latencies) / median(naive_words.latencies))
    ratio("long tasks for each token, to the naive page", ours.busy / NAIVE_SHARE / max(naive.busy, 1))


def _median(runs: list[Streamed]) -> Streamed:
    """The median of each figure; the key presses are those of the run with the median maximum."""
    keys = sorted((run.keys for run in runs), key=max)[len(runs) // 2]
    latencies = sorted((run.latencies for run in runs), key=median)[len(runs) // 2]
    longest, busy, script = (
        median([getattr(run, each) for run in runs]) for each in ("longest_task", "busy", "script")
    )
    layouts, styles = (round(median([getattr(run, each) for run in runs])) for each in ("layouts", "styles"))
    return Streamed(longest, busy, keys, latencies, script, layouts, styles)


def _row(page: Streamed) -> list[str]:
    figures = [page.longest_task, page.busy, page.script, page.layouts, page.styles, median(page.keys), max(page.keys)]
    return [f"{each:.0f}" for each in figures]
