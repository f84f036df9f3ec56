"""Baseline pages on the app's origin: a naive chat, and a minimal page."""

from pathlib import Path

from playwright.sync_api import BrowserContext, Route

from local.node import WEB

_PAGES = ("naive.html", "plain.html")
_FILES = {
    **{f"/comparison/{page}": (Path(__file__).with_name(page), "text/html") for page in _PAGES},
    "/comparison/stream.js": (Path(__file__).with_name("stream.js"), "text/javascript"),
    "/comparison/marked.js": (WEB / "node_modules/marked/lib/marked.umd.js", "text/javascript"),
    "/comparison/purify.js": (WEB / "node_modules/dompurify/dist/purify.min.js", "text/javascript"),
}


def serve(context: BrowserContext, origin: str, page: str) -> str:
    """Adds the pages to the origin of the app, so that they may call the API. Returns the address of
    `page`."""

    def answer(route: Route) -> None:
        file, kind = _FILES[route.request.url.removeprefix(origin)]
        route.fulfill(body=file.read_bytes(), content_type=kind)

    context.route(f"{origin}/comparison/**", answer)
    return f"{origin}/comparison/{page}"
