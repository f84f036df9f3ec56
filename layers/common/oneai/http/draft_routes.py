"""The route that drafts a reply to a visitor: one JSON answer, which may take as long as a stream."""

import asyncio
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import Response

from oneai import chat
from oneai.chat.turn.admit_draft import DraftedReply, DraftRequest, admit_draft, drafted_reply, quote_draft
from oneai.clients.supabase_auth import UserPrincipal
from oneai.errors import BY_CODE, Busy, InternalError, OneAIError, envelope_bytes
from oneai.field_errors import invalid
from oneai.http import authenticate, headers, streaming
from oneai.http.unknown_parameters import refuse_unknown
from oneai.http.waiting import WaitingResponse

BODY_BYTES = 10_000
_PREVIEW = "preview"


async def draft(request: Request, request_id: str) -> Response:
    """`POST /inbox/conversations/{id}/draft`: drafts a reply; with `preview=1` only quotes it."""
    user = await authenticate.signed_in(
        request.headers.get("authorization"), "asking", (), streaming.workspace_choice(request)
    )
    refuse_unknown(request.query_params.keys(), (_PREVIEW,))
    conversation_id = streaming.path_uuid(request, "id")
    body = await streaming.read_body(request, BODY_BYTES)
    asked = await streaming.parse(DraftRequest, body) if body else DraftRequest()
    if _flag(request.query_params.get(_PREVIEW, "0")):
        return _json((await quote_draft(user, conversation_id)).model_dump_json().encode())
    message_id = asked.message_id or uuid4()
    result = await admit_draft(user, conversation_id, message_id)
    deadline = streaming.deadline(request.scope)
    more: dict[str, str] = {}
    written: asyncio.Task[None] | None = None
    if isinstance(result, chat.Turn):
        written = chat.begin(result, deadline).task
        more = headers.rate_limit(result.quota)
    drafted: list[bytes] = []

    async def finish() -> None:
        if written is not None:
            await written
        else:
            stream = await chat.resume(user, message_id, 0, deadline=deadline, request_id=request_id)
            async for _ in stream:
                pass
        drafted.append((await _read(user, conversation_id, message_id)).model_dump_json().encode())

    task = asyncio.create_task(finish())
    streaming.keep_invocation_open(request.scope, [task])
    if await WaitingResponse.is_early(task):
        await task
        return _json(drafted[0], more)

    def render() -> bytes:
        error = task.exception()
        if error is None:
            return drafted[0]
        return envelope_bytes(error if isinstance(error, OneAIError) else InternalError(), request_id)

    return WaitingResponse(task, render)


async def _read(user: UserPrincipal, conversation_id: UUID, message_id: UUID) -> DraftedReply:
    """The draft that has ended. Raises its error if it has no text, and Busy if it is not settled yet."""
    row = await drafted_reply(user, conversation_id, message_id)
    if row["state"] == "streaming":
        raise Busy(retry_after=5)
    if not row["text"]:
        raise BY_CODE.get(row["error_code"] or "", InternalError)()
    return DraftedReply.model_validate(row)


def _flag(text: str) -> bool:
    if text not in ("0", "1", "false", "true"):
        raise invalid(_PREVIEW, "wrong_format", "This must be `1` or `0`.")
    return text in ("1", "true")


def _json(body: bytes, more: dict[str, str] | None = None) -> Response:
    return Response(body, headers=more, media_type="application/json")
