"""`GET /local/metrics`: JSON, a page with charts for a browser, Prometheus's text for who prefers plain text."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from local.home.app import HEADERS
from local.metrics import prometheus
from local.metrics.store import Metrics

_PAGE = Path(__file__).with_name("page.html")
_VARY = {"vary": "Accept", "cache-control": "no-store"}


def respond(request: Request, metrics: Metrics) -> Response:
    """The metrics as the client prefers them."""
    match _preferred(request.headers.get("accept", "")):
        case "text/plain":
            return PlainTextResponse(prometheus.text(metrics), headers=_VARY, media_type=prometheus.CONTENT_TYPE)
        case "text/html":
            return HTMLResponse(_PAGE.read_text(), headers={**HEADERS, **_VARY})
        case _:
            return JSONResponse({"items": [sample.as_json() for sample in metrics.newest]}, headers=_VARY)


def _preferred(accept: str) -> str:
    """The type that an `Accept` header (RFC 9110, 12.5.1) prefers of those there are; JSON where it does not say."""
    best, best_quality = "application/json", 0.0
    for item in accept.lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        quality = next((_number(each[2:]) for each in parameters if each.startswith("q=")), 1.0)
        if name in ("application/json", "text/html", "text/plain") and quality > best_quality:
            best, best_quality = name, quality
    return best


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
