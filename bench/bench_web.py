"""Measures the web app on a slow phone: Chromium at a quarter of its speed, on a line of 10 Mbit/s and 40 ms.

It measures the size of pages and the time until they are usable, an answer of 10,000 tokens at 200 a second beside a
page that parses the whole answer on each token, very long and very many conversations, and the model picker.

`python -m bench.bench_web 0.1` streams a tenth of the tokens. Names of `PARTS` after it measure those parts alone:
`python -m bench.bench_web 0.1 load answer`. Milliseconds are wall time, which says little on a busy machine.
"""

import os
import sys
from uuid import UUID

from playwright.sync_api import Browser, Page, Route, expect

from bench import stack, web_seed
from bench.browser import Visit, chromium, context_of, visit
from bench.people import User
from bench.report import median, ratio, step, table
from bench.stack import Stack
from bench.web_answers import answers
from local.web.build import build

expect.set_options(timeout=60_000)  # a machine that is busy
TOKENS = 10_000
MODELS = 600
# From a key in the model field until the options are drawn, in milliseconds.
_TIMED = """async ([type, key]) => {
  const field = document.activeElement;
  const before = field.getAttribute("aria-activedescendant");
  const begin = performance.now();
  field.dispatchEvent(new KeyboardEvent(type, { key, bubbles: true, cancelable: true }));
  const done = () => field.getAttribute("aria-activedescendant") !== before && document.querySelector("[role=option]");
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 0));
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
  return performance.now() - begin;
}"""
_LAST_SCRIPT = """Math.max(...performance.getEntriesByType("resource")
  .filter((each) => each.name.endsWith(".js")).map((each) => each.responseEnd))"""


def first_load(browser: Browser, origin: str, path: str, user: User | None) -> list[object]:
    """Measures a page with an empty cache: when it is painted and usable, and its size."""
    step(f"first load of {path}")
    paints, uses = [], []
    for _ in range(3):
        with context_of(browser, origin, user) as context:
            visited = visit(context, slow_network=True)
            visited.page.goto(path)
            if user:
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


def loads(running: Stack, browser: Browser, _tokens: int) -> None:
    """Measures the landing page and the chat with an empty cache, and prints."""
    origin = running.ours.program.address
    user = web_seed.returning_user(running)
    rows = [first_load(browser, origin, "/", None), first_load(browser, origin, "/c", user)]
    heads = ["first paint, ms", "interactive, ms", "JavaScript, bytes", "CSS, bytes", "requests"]
    table(["first load", *heads], rows)


def open_one(visited: Visit, conversation: UUID) -> tuple[float, int]:
    """Milliseconds until a conversation opened in the app is shown, and the number of its requests."""
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
    """Measures very long conversations, and many opened one after another, and prints."""
    origin = running.ours.program.address
    user = web_seed.returning_user(running)
    step(f"{web_seed.CONVERSATIONS:,} conversations")
    seeded = web_seed.fill(running.database, user)
    with context_of(browser, origin, user) as context:
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
    with context_of(browser, origin, user) as context:
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


def picker(running: Stack, browser: Browser, _tokens: int) -> None:
    """Measures how long the list of 600 models takes to open and to answer a key, and prints."""
    origin = running.ours.program.address
    user = web_seed.returning_user(running)
    step(f"the picker of {MODELS} models")
    with context_of(browser, origin, user) as context:
        visited = visit(context)
        visited.page.set_viewport_size({"width": 1280, "height": 800})
        visited.page.route("**/api/chat/models", _many_models)
        visited.page.goto("/c")
        expect(visited.page.get_by_role("textbox", name="Message")).to_be_editable()
        field = visited.page.get_by_role("combobox", name="Model", exact=True)
        field.click()  # loads its code
        expect(visited.page.get_by_role("option").first).to_be_visible()
        opened, keys = [], []
        for _ in range(5):
            field.press("Escape")
            opened.append(visited.page.evaluate(_TIMED, ["keydown", "ArrowDown"]))
            keys.append(visited.page.evaluate(_TIMED, ["keydown", "ArrowDown"]))
        rows = visited.page.get_by_role("option").count()
        table(
            ["the picker", "opens, ms", "a key, ms", "options on the page"],
            [[MODELS, f"{median(opened):.0f}", f"{median(keys):.0f}", rows]],
        )
        ratio("time to open the picker, to 100 ms", median(opened) / 100, 1.0)


def _many_models(route: Route) -> None:
    answer = route.fetch().json()
    known = answer["items"][0]
    items = [{**known, "id": f"maker-{n % 40}/{n}", "name": f"Maker {n % 40}: Model {n}"} for n in range(MODELS)]
    route.fulfill(json={**answer, "items": items, "sections": []})


def _press(page: Page) -> None:
    box = page.get_by_role("textbox", name="Message")
    for letter in "typing":
        box.press(letter)
        page.wait_for_timeout(150)


PARTS = {"load": loads, "answer": answers, "conversations": conversations, "picker": picker}


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
