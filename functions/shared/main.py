"""Public share links: read, report, and, signed in, fork. Not indexed and not cached."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Header, Path, Request, Response

from oneai.clients import secrets_manager
from oneai.conversations import fork, share_reports, shared_view
from oneai.conversations.fork import Fork
from oneai.conversations.share_reports import ReportRequest
from oneai.conversations.shared_view import SharedConversation
from oneai.http.fastapi_app import PUBLIC, CurrentUser, Cursor, Limit, application, handler_of

Token = Annotated[str, Path(description="The token in the link.")]
IdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", description="Repeated requests with the same key create one copy and return it."),
]

UNLISTED = {"x-robots-tag": "noindex", "referrer-policy": "no-referrer"}

secrets_manager.load()
app = application("Shared")


@app.middleware("http")
async def unlisted(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
    """Sets headers against indexing, also on refusals."""
    response = await go_on(request)
    response.headers.update(UNLISTED)
    return response


@app.get("/shared/{token}", dependencies=[PUBLIC], tags=["Sharing"], summary="Read a shared conversation")
async def read_shared(token: Token, cursor: Cursor = None, limit: Limit = 50) -> SharedConversation:
    """Returns what the link shows, from its first message; the cursor leads to later ones. Public."""
    return await shared_view.read_share(token, cursor, limit)


@app.post("/shared/{token}/fork", tags=["Sharing"], summary="Copy a shared conversation", status_code=201)
async def fork_shared(user: CurrentUser, token: Token, idempotency_key: IdempotencyKey = None) -> Fork:
    """Copies what the link shows to your own account. The same `Idempotency-Key` copies once."""
    return await fork.fork(user, token, idempotency_key)


@app.post(
    "/shared/{token}/report",
    dependencies=[PUBLIC],
    tags=["Sharing"],
    summary="Report a shared conversation",
    status_code=204,
)
async def report_shared(token: Token, body: ReportRequest) -> None:
    """Reports a problem with the shared conversation to the operators. Public."""
    await share_reports.report_share(token, body)


handler = handler_of(app)
