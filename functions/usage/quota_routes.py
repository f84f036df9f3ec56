"""Routes for quotas: status, check, and the quote of a question."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from oneai import chat, quota
from oneai.clients.supabase_auth import UserPrincipal
from oneai.documents import document_quote
from oneai.documents.document_quote import DocumentQuote
from oneai.errors import QuotaExceeded, envelope, headers
from oneai.field_errors import from_pydantic
from oneai.http.fastapi_app import CurrentUser, signed_in
from oneai.quota import Allowed, CheckRequest, NotAllowed, QuotaStatus
from oneai.quota.quoted import Quote

# A check reserves nothing, although it is sent with POST.
QuotaReader = Annotated[UserPrincipal, Depends(signed_in(right="read"))]

router = APIRouter(tags=["Quota"])


@router.get("/user/quota", summary="Get the plan and its quotas at their second address", operation_id="user_quota")
@router.get("/quota/status", summary="Get the plan and its quotas")
async def quota_status(user: CurrentUser) -> QuotaStatus:
    """Returns your plan, and the rest of every quota with its reset."""
    return await quota.status(user)


@router.post("/quota/check", summary="Check whether units are left", response_model=Allowed | NotAllowed)
async def check_quota(check: CheckRequest, user: QuotaReader, request: Request) -> Allowed | JSONResponse:
    """Returns whether the units would be granted now. It reserves nothing; asking the question does.

    A refusal is 429, or 200 with `refused_as`; the body is the same.
    """
    try:
        return await quota.check(user, check)
    except QuotaExceeded as refusal:
        body = {"allowed": False, **envelope(refusal, request.state.request_id)}
        return JSONResponse(body, check.refused_as, headers(refusal))


# Parsed like the chat's request, and documented there.
_QUOTED = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "oneOf": [{"$ref": "#/components/schemas/Question"}, {"$ref": "#/components/schemas/DocumentQuote"}]
            }
        }
    },
}


@router.post("/quota/quote", summary="Quote a question before it is asked", openapi_extra={"requestBody": _QUOTED})
async def quote_question(user: CurrentUser, request: Request) -> Quote:
    """Returns what this question would reserve if it were sent now, or, with `document_id`, what reading a document's
    pages with a model or summarising it would. Stores and reserves nothing."""
    body = await request.body()
    try:
        if _names_document(body):
            return await document_quote.quote(user, DocumentQuote.model_validate_json(body))
        question = chat.Question.model_validate_json(body)
    except ValidationError as error:
        raise from_pydantic(error.errors()) from None
    return await chat.quote(user, question)


def _names_document(body: bytes) -> bool:
    try:
        fields = json.loads(body)
    except ValueError:
        return False
    return isinstance(fields, dict) and "document_id" in fields
