"""The app's addresses, as the folders of `web/src/routes` name them."""

from pathlib import Path

from local.node import WEB

ROUTES = WEB / "src" / "routes"


def pages(group: str = "") -> list[str]:
    """Every page's address with its parameters as Kit writes them: `/`, `/c/[[id]]`, `/shared/[token]`; with `group`,
    `app` for example, those of its folder."""
    folder = ROUTES / f"({group})" if group else ROUTES
    return sorted(_address(file.parent) for file in folder.rglob("+page.svelte"))


def _address(folder: Path) -> str:
    # A folder in parentheses groups pages and is no part of their address.
    names = [name for name in folder.relative_to(ROUTES).parts if not name.startswith("(")]
    return "/" + "/".join(names)
