"""How much a page loads before anybody does anything, compressed as CloudFront would."""

import gzip
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page

from local.web.build import FOLDER

KB = 1000
STYLES = 20 * KB
WORKER = 200 * KB


class Loaded:
    """The bytes of the scripts and styles that a page has asked for until it is idle, workers apart."""

    def __init__(self, page: Page) -> None:
        self.scripts: dict[str, int] = {}
        self.styles: dict[str, int] = {}
        page.on("request", lambda request: self._add(request.url, request.resource_type))

    def _add(self, url: str, kind: str) -> None:
        path = urlsplit(url).path
        sizes = {"script": self.scripts, "stylesheet": self.styles}.get(kind)
        file = FOLDER / path.lstrip("/")
        if sizes is None or "worker" in file.name or not file.is_file():
            return
        sizes[path] = len(gzip.compress(file.read_bytes(), 9))


def in_words(sizes: dict[str, int]) -> str:
    """The sizes, largest first, as a failed test shows them."""
    lines = [f"{size:7} {path}" for path, size in sorted(sizes.items(), key=lambda each: -each[1])]
    return "\n".join([f"{sum(sizes.values())} bytes compressed:", *lines])


@pytest.mark.parametrize(("address", "limit"), [("/", 60 * KB), ("/c", 150 * KB)])
async def test_scripts_and_styles_stay_within_their_budget(visitor: Page, page: Page, address: str, limit: int) -> None:
    shown = visitor if address == "/" else page
    loaded = Loaded(shown)
    await shown.goto(address)
    await shown.wait_for_load_state("networkidle")

    assert loaded.scripts
    print(address, in_words(loaded.scripts), in_words(loaded.styles), sep="\n")
    assert sum(loaded.scripts.values()) <= limit, in_words(loaded.scripts)
    assert sum(loaded.styles.values()) <= STYLES, in_words(loaded.styles)


async def test_a_public_page_loads_no_client_of_supabase(visitor: Page) -> None:
    loaded = Loaded(visitor)
    await visitor.goto("/")
    await visitor.wait_for_load_state("networkidle")

    texts = [(FOLDER / path.lstrip("/")).read_text() for path in loaded.scripts]
    assert [text for text in texts if "signInWithPassword" in text] == []


def test_a_worker_and_what_it_needs_stay_within_their_budget() -> None:
    workers = [*FOLDER.glob("_app/immutable/workers/**/*.js")]
    sizes = {file.name: len(gzip.compress(file.read_bytes(), 9)) for file in workers}

    assert sizes
    assert sum(sizes.values()) <= WORKER, in_words(sizes)
