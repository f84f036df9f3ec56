"""A chat page that parses the whole answer on each token, served beside the app for comparison."""

from pathlib import Path

from playwright.sync_api import BrowserContext, Route

from local.node import WEB

_FILES = {
    "/naive/": (Path(__file__).with_name("page.html"), "text/html"),
    "/naive/marked.js": (WEB / "node_modules/marked/lib/marked.umd.js", "text/javascript"),
    "/naive/purify.js": (WEB / "node_modules/dompurify/dist/purify.min.js", "text/javascript"),
}


def serve(context: BrowserContext, origin: str) -> str:
    """Adds the page to the origin of the app, so that it may call the API; returns its address."""

    def answer(route: Route) -> None:
        file, kind = _FILES[route.request.url.removeprefix(origin)]
        route.fulfill(body=file.read_bytes(), content_type=kind)

    context.route(f"{origin}/naive/**", answer)
    return f"{origin}/naive/"
