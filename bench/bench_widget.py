"""Measures the widget on a website as on a slow phone: from its script to its button, and from a click to typing.

Beside it, in turns, a script of three lines that adds a button, which opens a frame with a text field: the least that
any chat needs. Chromium runs at a quarter of its speed, on a line of 10 Mbit/s and 40 ms, which it does not apply to
the documents of frames: a line adds its 40 ms to both. The page itself notes the click, and the frame when a key would
reach its field. A driver that looks for the field competes for the slowed processor, and takes more time than the chat.
The website's own layout shifts and long tasks are counted.
"""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import Browser, expect

from bench import stack, visitors
from bench.browser import chromium, context_of, visit
from bench.report import median, ratio, step, table
from local.web.build import FOLDER, build

ROUNDS = 7
AIMS = {"from the script to the button": 300, "from a click to typing": 700}
# One process for page and frame, so that both are slowed.
_ONE_PROCESS = ("--disable-site-isolation-trials", "--disable-features=IsolateOrigins,site-per-process")
_BARE_SCRIPT = """const button = document.createElement("button"); button.textContent = "Open chat";
button.onclick = () => document.body.append(Object.assign(document.createElement("iframe"), { src: "/frame" }));
document.body.append(button);"""
_BARE_FRAME = (
    "<!doctype html><textarea autofocus></textarea><script>document.querySelector('textarea').focus()</script>"
)
_PAGE = "<!doctype html><title>Shop</title><h1>Tea</h1><p>" + "Leaves from the hills. " * 200 + "</p>"
# The button is in a closed root, so it is seen when it is put into the page.
_WATCH = """{
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) { return attach.call(this, { ...options, mode: "open" }); };
  window.shifts = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((each) => (window.shifts += each.value)))
    .observe({ type: "layout-shift", buffered: true });
}"""
_BUTTON_AFTER_SCRIPT = """async (script) => {
  const find = (root) => root.querySelector("button") ??
    [...root.querySelectorAll("*")].map((each) => each.shadowRoot && find(each.shadowRoot)).find(Boolean);
  while (!find(document)) await new Promise((resolve) => setTimeout(resolve, 4));
  const begun = performance.getEntriesByType("resource").find((each) => each.name.includes(script)).startTime;
  return performance.now() - begun;
}"""
_CLICKED = """() => document.addEventListener("click", () => (window.clicked = Date.now()), { capture: true })"""
# A field gets this event only in a document that has the focus, where the next key goes to it.
_FOCUSED = """addEventListener("focusin", ({ target }) => {
  if (target.tagName === "TEXTAREA" && document.hasFocus()) window.focusedAt ??= Date.now();
}, { capture: true });"""
_PAUSE_MS = 250


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


def opened(browser: Browser, origin: str, path: str, script: str) -> tuple[float, float, float, int]:
    """One visit with an empty cache: milliseconds to the button and to typing, the page's layout shift, long tasks."""
    with context_of(browser, origin, None) as context:
        context.add_init_script(_WATCH)
        context.add_init_script(_FOCUSED)
        visited = visit(context, slow_network=True)
        page = visited.page
        page.goto(path, wait_until="commit")
        to_button = page.evaluate(_BUTTON_AFTER_SCRIPT, script)
        visited.settle()
        page.evaluate(_CLICKED)
        button = page.get_by_role("button", name="Open chat")
        expect(button).to_be_visible()
        button.click()
        focused = None
        while focused is None:
            page.wait_for_timeout(_PAUSE_MS)
            focused = page.frames[-1].evaluate("window.focusedAt ?? null")
        to_typing = focused - page.evaluate("window.clicked")
        page.keyboard.type("Hi")
        assert page.frames[-1].evaluate("document.activeElement.value") == "Hi"
        return to_button, to_typing, page.evaluate("window.shifts"), len(visited.measured("longTasks"))


def measure(browser: Browser, origin: str) -> None:
    """Measures both in turns, and prints."""
    found: dict[str, list[tuple[float, float, float, int]]] = {"/ours": [], "/bare": []}
    for round_ in range(ROUNDS):
        step(f"round {round_ + 1} of {ROUNDS}")
        for path, script in (("/ours", "widget.js"), ("/bare", "bare.js")):
            found[path].append(opened(browser, origin, path, script))
    rows, ratios = [], []
    for at, (name, aim) in enumerate(AIMS.items()):
        ours, bare = (median([each[at] for each in found[path]]) for path in ("/ours", "/bare"))
        rows.append([name, f"{ours:.0f}", f"{bare:.0f}", aim])
        ratios.append((name, ours / bare))
    table(["milliseconds", "the widget", "the least", "aim on an ordinary machine"], rows)
    table(
        ["the website's own", "the widget", "the least"],
        [
            ["layout shift", *(f"{max(each[2] for each in found[path]):.4f}" for path in found)],
            ["long tasks, the most in a visit", *(max(each[3] for each in found[path]) for path in found)],
        ],
    )
    for name, value in ratios:
        ratio(f"{name}, to the least", value)


def main() -> None:
    """Measures and prints."""
    build()
    names = ("widget.js", "widget-frame.js")
    sizes = [[name, len(gzip.compress((FOLDER / name).read_bytes(), 9))] for name in names]
    table(["compressed", "bytes"], sizes)
    with stack.running() as running:
        (owner,) = running.people(1, visitors.NO_LIMIT)
        chatbot = visitors.publish(running, owner)
        widget = running.ours.program.address.replace("127.0.0.1", "localhost")
        with website(widget, chatbot.public_id) as origin, chromium(_ONE_PROCESS) as browser:
            running.rows("update oneai.chatbots set domains = array[%s]", origin)
            measure(browser, origin)


if __name__ == "__main__":
    main()
