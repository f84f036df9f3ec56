"""Previews of code in answers: what a web page, an image and a diagram show, and what their frame cannot do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import FrameLocator, Locator, Page, expect

from tests.web import axe
from tests.web.chromium import Watch
from tests.web.imported import Conversation, import_conversations
from tests.web.people import User

pytestmark = pytest.mark.sampled(0.5)

_COMPLETE = "article[data-state=complete] .markdown[data-state=complete]"

# A to-do list as models write them: a form with a handler, the storage of the browser, a font and a library of others.
TASK_LIST = """<!DOCTYPE html>
<html>
<head>
<title>My to-do list</title>
<link rel="stylesheet" href="https://cdn.example/styles.css">
<script src="https://cdn.example/library.js"></script>
</head>
<body>
<h1>To do</h1>
<form id="new"><input aria-label="Task" required><button>Add</button></form>
<ul></ul>
<a href="https://elsewhere.example/">Read more</a>
<script>
const stored = () => JSON.parse(localStorage.getItem("tasks") ?? "[]");
const draw = () => { document.querySelector("ul").innerHTML = stored().map((each) => `<li>${each}</li>`).join(""); };
document.getElementById("new").addEventListener("submit", (event) => {
  event.preventDefault();
  localStorage.setItem("tasks", JSON.stringify([...stored(), document.querySelector("input").value]));
  draw();
});
</script>
</body>
</html>"""

# Everything a page can try in order to reach the app or a host. `done` lists what was refused.
HOSTILE = """<!doctype html><title>x</title><body><script>
const host = "127.0.0.1:PORT", url = "http://" + host;
const refused = [];
const attempt = (name, run) => { try { run(); } catch { refused.push(name); } };
attempt("parent", () => parent.document.title);
attempt("top", () => top.localStorage.length);
attempt("cookie", () => document.cookie);
attempt("socket", () => new WebSocket("ws://" + host));
attempt("call", () => {
  const call = new RTCPeerConnection({ iceServers: [{ urls: "stun:" + host }] });
  call.createDataChannel("x");
  call.createOffer().then((offer) => call.setLocalDescription(offer));
});
attempt("worker", () => new Worker(url + "/worker.js"));
attempt("top address", () => { top.location = url; });
attempt("popup", () => { if (!window.open(url)) throw new Error(); });
new Image().src = url + "/picture.png";
navigator.sendBeacon(url + "/beacon", "x");
document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: url + "/style.css" }));
document.head.append(Object.assign(document.createElement("link"), { rel: "preconnect", href: url }));
document.head.append(Object.assign(document.createElement("link"), { rel: "prefetch", href: url + "/page" }));
document.head.append(Object.assign(document.createElement("script"), { src: url + "/script.js" }));
document.body.append(Object.assign(document.createElement("iframe"), { src: url + "/frame" }));
document.body.insertAdjacentHTML("beforeend", `<form action="${url}"><input name="a"></form>
  <svg><image href="${url}/svg.png"/></svg><p style="background: url(${url}/background.png)">x</p>`);
document.forms[0].submit();
parent.postMessage({ ready: true, failed: true, height: 9, blocked: "javascript:alert(1)" }, "*");
fetch(url).catch(() => refused.push("fetch")).finally(() => {
  document.body.insertAdjacentHTML("beforeend", `<output>${refused.join(", ")}</output>`);
});
</script><button onclick="location = url + '/moved'">Move</button></body>"""

SVG = """<?xml version="1.0" encoding="UTF-8"?>
<!-- Drawn by hand -->
<svg viewBox="0 0 10 10" onload="parent.pwned = true"><title>Red dot</title>
<circle cx="5" cy="5" r="4" fill="red"/></svg>"""


async def open_conversation(page: Page, user: User, *blocks: tuple[str, str]) -> None:
    """Opens a conversation whose answer has these blocks of code: the language and the code of each."""
    text = "\n\n".join(f"```{language}\n{code}\n```" for language, code in blocks)
    (conversation,) = await import_conversations(user, [Conversation("Previews", ["Write it", text])])
    await page.goto(f"/c/{conversation}")
    await expect(page.locator(_COMPLETE)).to_have_count(1)


def inside(dialog: Locator) -> FrameLocator:
    """The frame of an open preview."""
    return dialog.frame_locator("iframe")


class Datagrams(asyncio.DatagramProtocol):
    """Notes how many bytes arrive, by datagram."""

    def __init__(self, arrivals: list[str]) -> None:
        self._arrivals = arrivals

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Called for each."""
        self._arrivals.append(f"{len(data)} bytes from {addr}")


@asynccontextmanager
async def other_host() -> AsyncIterator[tuple[int, list[str]]]:
    """A port of another host, and what arrived there: connections and datagrams."""
    arrivals: list[str] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrivals.append("connection")
        writer.close()

    async with await asyncio.start_server(note, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        datagrams, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: Datagrams(arrivals), ("127.0.0.1", port)
        )
        yield port, arrivals
        datagrams.close()


async def test_a_web_page_runs_beside_its_code_and_can_be_downloaded(
    page: Page, user: User, watch: Watch, tmp_path: Path
) -> None:
    watch.expect(r"cdn\.example|Content Security Policy")
    await open_conversation(page, user, ("html", TASK_LIST), ("python", "print(1)"))
    opener = page.get_by_role("button", name="Preview", exact=True)
    await expect(opener).to_have_count(1)
    await opener.click()

    dialog = page.get_by_role("dialog", name="My to-do list.html")
    await expect(dialog.get_by_role("group", name="Code")).to_contain_text('<form id="new">')
    await inside(dialog).get_by_role("textbox", name="Task").fill("Water the plants")
    await inside(dialog).get_by_role("textbox", name="Task").press("Enter")
    await expect(inside(dialog).get_by_role("listitem")).to_have_text("Water the plants")
    await inside(dialog).get_by_role("link", name="Read more").click()
    await expect(inside(dialog).get_by_role("heading", name="To do")).to_be_visible()
    await expect(dialog.get_by_role("status")).to_contain_text("what this page loads from cdn.example is missing")
    await axe.check(page)

    async with page.expect_download() as download:
        await dialog.get_by_role("button", name="Download My to-do list.html").click()
    saved = tmp_path / "saved.html"
    await (await download.value).save_as(saved)
    assert saved.read_text() == TASK_LIST

    await dialog.get_by_role("button", name="Run again").click()
    await expect(inside(dialog).get_by_role("heading", name="To do")).to_be_visible()
    await expect(inside(dialog).get_by_role("listitem")).to_have_count(0)
    await dialog.get_by_role("button", name="Close").click()
    await expect(dialog).to_have_count(0)
    await expect(opener).to_be_focused()


async def test_a_preview_reaches_neither_the_app_nor_another_host(page: Page, user: User, watch: Watch) -> None:
    watch.expect(r"127\.0\.0\.1|Content Security Policy|sandboxed|Blocked|Unsafe")
    async with other_host() as (port, arrivals):
        await open_conversation(page, user, ("html", HOSTILE.replace("PORT", str(port))))
        address = page.url
        await page.get_by_role("button", name="Preview", exact=True).click()
        dialog = page.get_by_role("dialog", name="x.html")
        refused = await inside(dialog).locator("output").text_content()
        frame = await (await dialog.locator("iframe").element_handle()).content_frame()
        assert frame is not None
        origin = await frame.evaluate("self.origin")
        await inside(dialog).get_by_role("button", name="Move").click()
        await expect(inside(dialog).get_by_role("button", name="Move")).to_have_count(0)

    assert refused == "parent, top, cookie, call, worker, top address, popup, fetch"
    assert origin == "null"
    assert await dialog.locator("iframe").get_attribute("sandbox") == "allow-scripts"
    assert (page.url, arrivals) == (address, [])


async def test_an_image_and_a_diagram_have_their_preview_in_two_tabs_on_a_phone(
    page: Page, user: User, watch: Watch
) -> None:
    watch.expect("Blocked a frame with origin .null.|Content Security Policy")
    await page.set_viewport_size({"width": 375, "height": 760})
    await open_conversation(page, user, ("xml", SVG), ("mermaid", "graph TD\nA --> End"), ("xml", "<note/>"))
    openers = page.get_by_role("button", name="Preview", exact=True)
    await expect(openers).to_have_count(2)

    await openers.first.click()
    dialog = page.get_by_role("dialog", name="Red dot.svg")
    circle = inside(dialog).locator("circle")
    await expect(circle).to_be_visible()
    assert await circle.evaluate("(circle) => circle.getBoundingClientRect().width") > 100
    await dialog.get_by_role("button", name="Code", exact=True).click()
    await expect(dialog.get_by_role("group", name="Code")).to_contain_text("Drawn by hand")
    await expect(dialog.locator("iframe")).to_be_hidden()
    await axe.check(page)
    await page.keyboard.press("Escape")
    assert await page.evaluate("window.pwned === undefined")

    await openers.last.click()
    diagram = page.get_by_role("dialog", name="diagram.mmd")
    await expect(inside(diagram).locator("svg").get_by_text("End")).to_be_visible()
