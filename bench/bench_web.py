"""The web app on a slow phone: Chromium with its processor slowed four times, on a line of 10 Mbit/s and 40 ms.

What pages weigh and when they can be used; an answer of 10,000 tokens at 200 a second, beside a page that parses the
whole answer on each token; conversations that are very long or very many. `python -m bench.bench_web 0.1` streams a
tenth of the tokens; names of `PARTS` after it measure those alone: `python -m bench.bench_web 0.1 load answer`.
Milliseconds are the wall's: on a machine that is busy with other work they say little.
"""

import os
import sys
import time
from dataclasses import dataclass
from uuid import UUID

import httpx
from playwright.sync_api import Browser, Page, expect

from bench import naive, stack, upstream, web_seed
from bench.browser import Visit, chromium, context_of, visit
from bench.people import Person
from bench.report import median, ratio, step, table
from bench.stack import Stack
from local.web.build import build

expect.set_options(timeout=60_000)  # a machine that is busy
TOKENS, RATE = 10_000, 200
# The naive page would take hours for all of them: it gets a tenth, which flatters it.
NAIVE_SHARE = 10
WORDS = 300
PATIENCE_MS = 1_800_000
_LAST_SCRIPT = """Math.max(...performance.getEntriesByType("resource")
  .filter((each) => each.name.endsWith(".js")).map((each) => each.responseEnd))"""


@dataclass(frozen=True)
class Streamed:
    """What a page did while an answer was written on it, in milliseconds."""

    longest_task: float
    busy: float
    longest_key: float
    latencies: list[float]
    took: float

    @staticmethod
    def of(visited: Visit, begun: float) -> "Streamed":
        """Reads what `observer.js` has collected."""
        tasks = [each["duration"] for each in visited.measured("longTasks")]
        keys, latencies = visited.measured("keys"), visited.measured("latencies")
        took = (time.monotonic() - begun) * 1000
        return Streamed(max(tasks, default=0.0), sum(tasks), max(keys, default=0.0), latencies, took)


def first_load(browser: Browser, origin: str, path: str, person: Person | None) -> list[object]:
    """When a page is painted and can be used with nothing kept from before, and what it weighs."""
    step(f"first load of {path}")
    paints, uses = [], []
    for _ in range(3):
        with context_of(browser, origin, person) as context:
            visited = visit(context, slow_network=True)
            visited.page.goto(path)
            if person:
                expect(visited.page.get_by_role("textbox", name="Message")).to_be_editable()
            visited.settle()
            paints.append(visited.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
            ends = [each["start"] + each["duration"] for each in visited.measured("longTasks")]
            uses.append(max([paints[-1], visited.page.evaluate(_LAST_SCRIPT), *ends]))
            requests = visited.requests
    for file, size in sorted(requests.bytes_of.items(), key=lambda item: -item[1]):
        print(f"  {path:4} {size:>8,} bytes  {file}")
    sizes = [f"{requests.total(kind):,}" for kind in ("Script", "Stylesheet")]
    return [path, f"{median(paints):.0f}", f"{median(uses):.0f}", *sizes, len(requests.bytes_of)]


def our_answer(browser: Browser, origin: str, person: Person, model: str, question: str) -> Streamed:
    """An answer in the app, while somebody types."""
    new = {"title": "Measured", "model": model}
    headers = {"authorization": f"Bearer {person.token}"}
    created = httpx.post(f"{origin}/api/conversations", json=new, headers=headers).raise_for_status().json()
    with context_of(browser, origin, person) as context:
        visited = visit(context)
        visited.page.goto(f"/c/{created['id']}")
        box = visited.page.get_by_role("textbox", name="Message")
        expect(box).to_be_editable()
        box.fill(question)
        visited.settle()
        visited.page.evaluate("window.bench.longTasks.length = window.bench.keys.length = 0")
        begun = time.monotonic()
        box.press("Enter")
        _type_until(visited.page, "article[data-state=complete] .markdown[data-state=complete]")
        return Streamed.of(visited, begun)


def naive_answer(browser: Browser, origin: str, person: Person, model: str, question: str) -> Streamed:
    """The same answer on the page that parses all of it each time."""
    with context_of(browser, origin, person) as context:
        address = naive.serve(context, origin)
        visited = visit(context)
        visited.page.set_default_timeout(PATIENCE_MS)
        visited.page.goto(address)
        begun = time.monotonic()
        body = {"message": question, "model": model}
        visited.page.evaluate("([token, body]) => void ask(token, body)", [person.token, body])
        _type_until(visited.page, "body[data-state=complete]")
        return Streamed.of(visited, begun)


def _type_until(page: Page, end: str) -> None:
    """Presses a key three times a second until the answer is complete."""
    box = page.get_by_role("textbox", name="Message")
    begun = time.monotonic()
    while not page.locator(end).count():
        box.press("a")
        page.wait_for_timeout(300)
        assert time.monotonic() - begun < PATIENCE_MS / 1000, "the answer never ends"


def loads(running: Stack, browser: Browser, _tokens: int) -> None:
    """The landing page and the chat with nothing kept from before; prints."""
    origin = running.ours.program.address
    (person,) = running.people(1)
    rows = [first_load(browser, origin, "/", None), first_load(browser, origin, "/c", person)]
    heads = ["first paint, ms", "interactive, ms", "JavaScript, bytes", "CSS, bytes", "requests"]
    table(["first load", *heads], rows)


def answers(running: Stack, browser: Browser, tokens: int) -> None:
    """An answer at full speed and one of numbered words, here and on the naive page; prints."""
    origin = running.ours.program.address
    (person,) = running.people(1)
    words = upstream.pace(first=0.2, chunks=WORDS, pause=0.03)
    measured: dict[str, tuple[Streamed, Streamed]] = {}
    shares = {"app": (our_answer, tokens), "naive page": (naive_answer, tokens // NAIVE_SHARE)}
    for name, (answer, many) in shares.items():
        step(f"{many:,} tokens at {RATE} a second: {name}")
        fast = answer(browser, origin, person, "local/markdown", f"{many} tokens, {RATE} a second")
        step(f"{WORDS} words, from bytes to pixels: {name}")
        measured[name] = (fast, answer(browser, origin, person, upstream.MODEL, words))
    rows = [
        [
            f"{name}, {shares[name][1]:,} tokens",
            f"{fast.took / 1000:.0f} s",
            f"{fast.longest_task:.0f}",
            f"{fast.busy:.0f}",
            f"{fast.longest_key:.0f}",
            f"{median(slow.latencies):.0f}",
            f"{max(slow.latencies):.0f}",
        ]
        for name, (fast, slow) in measured.items()
    ]
    heads = ["longest task, ms", "all long tasks, ms", "longest key, ms", "bytes to pixels, ms", "at most, ms"]
    table([f"streamed, {RATE} tokens a second", "took", *heads], rows)
    (ours, our_words), (theirs, their_words) = measured.values()
    ratio("longest task, ms", ours.longest_task, 100)
    ratio("longest key press, ms", ours.longest_key, 50)
    ratio("from bytes to pixels, ms", median(our_words.latencies), 50)
    ratio("  to the naive page", median(our_words.latencies) / median(their_words.latencies))
    ratio("long tasks for each token, to the naive page", ours.busy / NAIVE_SHARE / max(theirs.busy, 1))


def open_one(visited: Visit, conversation: UUID) -> tuple[float, int]:
    """Milliseconds until a conversation, opened inside the app, is read and shown; and the requests it took."""
    before = sum(visited.requests.count.values())
    took = visited.page.evaluate(
        """async (path) => {
          const begin = performance.now();
          const link = document.createElement("a");
          link.href = path;
          document.body.append(link);
          link.click(); // Kit's router takes it as its own
          link.remove();
          const answer = "article .markdown[data-state=complete]";
          const ready = () => location.pathname === path && document.querySelector(answer);
          while (!ready()) await new Promise((resolve) => setTimeout(resolve, 5));
          return performance.now() - begin;
        }""",
        f"/c/{conversation}",
    )
    return took, sum(visited.requests.count.values()) - before


def conversations(running: Stack, browser: Browser, _tokens: int) -> None:
    """Very long conversations, and many opened one after another; prints."""
    origin = running.ours.program.address
    (person,) = running.people(1)
    step(f"{web_seed.CONVERSATIONS:,} conversations")
    seeded = web_seed.fill(running.database, person)
    with context_of(browser, origin, person) as context:
        visited = visit(context)
        visited.page.goto("/c")
        expect(visited.page.get_by_role("textbox", name="Message")).to_be_editable()
        visited.settle()
        rows = []
        usual = ("20 messages", seeded.ordinary[-1])
        long = (f"{web_seed.MESSAGES:,} messages", seeded.longest)
        answer = (f"an answer of {web_seed.CHARACTERS:,} characters", seeded.long_answer)
        for name, conversation in (usual, long, answer):
            step(f"opening {name}")
            visited.page.evaluate("window.bench.longTasks.length = window.bench.keys.length = 0")
            took, requests = open_one(visited, conversation)
            visited.settle()
            _press(visited.page)
            key = max(visited.measured("keys"), default=0)
            row = [
                f"{took:.0f}",
                requests,
                f"{visited.longest_task():.0f}",
                f"{key:.0f}",
                f"{visited.heap() / 1e6:.1f}",
            ]
            rows.append([name, *row])
        table(["opened", "ms", "requests", "longest task, ms", "longest key, ms", "heap, MB"], rows)
    with context_of(browser, origin, person) as context:
        visited = visit(context, slow_cpu=False)
        visited.page.goto("/c")
        expect(visited.page.get_by_role("textbox", name="Message")).to_be_editable()
        heaps = []
        for round_ in range(2):
            step(f"opening and leaving {len(seeded.ordinary)} conversations, round {round_ + 1} of 2")
            for conversation in seeded.ordinary:
                open_one(visited, conversation)
            visited.settle()
            heaps.append(visited.heap())
    ratio("heap after 100 conversations opened and left, to after 50", heaps[1] / heaps[0], 1.1)


def _press(page: Page) -> None:
    box = page.get_by_role("textbox", name="Message")
    for letter in "typing":
        box.press(letter)
        page.wait_for_timeout(150)


PARTS = {"load": loads, "answer": answers, "conversations": conversations}


def main() -> None:
    """Measures and prints."""
    share, *names = sys.argv[1:] or ["1"]
    step("building the app")
    build()
    print(f"load of this machine at the start: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with stack.running() as running, chromium() as browser:
        for name in names or PARTS:
            PARTS[name](running, browser, round(TOKENS * float(share)))
    print(f"load of this machine at the end: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
