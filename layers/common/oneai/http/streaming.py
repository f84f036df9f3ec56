"""HTTP of functions that stream: routes whose errors are OneAIError, and request parsing.

Starlette's router and pydantic instead of FastAPI, whose import would be most of this function's cold start; without
Starlette's middleware, through which each event of each stream would pass, and whose work `Endpoint` does.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

from pydantic import BaseModel, ValidationError
from starlette import routing
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from oneai import log, request_context, request_stages
from oneai.clients.supabase_auth import UserPrincipal
from oneai.errors import (
    BodyTooLarge,
    InternalError,
    MethodNotAllowed,
    NotFound,
    OneAIError,
    envelope_bytes,
)
from oneai.errors import headers as error_headers
from oneai.field_errors import from_pydantic
from oneai.http import authenticate, failures, headers
from oneai.http.authenticate import Permit
from oneai.http.failures import log_failure
from oneai.http.rate_limits import RateName
from oneai.http.unknown_parameters import refuse_unknown
from oneai.http.workspace_choice import WorkspaceChoice, choice_of, right_of
from oneai.json_values import require_few_values
from oneai.postgres import db, request_check, request_refusals

# A larger body is parsed in a thread.
THREAD_BYTES = 64 * 1024
# Outside Lambda a request may take as long as inside.
SECONDS_ALLOWED = 900
_ROUTE = "oneai.route"


def application(routes: Sequence["Route"], on_shutdown: Callable[[], Awaitable[None]]) -> ASGIApp:
    """An app of these routes, whose endpoints are `Endpoint`. `on_shutdown` runs after its last request."""

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        yield
        await on_shutdown()

    return routing.Router(routes, default=_refusing(NotFound), lifespan=lifespan)


class Route(routing.Route):
    """A route that refuses other methods in our format."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request whose path is this route's."""
        refused = self.methods is not None and scope["method"] not in self.methods
        await (_refusing(MethodNotAllowed) if refused else self.app)(scope, receive, send)


class Endpoint:
    """An endpoint, called with the request and its id, whose errors become responses in our envelope."""

    def __init__(self, endpoint: Callable[[Request, str], Awaitable[Response]]) -> None:
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        request_id = _request_id(scope)
        request_context.begin(request_id)
        request_stages.begin()
        request_check.begin(None)
        request_refusals.begin()
        refused: OneAIError | None = None
        try:
            response = await self._endpoint(request, request_id)
            await db.check_request(request_check.current())
        except OneAIError as error:
            refused = await authenticate.first_refusal(error)
            log_failure(refused, _route(scope))
            response = self.refusal(refused, request_id)
        except Exception:  # noqa: BLE001 — the last resort: its text goes to the log, never to the client
            log.exception("a request failed with an unexpected error", route=_route(scope), request_id=request_id)
            response = self.refusal(failed := InternalError(), request_id)
            failures.count_refusal(failed, _route(scope))
        vary = headers.vary_of(request_check.current())
        headers.add_common(response.headers, request_id, request.headers.get("origin"), *vary, path=str(scope["path"]))
        request_stages.report(_route(scope), response.status_code)
        await response(scope, receive, send)
        if refused is not None:
            failures.count_refusal(refused, _route(scope))
            await request_refusals.record(request_id, _route(scope), refused, request_check.current())

    def refusal(self, error: OneAIError, request_id: str) -> Response:
        """The response of an error."""
        return _refusal(error, request_id)


async def signed_in(request: Request, rate: RateName = "other", permits: tuple[Permit, ...] = ()) -> UserPrincipal:
    """The user, as `authenticate.signed_in` finds them, of a request without query parameters, in the workspace that it
    chooses. Raises InvalidRequest where it has some, and what that raises."""
    user = await authenticate.signed_in(request.headers.get("authorization"), rate, permits, workspace_choice(request))
    if request.scope["query_string"]:
        refuse_unknown(request.query_params.keys(), ())
    return user


def workspace_choice(request: Request) -> WorkspaceChoice:
    """The workspace of the request, in which the user may `read`, and `write` with a method that changes."""
    return choice_of(request.headers.getlist(headers.WORKSPACE), right_of(request.method, None))


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """The body; a large one only where its API key, if it has one, is a key. Raises BodyTooLarge as soon as more than
    `limit_bytes` were received, InvalidApiKey, RateLimited."""
    parts: list[bytes] = []
    size = 0
    length = request.headers.get("content-length", "")
    is_large = length.isascii() and length.isdigit() and int(length[:12]) > authenticate.LARGE_BODY_BYTES
    if is_large:
        await _require_key(request)
    async for part in request.stream():
        size += len(part)
        if size > limit_bytes:
            raise BodyTooLarge
        if size > authenticate.LARGE_BODY_BYTES and not is_large:
            is_large = True
            await _require_key(request)
        parts.append(part)
    return b"".join(parts)


async def _require_key(request: Request) -> None:
    address = request.client.host if request.client else None
    await authenticate.require_key_of(request.headers.get("authorization"), address)


async def parse[T: BaseModel](model: type[T], body: bytes) -> T:
    """The body as this model; a large one in a thread, so that others of the process get their turn. Raises
    InvalidRequest with the fields."""
    if len(body) < THREAD_BYTES:
        return _parse(model, body)
    return await asyncio.to_thread(_parse, model, body)


def _parse[T: BaseModel](model: type[T], body: bytes) -> T:
    require_few_values(body)
    try:
        # Limits of the whole body, such as the parts of all messages.
        return model.model_validate_json(body, context={})
    except ValidationError as error:
        raise from_pydantic(error.errors(include_url=False, include_input=False)) from None


def path_uuid(request: Request, name: str) -> UUID:
    """The path parameter as a UUID. Raises NotFound for any other value."""
    try:
        return UUID(request.path_params[name])
    except ValueError:
        raise NotFound from None


def deadline(scope: Scope) -> float:
    """When this invocation will be killed, in seconds since 1970."""
    invocation = scope.get("extensions", {}).get("oneai.invocation")
    return invocation["deadline_ms"] / 1000 if invocation else time.time() + SECONDS_ALLOWED


def keep_invocation_open(scope: Scope, tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Keeps the invocation open until these tasks end, even if the response ends before them."""
    invocation = scope.get("extensions", {}).get("oneai.invocation")
    if invocation is not None:
        invocation["tasks"].update(tasks)


def _request_id(scope: Scope) -> str:
    invocation = scope.get("extensions", {}).get("oneai.invocation")
    return str(invocation["request_id"] if invocation else uuid4())


def name_route(scope: Scope, path: str) -> None:
    """Sets the route's name for logs, for an endpoint with its own routes. It must not contain what a client sent."""
    scope[_ROUTE] = path


def _route(scope: Scope) -> str:
    """Method and route, without the values of parameters: a client may have put a key into its path."""
    path = scope.get(_ROUTE)
    if path is None:
        path = str(scope["path"])
        for value in scope.get("path_params", {}).values():
            path = path.replace(f"/{value}", "/{id}", 1)
    return f"{scope['method']} {path}"


def _refusal(error: OneAIError, request_id: str) -> Response:
    return Response(
        envelope_bytes(error, request_id),
        status_code=error.status,
        headers=error_headers(error),
        media_type="application/json",
    )


def _refusing(kind: type[OneAIError]) -> ASGIApp:
    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        request_id = _request_id(scope)
        request_context.begin(request_id)
        response = _refusal(error := kind(), request_id)
        failures.count_refusal(error, None)
        headers.add_common(response.headers, request_id, Request(scope).headers.get("origin"))
        await response(scope, receive, send)

    return refuse
