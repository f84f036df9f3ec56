"""The app's addresses, as the folders of `web/src/routes` name them."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from local.node import WEB

ROUTES = WEB / "src" / "routes"


def pages() -> list[str]:
    """Every page's address with its parameters as Kit writes them: `/`, `/c/[[id]]`, `/shared/[token]`."""
    return sorted(_address(file.parent) for file in ROUTES.rglob("+page.svelte"))


def is_page(path: str) -> bool:
    """Whether the app has a page at `path`."""
    return any(pattern.fullmatch(path) for pattern in _patterns(tuple(_page_files())))


def _page_files() -> Iterator[Path]:
    yield from sorted(ROUTES.rglob("+page.*"))


@cache
def _patterns(files: tuple[Path, ...]) -> list[re.Pattern[str]]:
    return [re.compile(_pattern(_address(file.parent))) for file in files]


def _address(folder: Path) -> str:
    # A folder in parentheses groups pages and is no part of their address.
    names = [name for name in folder.relative_to(ROUTES).parts if not name.startswith("(")]
    return "/" + "/".join(names)


def _pattern(address: str) -> str:
    parts = []
    for name in address.strip("/").split("/"):
        if name.startswith(("[[", "[...")):
            parts.append("(/.*)?" if name.startswith("[...") else "(/[^/]+)?")
        elif name:
            parts.append("/" + re.sub(r"\\\[[^/]*?\\\]", "[^/]+", re.escape(name)))
    return "".join(parts) or "/"
