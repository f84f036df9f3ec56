"""OpenRouter's keys, what each has spent, and the keys API, by which a management key makes and disables them.

A key that was never made here counts as one made in the dashboard: it is listed from its first use on.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stand_ins.openrouter.refusals import KEY_LIMIT

# May use the keys API and nothing else.
MANAGEMENT_KEY = "sk-or-v1-management-key-of-the-stand-in"
# A key that begins with this is accepted, and its questions find no provider that is free.
BUSY_KEY = "sk-or-v1-busy-"
MANAGEMENT_ONLY = "Only management keys can perform this operation"
PAGE = 100


@dataclass(slots=True)
class Key:
    """One key; `spent` and `limit` are in USD."""

    text: str
    name: str
    limit: float | None = None
    limit_reset: str | None = None
    include_byok_in_limit: bool = False
    disabled: bool = False
    deleted: bool = False
    spent: Decimal = Decimal(0)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def hash(self) -> str:
        """Names the key in the keys API."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def label(self) -> str:
        """The key with its middle left out."""
        return f"{self.text[:12]}...{self.text[-3:]}"

    def shown(self) -> dict[str, Any]:
        """The key in the form of the keys API."""
        remaining = None if self.limit is None else max(self.limit - float(self.spent), 0)
        return {
            "hash": self.hash,
            "name": self.name,
            "label": self.label,
            "disabled": self.disabled,
            "limit": self.limit,
            "limit_remaining": remaining,
            "limit_reset": self.limit_reset,
            "include_byok_in_limit": self.include_byok_in_limit,
            "usage": float(self.spent),
            "created_at": self.created_at.isoformat(),
            "updated_at": None,
        }


class Keys:
    """The account's keys, and the routes that are about them."""

    def __init__(self) -> None:
        self._by_text: dict[str, Key] = {}

    @property
    def routes(self) -> list[Route]:
        """The keys API, and what a key says of itself."""
        return [
            Route("/api/v1/key", self.own),
            Route("/api/v1/credits", self.credits),
            Route("/api/v1/keys", self.list_keys, methods=["GET"]),
            Route("/api/v1/keys", self.create, methods=["POST"]),
            Route("/api/v1/keys/{hash}", self.one, methods=["GET", "PATCH", "DELETE"]),
        ]

    def find(self, request: Request) -> Key | JSONResponse:
        """The request's key, or the refusal of it."""
        text = _bearer(request)
        if not text:
            return error(401, "No auth credentials found")
        key = self._by_text.setdefault(text, Key(text, "made in the dashboard"))
        if key.disabled or key.deleted or text == MANAGEMENT_KEY:
            return error(401, "User not found.")
        if key.limit is not None and key.spent >= key.limit:
            return error(403, KEY_LIMIT)
        return key

    async def own(self, request: Request) -> Response:
        """`GET /key`: the calling key's label, limit and spend."""
        key = self.find(request)
        if isinstance(key, JSONResponse):
            return key
        names = ("label", "limit", "limit_remaining", "limit_reset", "include_byok_in_limit", "usage")
        shown = key.shown()
        return JSONResponse({"data": {name: shown[name] for name in names} | {"is_management_key": False}})

    async def credits(self, request: Request) -> Response:
        """`GET /credits`, for management keys."""
        if (refusal := _refuse_unless_management(request)) is not None:
            return refusal
        spent = float(sum((key.spent for key in self._by_text.values()), Decimal(0)))
        return JSONResponse({"data": {"total_credits": 1000, "total_usage": spent}})

    async def list_keys(self, request: Request) -> Response:
        """`GET /keys?offset=`: a page of the keys that are not deleted, oldest first."""
        if (refusal := _refuse_unless_management(request)) is not None:
            return refusal
        offset = int(request.query_params.get("offset") or 0)
        listed = [key.shown() for key in self._listed()]
        return JSONResponse({"data": listed[offset : offset + PAGE]})

    async def create(self, request: Request) -> Response:
        """`POST /keys`: the only answer that has the key itself, beside `data`."""
        if (refusal := _refuse_unless_management(request)) is not None:
            return refusal
        body = await request.json()
        if not isinstance(body.get("name"), str) or not body["name"]:
            return error(400, "name: Required")
        text = f"sk-or-v1-{secrets.token_hex(32)}"
        key = self._by_text[text] = Key(text, body["name"])
        _change(key, body)
        return JSONResponse({"data": key.shown(), "key": text}, 201)

    async def one(self, request: Request) -> Response:
        """`GET`, `PATCH` and `DELETE /keys/{hash}`."""
        if (refusal := _refuse_unless_management(request)) is not None:
            return refusal
        key = next((key for key in self._listed() if key.hash == request.path_params["hash"]), None)
        if key is None:
            return error(404, "API key not found")
        if request.method == "DELETE":
            key.deleted = True
            return JSONResponse({"deleted": True})
        if request.method == "PATCH":
            _change(key, await request.json())
        return JSONResponse({"data": key.shown()})

    def _listed(self) -> list[Key]:
        return [key for key in self._by_text.values() if not key.deleted and key.text != MANAGEMENT_KEY]


def error(status: int, message: str) -> JSONResponse:
    """An error as OpenRouter words it."""
    return JSONResponse({"error": {"code": status, "message": message}}, status)


def _change(key: Key, body: dict[str, Any]) -> None:
    for name in ("name", "limit", "limit_reset", "include_byok_in_limit", "disabled"):
        if name in body:
            setattr(key, name, body[name])


def _refuse_unless_management(request: Request) -> JSONResponse | None:
    text = _bearer(request)
    if not text:
        return error(401, "No auth credentials found")
    return None if secrets.compare_digest(text.encode(), MANAGEMENT_KEY.encode()) else error(403, MANAGEMENT_ONLY)


def _bearer(request: Request) -> str:
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if kind.lower() == "bearer" else ""
