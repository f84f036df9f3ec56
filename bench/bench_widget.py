"""Measures the widget on a website as on a slow phone: from its script to its button, and from a click to typing.

Beside it, in turns, a script of three lines that adds a button, which opens a frame with a text field: the least that
any chat needs. Chromium runs at a quarter of its speed, on a line of 10 Mbit/s and 40 ms, which it does not apply to
the documents of frames: a line adds its 40 ms to both. The page itself notes the click, and the frame when a key would
reach its field. A driver that looks for the field competes for the slowed processor, and takes more time than the chat.
The pointer reaches the button 100 ms before it presses, as people need longer to press what they have reached.

The website's layout shifts and long tasks are counted, those of its own and those of the frame apart. Page and frame
share a process here, so that a long task of the frame delays the page, as on a phone with little memory. Other browsers
give a frame of another site a process of its own: there the page is measured too.
"""

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import Browser

from bench import stack, visitors
from bench.browser import chromium, context_of, visit
from bench.report import median, ratio, step, table
from local.web.build import FOLDER, build

ROUNDS = 7
AIMS = {"from the script to the button": 300, "from a click to typing": 700}
# One process for page and frame, so that both are slowed.
_ONE_PROCESS = ("--disable-site-isolation-trials", "--disable-features=IsolateOrigins,site-per-process")
_PROCESS_OF_FRAMES = ("--site-per-process",)
_BARE_SCRIPT = """const button = document.createElement("button"); button.textContent = "Open chat";
const src = location.origin.replace("127.0.0.1", "localhost") + "/frame";
button.onclick = () => document.body.append(Object.assign(document.createElement("iframe"), { src }));
document.body.append(button);"""
_BARE_FRAME = (
    "<!doctype html><textarea autofocus></textarea><script>document.querySelector('textarea').focus()</script>"
)
_PAGE = "<!doctype html><title>Shop</title><h1>Tea</h1><p>" + "Leaves from the hills. " * 200 + "</p>"
# The button is in a closed root, which is open here.
_WATCH = """{
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) { return attach.call(this, { ...options, mode: "open" }); };
  window.findButton = (root = document) => root.querySelector("button") ??
    [...root.querySelectorAll("*")].map((each) => each.shadowRoot && findButton(each.shadowRoot)).find(Boolean);
  window.shifts = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((each) => (window.shifts += each.value)))
    .observe({ type: "layout-shift", buffered: true });
}"""
_BUTTON_AFTER_SCRIPT = """async (script) => {
  while (!findButton()) await new Promise((resolve) => setTimeout(resolve, 4));
  const begun = performance.getEntriesByType("resource").find((each) => each.name.includes(script)).startTime;
  return performance.now() - begun;
}"""
_PLACE = """() => {
  findButton().scrollIntoView({ block: "center" });
  const { x, y, width, height } = findButton().getBoundingClientRect();
  return [x + width / 2, y + height / 2];
}"""
_CLICKED = """() => document.addEventListener("click", () => (window.clicked = Date.now()), { capture: true })"""
# A field gets this event only in a document that has the focus, where the next key goes to it.
_FOCUSED = """addEventListener("focusin", ({ target }) => {
  if (target.tagName === "TEXTAREA" && document.hasFocus()) window.focusedAt ??= Date.now();
}, { capture: true });"""
_PAUSE_MS = 250
_REACHED_MS = 100


@contextmanager
def website(widget: str, public_id: str) -> Iterator[str]:
    """The address of a website with the widget at `/ours`, and with the least script at `/bare`."""
    ours = f'<script async src="{widget}/widget.js" data-chatbot="{public_id}"></script>'
    texts = {
        "/ours": ("text/html", _PAGE + ours),
        "/bare": ("text/html", _PAGE + '<script async src="/bare.js"></script>'),
        "/bare.js": ("text/javascript", _BARE_SCRIPT),
        "/frame": ("text/html", _BARE_FRAME),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, text = texts.get(self.path, ("text/plain", ""))
            self.send_response(200)
            self.send_header("content-type", f"{kind}; charset=utf-8")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()


@dataclass(frozen=True)
class Opened:
    """One visit: milliseconds to the button and to typing, the page's layout shift, and long tasks in milliseconds."""

    to_button: float
    to_typing: float
    shift: float
    own_tasks: list[float]
    frame_tasks: list[float]


def opened(browser: Browser, origin: str, path: str, script: str) -> Opened:
    """Visits with an empty cache, opens the chat and types."""
    with context_of(browser, origin, None) as context:
        context.add_init_script(_WATCH)
        context.add_init_script(_FOCUSED)
        visited = visit(context, slow_network=True)
        page = visited.page
        page.goto(path, wait_until="commit")
        to_button = page.evaluate(_BUTTON_AFTER_SCRIPT, script)
        visited.settle()
        page.evaluate(_CLICKED)
        # A locator's click runs a script of the driver in the page, which is a long task there.
        place = page.evaluate(_PLACE)
        page.mouse.move(*place)
        page.wait_for_timeout(_REACHED_MS)
        page.mouse.click(*place)
        focused = None
        while focused is None:
            page.wait_for_timeout(_PAUSE_MS)
            focused = page.frames[-1].evaluate("window.focusedAt ?? null")
        to_typing = focused - page.evaluate("window.clicked")
        page.keyboard.type("Hi")
        assert page.frames[-1].evaluate("document.activeElement.value") == "Hi"
        own: list[float] = []
        of_frame: list[float] = []
        for task in visited.measured("longTasks"):
            (of_frame if task["of"] == "cross-origin-descendant" else own).append(task["duration"])
        return Opened(to_button, to_typing, page.evaluate("window.shifts"), own, of_frame)


def visits(browser: Browser, origin: str, rounds: int) -> list[list[Opened]]:
    """Visits with the widget and with the least script, in turns."""
    ours: list[Opened] = []
    bare: list[Opened] = []
    for round_ in range(rounds):
        step(f"round {round_ + 1} of {rounds}")
        ours.append(opened(browser, origin, "/ours", "widget.js"))
        bare.append(opened(browser, origin, "/bare", "bare.js"))
    return [ours, bare]


def print_times(found: list[list[Opened]]) -> None:
    """Prints how long visitors wait."""
    rows, ratios = [], []
    times: list[Callable[[Opened], float]] = [lambda each: each.to_button, lambda each: each.to_typing]
    for (name, aim), time in zip(AIMS.items(), times, strict=True):
        ours, bare = (median([time(each) for each in of]) for of in found)
        rows.append([name, f"{ours:.0f}", f"{bare:.0f}", aim])
        ratios.append((name, ours / bare))
    table(["milliseconds", "the widget", "the least", "aim on an ordinary machine"], rows)
    for name, value in ratios:
        ratio(f"{name}, to the least", value)


def print_page(where: str, found: list[list[Opened]]) -> None:
    """Prints what the website's page has of it."""
    rows: list[list[str | int]] = [["layout shift", *(f"{max(each.shift for each in of):.4f}" for of in found)]]
    tasks: dict[str, Callable[[Opened], list[float]]] = {
        "long tasks of the page": lambda each: each.own_tasks,
        "long tasks of the frame": lambda each: each.frame_tasks,
    }
    for name, durations in tasks.items():
        numbers = (median([len(durations(each)) for each in of]) for of in found)
        longest = (median([max(durations(each), default=0) for each in of]) for of in found)
        rows.append([f"{name}, median of visits", *(f"{each:.0f}" for each in numbers)])
        rows.append([f"{name}, the longest in ms, median", *(f"{each:.0f}" for each in longest)])
    table([where, "the widget", "the least"], rows)


def main() -> None:
    """Measures and prints."""
    build()
    names = ("widget.js", "widget-frame.js", "widget-markdown.js")
    sizes = [[name, len(gzip.compress((FOLDER / name).read_bytes(), 9))] for name in names]
    table(["compressed", "bytes"], sizes)
    with stack.running() as running:
        (owner,) = running.people(1, visitors.NO_LIMIT)
        chatbot = visitors.publish(running, owner)
        widget = running.ours.program.address.replace("127.0.0.1", "localhost")
        with website(widget, chatbot.public_id) as origin:
            running.rows("update oneai.chatbots set domains = array[%s]", origin)
            with chromium(_ONE_PROCESS) as browser:
                found = visits(browser, origin, ROUNDS)
            print_times(found)
            print_page("page and frame in one process", found)
            with chromium(_PROCESS_OF_FRAMES) as browser:
                print_page("the frame in a process of its own", visits(browser, origin, ROUNDS))


if __name__ == "__main__":
    main()
