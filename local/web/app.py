"""Serves the built app as CloudFront does: pages by their address, 200.html for an unknown one, immutable assets."""

import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from local import home
from local.data_folder import REPOSITORY
from local.template import document
from local.web import web_addresses
from local.web.config import config
from local.web.files import cache_control, content_type, with_origin
from local.web.headers import PageHeaders

_FALLBACK = "200.html"
_CONFIG = "/config.json"
_COMPRESSED = ("text/", "application/json", "application/manifest+json", "image/svg+xml")


@dataclass(frozen=True)
class Served:
    """The response at an address."""

    file: Path
    status: int = 200


class WebApp:
    """The app in `folder`. While nothing is built there, the page that says so."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self._environment = environment
        self._headers = PageHeaders(environment)
        self._file_of = _files_by_first_part()

    @property
    def built(self) -> bool:
        """Looked up each time: a stack that runs shows the next build."""
        return (self.folder / _FALLBACK).is_file()

    def has_file(self, path: str) -> bool:
        """Whether a file is served at `path`, and not a page."""
        return self.built and (path == _CONFIG or self._file(path) is not None)

    def find(self, path: str) -> Served:
        """The file of any address: an unknown one is the app's own page, which says that nothing is there."""
        page = "/index" if path == "/" else path
        found = self._file(path) or self._file(f"{page}.html")
        if found is not None:
            return Served(found)
        shared = self._file_of.get(path.split("/")[1])
        return Served(self.folder / shared.lstrip("/")) if shared else Served(self.folder / _FALLBACK, 404)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if not self.built:
            await home.frontend(scope, receive, send)
            return
        response = self._respond(Request(scope))
        await response(scope, receive, send)

    def _respond(self, request: Request) -> Response:
        path = unquote(request.url.path)
        headers = {**self._headers.of(path), "cache-control": cache_control(path.lstrip("/"))}
        if path == _CONFIG:
            body = json.dumps(config(self._environment)).encode()
            return Response(body, headers=headers, media_type="application/json")
        if elsewhere := web_addresses.find(path):
            return _redirect(elsewhere, request.url.query, headers)
        found = self.find(path)
        if found.file.suffix == ".html":
            headers["cache-control"] = cache_control(found.file.name)
        origin = self._environment.get("SITE_URL") or str(request.base_url).rstrip("/")
        content = _read(found.file, found.file.stat().st_mtime_ns, origin)
        headers |= {"etag": content.etag, "vary": "accept-encoding"}
        if found.status == 200 and request.headers.get("if-none-match") == content.etag:
            return Response(status_code=304, headers=headers)
        body = content.body
        if content.compressed and "gzip" in request.headers.get("accept-encoding", ""):
            body, headers["content-encoding"] = content.compressed, "gzip"
        return Response(body, found.status, headers, content.kind)

    def _file(self, path: str) -> Path | None:
        file = (self.folder / path.lstrip("/")).resolve()
        inside = file.is_relative_to(self.folder.resolve()) and not file.name.startswith(".")
        return file if inside and file.is_file() else None


def _redirect(elsewhere: web_addresses.Moved, query: str, headers: dict[str, str]) -> Response:
    address = f"{elsewhere.location}?{query}" if query else elsewhere.location
    if not elsewhere.planned:
        return RedirectResponse(address, 301, headers)
    headers |= {"location": quote(address, safe=":/%#?=@[]!$&'()*+,;"), "cache-control": "no-store"}
    return Response(elsewhere.text, 302, headers, "text/plain")


def _files_by_first_part() -> dict[str, str]:
    """The files that show all pages below a first part of an address, as CloudFront's function lists them."""
    code = document(REPOSITORY / "template.yaml")["Resources"]["WebAddresses"]["Properties"]["FunctionCode"]
    (files,) = re.findall(r"const APP = (\{.*?\});", code, re.DOTALL)
    return dict(json.loads(files))


@dataclass(frozen=True)
class _Content:
    body: bytes
    compressed: bytes
    kind: str
    etag: str


@lru_cache(maxsize=512)
def _read(file: Path, changed_at: int, origin: str) -> _Content:  # noqa: ARG001  a file that changed is read again
    body = with_origin(file.name, file.read_bytes(), origin)
    kind = content_type(file.name)
    worth_it = kind.startswith(_COMPRESSED) and len(body) > 1000
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'
    return _Content(body, gzip.compress(body, 6) if worth_it else b"", kind, etag)
