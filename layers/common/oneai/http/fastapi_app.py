"""FastAPI apps whose errors are OneAIError, and their Mangum handlers."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, FastAPI, Header, Path, Query, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES
from starlette.exceptions import HTTPException

from oneai import __version__, log, request_context, request_stages
from oneai.api_keys.fields import ScopeName
from oneai.clients.supabase_auth import UserPrincipal
from oneai.errors import (
    BodyTooLarge,
    InternalError,
    InvalidRequest,
    OneAIError,
    envelope,
)
from oneai.errors import headers as error_headers
from oneai.field_errors import from_pydantic, invalid
from oneai.http import addresses, authenticate, edge, failures, headers
from oneai.http.authenticate import Permit
from oneai.http.failures import log_failure
from oneai.http.query_parameters import refuse_unknown_of
from oneai.http.rate_limits import RateName
from oneai.http.workspace_choice import RouteRight, WorkspaceChoice, choice_of, right_of
from oneai.json_values import require_few_values
from oneai.lambda_stream.events import gateway_request_id
from oneai.postgres import db, request_check, request_origin, request_refusals
from oneai.postgres.db import Principal

# The limit of JSON bodies, except the chat's.
BODY_BYTES = 1_000_000

type Requester = Callable[[Request], Awaitable[Any]]
# The dependencies that say who makes a request; each route has one at most.
_requesters: set[Requester] = set()
# The stated rights of those that read the request's workspace; None: the one of the method.
_rights: dict[Requester, RouteRight | None] = {}


def _requester[T: Requester](dependency: T) -> T:
    _requesters.add(dependency)
    return dependency


def signed_in(
    rate: RateName = "other", *permits: Permit, right: RouteRight | None = None
) -> Callable[[Request], Awaitable[UserPrincipal]]:
    """A dependency: the signed-in user, whose `rate` is taken, also where account or service are in a state of
    `permits`. In the workspace of the request the user needs `right`: by default `read`, and `write` to change."""

    @_requester
    async def user(request: Request) -> UserPrincipal:
        principal = await authenticate.signed_in(
            request.headers.get("authorization"), rate, permits, _choice(request, right)
        )
        _remember(request)
        return principal

    _rights[user] = right
    return user


def signed_in_or_key(
    scope: ScopeName, rate: RateName = "other", right: RouteRight | None = None
) -> Callable[[Request], Awaitable[Principal]]:
    """A dependency: the signed-in user, or the owner of an API key that has this scope; `right` as in `signed_in`."""

    @_requester
    async def user(request: Request) -> Principal:
        authorization = request.headers.get("authorization")
        principal = await authenticate.signed_in_or_key(
            authorization, scope, _address(request), rate, _choice(request, right)
        )
        _remember(request)
        return principal

    _rights[user] = right
    return user


def _choice(request: Request, right: RouteRight | None) -> WorkspaceChoice:
    return choice_of(request.headers.getlist(headers.WORKSPACE), right_of(request.method, right))


def workspace_right(route: APIRoute, method: str) -> RouteRight | None:
    """The right that the route needs in the workspace of a request; None for routes without a user."""
    for requester in _requesters_of(route.dependant):
        if requester in _rights:
            return right_of(method, _rights[requester])
    return None


def anonymous(rate: RateName, *permits: Permit) -> Callable[[Request], Awaitable[None]]:
    """A dependency of public routes that reach the database: the rate of the client's address."""

    # Not a plain function, because FastAPI would run it in a thread with a separate context.
    @_requester
    async def client(request: Request) -> None:
        authenticate.anonymous(_address(request), rate, permits)
        _remember(request)

    return client


def _remember(request: Request) -> None:
    """Stores the check for `_answer`, which runs in another context, and sets the origin of a change."""
    request.state.check = request_check.current()
    if request.method in ("GET", "HEAD"):
        request_origin.begin_unknown()
    else:
        ip = authenticate.ip_text(_address(request))
        request_origin.begin(ip, request.headers.get("user-agent"), request.state.request_id, edge.country_of(request))


def _address(request: Request) -> str | None:
    return request.client.host if request.client else None


@_requester
async def _signing_in(request: Request) -> None:
    authenticate.anonymous(_address(request), "sign_in")
    _remember(request)
    # Immediately, because such a route calls Supabase before it reaches the database.
    await db.check_request(request_check.current())


_user = signed_in()


@_requester
async def _optional_user(request: Request) -> UserPrincipal | None:
    return await _user(request) if "authorization" in request.headers else None


CurrentUser = Annotated[UserPrincipal, Depends(_user)]
# For what belongs to a user in whichever workspace.
PersonalUser = Annotated[UserPrincipal, Depends(signed_in(right="personal"))]
# For those who manage a workspace: its members, keys and settings, and who read its billing.
Manager = Annotated[UserPrincipal, Depends(signed_in(right="manage"))]
# For those who decide what it pays.
Spender = Annotated[UserPrincipal, Depends(signed_in(right="spend"))]
# None if the request has no `Authorization`. An invalid one is refused, because its sender expects to be signed in.
OptionalUser = Annotated[UserPrincipal | None, Depends(_optional_user)]
# Users whose account is suspended, is being deleted, or either, for routes that remain available to them.
UserOrSuspended = Annotated[UserPrincipal, Depends(signed_in("other", "suspended", right="personal"))]
UserOrDeleting = Annotated[UserPrincipal, Depends(signed_in("other", "deleting", right="personal"))]
UserInAnyState = Annotated[UserPrincipal, Depends(signed_in("other", "suspended", "deleting", right="personal"))]
ManagerOrSuspended = Annotated[UserPrincipal, Depends(signed_in("other", "suspended", right="manage"))]
ManagerInAnyState = Annotated[UserPrincipal, Depends(signed_in("other", "suspended", "deleting", right="manage"))]
SpenderOrSuspended = Annotated[UserPrincipal, Depends(signed_in("other", "suspended", right="spend"))]
# The same, also without the second factor and in a workspace that was lost: to sign out.
UserLeaving = Annotated[UserPrincipal, Depends(signed_in("other", "suspended", "deleting", "aal1", right="ignored"))]
# Users, also with an API key that has the scope. Every other route refuses keys.
UsageReader = Annotated[Principal, Depends(signed_in_or_key("usage:read"))]
ConversationReader = Annotated[Principal, Depends(signed_in_or_key("conversations:read"))]
ConversationWriter = Annotated[Principal, Depends(signed_in_or_key("conversations:write"))]
DocumentReader = Annotated[Principal, Depends(signed_in_or_key("documents:read"))]
DocumentWriter = Annotated[Principal, Depends(signed_in_or_key("documents:write"))]
# For public routes that reach the database, and for those with which credentials could be guessed.
PUBLIC = Depends(anonymous("public"))
# For routes that also answer during maintenance, because they report the service's state.
PUBLIC_ALWAYS = Depends(anonymous("public", "maintenance"))
GUESSABLE = Depends(anonymous("sign_in"))
# For routes that sign in, or that receive a token in their body.
SIGN_IN = Depends(_signing_in)
# Our PDFs are ASCII (`documents/pdf_layout.py`), so they need no `BinaryMediaTypes` and are sent unchanged.
TEXT_TYPES = [*DEFAULT_TEXT_MIME_TYPES, "application/pdf"]
# For every paginated list.
Limit = Annotated[int, Query(ge=1, le=100, description="The maximum number of items; a large page may have fewer.")]
Cursor = Annotated[str | None, Query(max_length=500, description="`next_cursor` of the previous page.")]
# For every path of a conversation and of its messages.
ConversationId = Annotated[UUID, Path(description="The conversation's id.")]
MessageId = Annotated[UUID, Path(description="The message's id.")]


def _unmodified_since(
    if_unmodified_since: Annotated[
        str | None,
        Header(
            alias="If-Unmodified-Since",
            max_length=100,
            description="An HTTP date; if the object has changed since, the answer is 412.",
        ),
    ] = None,
) -> datetime | None:
    """An HTTP date. RFC 9110 ignores an invalid one; here it is refused, so that a typo does not overwrite changes."""
    if if_unmodified_since is None:
        return None
    try:
        date = parsedate_to_datetime(if_unmodified_since)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        message = "This must be an HTTP date, such as Sat, 21 Nov 2026 06:30:00 GMT."
        raise invalid("If-Unmodified-Since", "wrong_format", message) from None


UnmodifiedSince = Annotated[datetime | None, Depends(_unmodified_since)]


def application(title: str, *topics: APIRouter) -> FastAPI:
    """An app of these topics' routes, in their order; a function with one topic may add its routes to the app itself.

    It serves no documentation of itself: the one OpenAPI document is merged from all functions. The routes are the
    app's own: `include_router` would hide them in a wrapper that only FastAPI's private names look into.
    """
    app = FastAPI(
        title=title,
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # it would redirect to a path without `/api` on the request's host
        routes=[route for topic in topics for route in topic.routes],
    )
    app.middleware("http")(_answer)
    app.add_exception_handler(OneAIError, _refuse)
    app.add_exception_handler(HTTPException, _refuse_unreadable)
    app.add_exception_handler(RequestValidationError, _refuse_fields)
    return app


def handler_of(app: FastAPI) -> Mangum:
    """The Lambda handler of `app`, behind the API's stage or a custom domain mapped at `/api`."""
    return Mangum(app, lifespan="off", api_gateway_base_path="/api", text_mime_types=TEXT_TYPES)


async def _answer(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    request.state.request_id = _request_id(request)
    request_context.begin(request.state.request_id)
    request_stages.begin()
    try:
        request.scope["route"] = route = addresses.route_of(request)
    except OneAIError as error:
        response: Response = _render(request, error)
    else:
        response = await _answer_by(route, request, call_next)
    if response.status_code == 204 and "content-type" in response.headers:
        del response.headers["content-type"]  # FastAPI sets it although there is no body
    vary = headers.vary_of(getattr(request.state, "check", None))
    headers.add_common(
        response.headers, request.state.request_id, request.headers.get("origin"), *vary, path=request.scope["path"]
    )
    pattern = _route(request)
    request_stages.report(pattern and f"{request.method} {pattern}", response.status_code)
    return response


async def _answer_by(
    route: APIRoute, request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    try:
        if int(request.headers.get("content-length") or 0) > BODY_BYTES or len(await request.body()) > BODY_BYTES:
            return _render(request, BodyTooLarge())
        body = await request.body()
        if len(body) > authenticate.LARGE_BODY_BYTES:
            await authenticate.require_key_of(request.headers.get("authorization"), _address(request))
        await _refuse_unparsed(request, route, body)
        response = await call_next(request)
        if response.status_code < 400:
            await db.check_request(getattr(request.state, "check", None))
    except OneAIError as error:
        return await _refuse(request, error)
    except Exception:  # noqa: BLE001 — the last resort: its text goes to the log, never to the client
        log.exception("a request failed with an unexpected error", route=_route(request))
        return _render(request, InternalError())
    return response


async def _refuse_unparsed(request: Request, route: APIRoute, body: bytes) -> None:
    """Refuses unknown query parameters, and a body of too many values, before it is parsed. As with invalid fields,
    the requester is refused first, and the refusal consumes the rate of the route."""
    try:
        refuse_unknown_of(request, route)
        require_few_values(body)
    except InvalidRequest:
        await _identify(request, route)
        raise


async def _identify(request: Request, route: APIRoute) -> None:
    """States the check of the requester as the route does. Raises what refuses them."""
    for requester in _requesters_of(route.dependant):
        await requester(request)
    if getattr(request.state, "check", None) is None:
        authenticate.anonymous(_address(request))
        _remember(request)


def _requesters_of(dependant: Dependant) -> Iterator[Requester]:
    if dependant.call in _requesters:
        yield dependant.call
    for each in dependant.dependencies:
        yield from _requesters_of(each)


async def _refuse(request: Request, error: Any) -> Response:
    # The check was set in another context.
    check = getattr(request.state, "check", None)
    request_check.begin(check)
    error = await authenticate.first_refusal(error)
    log_failure(error, _route(request))
    await request_refusals.record(request.state.request_id, f"{request.method} {_route(request)}", error, check)
    return _render(request, error)


async def _refuse_unreadable(request: Request, error: Any) -> Response:  # noqa: ARG001  it quotes the body
    return _render(request, InvalidRequest())


async def _refuse_fields(request: Request, error: Any) -> Response:
    # The check was set in another context.
    request_check.begin(getattr(request.state, "check", None))
    # A location starts with where the field was sent: the body, the query, a header.
    return _render(request, await authenticate.first_refusal(from_pydantic(error.errors(), skip=1)))


def _render(request: Request, error: OneAIError) -> JSONResponse:
    failures.count_refusal(error, f"{request.method} {_route(request)}")
    named = error_headers(error)
    if allowed := error.extra.pop("allow", None):
        named = {**named, "allow": allowed}
    return JSONResponse(envelope(error, request.state.request_id), error.status, named)


def _route(request: Request) -> str | None:
    """The pattern, not the path, which may contain the token of a shared conversation; None if no route matched."""
    return getattr(request.scope.get("route"), "path", None)


def _request_id(request: Request) -> str:
    by_gateway = gateway_request_id(request.scope.get("aws.event") or {})
    return by_gateway or getattr(request.scope.get("aws.context"), "aws_request_id", None) or str(uuid4())
