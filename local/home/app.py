"""The page's routes and data, and the response at the web app's addresses while it is not built."""

import json
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from local.data_folder import REPOSITORY, data_folder
from local.environment import DATABASE
from local.people import SEED
from local.postgres_server import SUPERUSER, running_url
from local.template import Trigger

_PAGE = Path(__file__).with_name("page.html")
_DOCUMENTS = REPOSITORY / "docs"
# The page loads nothing from other hosts, and no other page may frame it and its buttons.
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'",
}
_EXAMPLE_FRONTEND = "http://localhost:5173"


@dataclass(frozen=True)
class Home:
    """The data of the page about its stack."""

    triggers: Iterable[Trigger] = ()
    mounted: Collection[str] = ()
    """The stand-ins' paths: without `/local/outbox` if mail is sent by a real SES."""

    def description(self) -> dict[str, Any]:
        """The stack as `GET /local/stack` describes it."""
        own_people = "/local/people" in self.mounted
        return {
            "site_url": os.environ.get("SITE_URL", ""),
            "auth_url": os.environ.get("SUPABASE_URL", ""),
            "people": [{"email": each.email, "password": each.password} for each in SEED] if own_people else [],
            "confirm_email": own_people and os.environ.get("ONEAI_CONFIRM_EMAIL", "").lower() in ("1", "true", "yes"),
            "stand_ins": sorted(self.mounted),
            "jobs": [
                {  # what `/local/run/` takes: a task has a name of its own
                    "function": each.task or each.function.name,
                    "schedule": each.expression,
                    "event": json.loads(each.input or "{}"),
                }
                for each in self.triggers
            ],
            "documents": _documents(),
            "database_url": _own_database(),
        }


def routes(home: Home) -> list[Route]:
    """The page's own routes, below `/local`."""

    async def stack(request: Request) -> Response:  # noqa: ARG001  an endpoint takes one
        return JSONResponse(home.description())

    return [
        Route("/", _page, methods=["GET"]),
        Route("/stack", stack, methods=["GET"]),
        Route("/docs/{name:path}", _document, methods=["GET"]),
    ]


async def frontend(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The ASGI app for the web app's addresses while it is not built."""
    await _FRONTEND(scope, receive, send)


async def _page(request: Request) -> Response:  # noqa: ARG001  an endpoint takes one
    return HTMLResponse(_PAGE.read_text(), headers=HEADERS)


async def _document(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _documents():
        return PlainTextResponse("There is no such document.", 404)
    return PlainTextResponse((_DOCUMENTS / name).read_text())


async def _redirect_to_page(request: Request) -> Response:  # noqa: ARG001  an endpoint takes one
    return RedirectResponse("/local/", 307)


async def _no_frontend(request: Request) -> Response:
    path = request.url.path
    frontend_url = f"{_EXAMPLE_FRONTEND}{path}{'?' if request.url.query else ''}{request.url.query}"
    shared = path.removeprefix("/shared/")
    api_link = (
        f'<p>What is shared there: <a href="/api/shared/{escape(shared)}">/api/shared/{escape(shared)}</a> (JSON)</p>'
        if shared != path and "/" not in shared
        else ""
    )
    return HTMLResponse(
        f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>The app is not built</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 16px/24px system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem; color: #1c2333 }}
code {{ background: #f3f5f9; border-radius: 4px; padding: .1rem .3rem }} a {{ color: #1f3d8f }}
</style></head><body>
<h1>The app is not built</h1>
<p><code>{escape(path)}</code> is an address of the app, and this stack has the API alone until it is built:
<code>make setup</code>, with the network, then <code>make dev</code>.</p>
<p>Links in mails and in shares lead to <code>SITE_URL</code>, which is the stack itself until you set it:</p>
<p><code>SITE_URL={_EXAMPLE_FRONTEND} make dev</code></p>
<p>The same address there: <a href="{escape(frontend_url)}">{escape(frontend_url)}</a></p>
{api_link}
<p><a href="/local/">Everything this stack has</a></p>
</body></html>
""",
        404,
        headers=HEADERS,
    )


_FRONTEND = Starlette(
    routes=[
        Route("/", _redirect_to_page, methods=["GET"]),
        Route("/{path:path}", _no_frontend, methods=["GET"]),
    ]
)


def _documents() -> list[str]:
    return sorted(str(file.relative_to(_DOCUMENTS)) for file in _DOCUMENTS.rglob("*.md"))


def _own_database() -> str | None:
    """The superuser's URL of the stack's Postgres; None for a database of the developer's own."""
    folder = data_folder() / "postgres"
    ours = os.environ.get("DATABASE_URL") == running_url(folder, DATABASE, "oneai_app")
    return running_url(folder, DATABASE, SUPERUSER) if ours else None
