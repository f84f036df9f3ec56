"""The routes of the chat's function for members who let a chatbot answer, described by hand as the chat's are:
previews, and drafts of replies to visitors."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from oneai.chat.turn.admit_draft import DraftedReply, DraftRequest
from oneai.chat.turn.admit_preview import PreviewQuestion
from openapi.streaming import OF_THE_QUOTA, REF, stream

_DRAFT: dict[str, Any] = {
    "operationId": "draft_reply",
    "tags": ["Inbox"],
    "summary": "Draft a reply to a visitor",
    "description": "Lets the published chatbot answer the visitor's last message, for a member who may then send it. "
    "Nothing is stored in the conversation. It is charged as an answer that you asked for, and counts in the chatbot's "
    "budget. After four minutes the response begins with white space, and a failure is then an `error` in it.",
    "parameters": [
        {
            "name": "id",
            "in": "path",
            "required": True,
            "description": "The conversation's id.",
            "schema": {"type": "string", "format": "uuid"},
        },
        {
            "name": "preview",
            "in": "query",
            "required": False,
            "description": "`1` only returns what the draft would hold of the plan.",
            "schema": {"type": "boolean", "default": False},
        },
    ],
    "requestBody": {
        "required": False,
        "content": {"application/json": {"schema": {"$ref": REF.format(model="DraftRequest")}}},
    },
    "responses": {
        "200": {
            "description": "The draft, or with `preview=1` a quote of it.",
            "headers": OF_THE_QUOTA,
            "content": {
                "application/json": {
                    "schema": {
                        "anyOf": [{"$ref": REF.format(model=each)} for each in ("DraftedReply", "Quote")],
                    }
                }
            },
        }
    },
}


def schemas() -> dict[str, Any]:
    """The schemas of both bodies and of the draft. Its parts belong to other functions too."""
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (PreviewQuestion, "validation"),
        (DraftRequest, "validation"),
        (DraftedReply, "serialization"),
    ]
    _, found = models_json_schema(models, ref_template=REF)
    return {model.__name__: found["$defs"][model.__name__] for model, _ in models}


def paths() -> dict[str, Any]:
    """The route, without its errors."""
    return {
        "/chatbots/{id}/preview": {
            "post": {
                "operationId": "preview_chatbot",
                "tags": ["Chatbots"],
                "summary": "Preview a chatbot",
                "description": "Asks the draft, or a version, as a visitor would. The events are those of "
                "`POST /api/chat/stream`, and `done` has the `outcome`; the answer is resumed and stopped as other "
                "answers are. The workspace pays, within your own limit; nothing counts in what visitors may spend, "
                "and the conversation is temporary.",
                "parameters": [
                    {
                        "name": "id",
                        "in": "path",
                        "required": True,
                        "description": "The chatbot's id.",
                        "schema": {"type": "string", "format": "uuid"},
                    }
                ],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": REF.format(model="PreviewQuestion")}}},
                },
                "responses": {"200": {**stream(), "headers": OF_THE_QUOTA}},
            }
        },
        "/inbox/conversations/{id}/draft": {"post": _DRAFT},
    }
