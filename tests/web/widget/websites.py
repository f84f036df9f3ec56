"""Websites that include the widget: pages of `pages/`, on an origin and a site that are not the widget's."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.served import served

PAGES = Path(__file__).parent / "pages"
# The first lines of a page may say its headers: `<!-- Content-Security-Policy: default-src 'none' -->`.
_HEADER = re.compile(r"^<!-- ([A-Za-z-]+): (.*) -->\n", re.MULTILINE)


@asynccontextmanager
async def websites(widget: str, public_id: str) -> AsyncIterator[str]:
    """The address of a server of all pages. In them `$widget` is the widget's origin, `$chatbot` the chatbot's id."""

    def filled(text: str) -> str:
        return text.replace("$widget", widget).replace("$chatbot", public_id)

    def page(request: Request) -> Response:
        file = PAGES / request.path_params["name"]
        if not file.is_file():
            return HTMLResponse("", 204)
        text = filled(file.read_text())
        headers = dict(_HEADER.findall(text))
        # What a header's line leaves is the page as it is, which may begin without a doctype.
        return HTMLResponse(_HEADER.sub("", text), headers=headers)

    app: Any = Starlette(routes=[Route("/{name}", page)])
    async with served(lambda _: app) as address:
        yield address
