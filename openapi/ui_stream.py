"""The UI message stream's part: its routes, and the chunks that we send, in version 1 of the AI SDK's protocol."""

from typing import Any

from pydantic.json_schema import models_json_schema

from oneai.ui_stream.chunks import FINISH_REASONS
from oneai.ui_stream.request import UIStreamRequest

REF = "#/components/schemas/{model}"
PROTOCOL = {"url": "https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol", "description": "The AI SDK's protocol."}


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def _id(description: str) -> dict[str, Any]:
    return {"type": "string", "format": "uuid", "description": description}


def _or_null(reference: str, description: str) -> dict[str, Any]:
    return {"anyOf": [{"$ref": REF.format(model=reference)}, {"type": "null"}], "description": description}


def _chunk(kind: str, description: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "properties": {"type": {"const": kind, "description": "The type of the chunk."}, **fields},
        "required": ["type", *fields],
        "additionalProperties": False,
    }


START_METADATA: dict[str, Any] = {
    "type": "object",
    "description": "The conversation and question of the message; part of its `metadata`.",
    "properties": {
        "conversation_id": _id("The conversation, which may be new."),
        "user_message_id": _id("The question."),
        "requested_model": _text("The requested model."),
    },
    "additionalProperties": False,
}
END_METADATA: dict[str, Any] = {
    "type": "object",
    "description": "How the answer ended, and its usage; part of the message's `metadata`.",
    "properties": {
        "state": {
            "type": "string",
            "enum": ["complete", "stopped", "truncated", "failed", "streaming"],
            "description": "As in `done` and `error` of `POST /chat/stream`.",
        },
        "finish_reason": {"type": ["string", "null"], "description": "Why the answer ended, as in `done`."},
        "requested_model": _text("The requested model."),
        "model": {"type": ["string", "null"], "description": "The model that served the answer."},
        "provider": {"type": ["string", "null"], "description": "The provider that ran it."},
        "usage": {"$ref": REF.format(model="MessageUsage"), "description": "The usage of the answer."},
        "quota": _or_null("QuotaLeft", "The rest of the quota that it counted against."),
        "notice": {
            "type": ["string", "null"],
            "description": "A sentence for a refusal or a call of a tool.",
        },
    },
    "additionalProperties": False,
}
FAILURE_METADATA: dict[str, Any] = {
    **END_METADATA,
    "description": "Why the answer was interrupted, and its usage; part of the message's `metadata`.",
    "properties": {
        **END_METADATA["properties"],
        "error": {"$ref": REF.format(model="Error"), "description": "What happened."},
        "request_id": _text("The request's id, as in the header `X-Request-Id`."),
    },
}


def _chunks() -> list[dict[str, Any]]:
    part = _text("The part's id, unique within the message.")
    start, end, failure = (
        {"$ref": REF.format(model=f"UI{name}Metadata"), "description": "Metadata of the message."}
        for name in ("Start", "End", "Failure")
    )
    parts = [
        _chunk(f"{kind}-{step}", f"The {step} of a part of {kind}.", id=part)
        for kind in ("reasoning", "text")
        for step in ("start", "end")
    ]
    deltas = [
        _chunk(f"{kind}-delta", f"More of a part of {kind}.", id=part, delta=_text("The next text."))
        for kind in ("reasoning", "text")
    ]
    reasons = sorted({*FINISH_REASONS.values(), "other"})
    return [
        _chunk(
            "start",
            "The first chunk, also of a resumed stream.",
            messageId=_id("The answer's id, for stopping it."),
            messageMetadata=start,
        ),
        _chunk("start-step", "The start of the only step of the message."),
        *parts,
        *deltas,
        _chunk(
            "source-url",
            "A web page that the answer cites.",
            sourceId=_text("Its number among the sources."),
            url=_text("Its address, http or https."),
            title=_text("The page's own title."),
        ),
        _chunk("finish-step", "The end of the step."),
        _chunk("abort", "The answer was stopped; `finish` follows."),
        _chunk(
            "finish",
            "The last chunk of an answer that is complete or was stopped.",
            finishReason={
                "type": "string",
                "enum": reasons,
                "description": "Why the answer ended.",
            },
            messageMetadata=end,
        ),
        _chunk("message-metadata", "Before `error`: why the answer was interrupted.", messageMetadata=failure),
        _chunk("error", "The last chunk of an interrupted answer.", errorText=_text("A sentence for the user.")),
    ]


def schemas() -> dict[str, Any]:
    """The schemas of the body and the stream."""
    _, body = models_json_schema([(UIStreamRequest, "validation")], ref_template=REF)
    event = {
        "type": "object",
        "description": "One event of the stream.",
        "properties": {
            "data": {
                "type": "string",
                "description": "A chunk as JSON; `[DONE]` is the last.",
                "contentMediaType": "application/json",
                "contentSchema": {"$ref": REF.format(model="UIMessageChunk")},
            }
        },
        "required": ["data"],
    }
    return {
        **body["$defs"],
        "UIStartMetadata": START_METADATA,
        "UIEndMetadata": END_METADATA,
        "UIFailureMetadata": FAILURE_METADATA,
        "UIMessageChunk": {"description": "A chunk of a message, by its `type`.", "oneOf": _chunks()},
        "UIStreamEvent": event,
    }


def paths() -> dict[str, Any]:
    """The three routes, without their errors."""
    stream: dict[str, Any] = {
        "description": "The message as a stream.",
        "content": {"text/event-stream": {"schema": {"$ref": REF.format(model="UIStreamEvent")}}},
        "headers": {
            "x-vercel-ai-ui-message-stream": {
                "description": "The version of the protocol.",
                "schema": {"type": "string", "const": "v1"},
            }
        },
    }
    limits = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
    of_the_quota = {name: {"$ref": f"#/components/headers/{name}"} for name in limits}
    body = {"application/json": {"schema": {"$ref": REF.format(model="UIStreamRequest")}}}
    ask = {
        "operationId": "ask_for_ui",
        "tags": ["Chat"],
        "summary": "Ask a question as the AI SDK's useChat does",
        "description": "The same turn as `POST /chat/stream`, in the AI SDK's UI message stream: `start`, parts of "
        "reasoning and text, then `finish`, or `error` if the answer was interrupted. A refusal before the stream "
        "starts is an ordinary HTTP status.\n\nThe last message is asked in the conversation of `id`, which it "
        "creates if needed. The same message under the same id is asked and charged once. `messageId` of "
        "`submit-message` edits a question, `regenerate-message` regenerates its answer. Earlier versions are kept.",
        "externalDocs": PROTOCOL,
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "Identifies an edit, or a regeneration with `messageId`; a new question has its own id.",
                "schema": {"type": "string"},
            }
        ],
        "requestBody": {"required": True, "content": body},
        "responses": {"200": {**stream, "headers": {**stream["headers"], **of_the_quota}}},
    }
    return {
        "/chat/ui-stream": {"post": ask},
        "/chat/ui-stream/{id}": {"get": _resume("resume_for_ui", "Resume a chat's answer", stream)},
        "/chat/ui-stream/{id}/stream": {
            "get": _resume("reconnect_for_ui", "Resume a chat's answer at the AI SDK's default path", stream)
        },
    }


def _resume(name: str, summary: str, stream: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": name,
        "tags": ["Chat"],
        "summary": summary,
        "description": "The running answer of the conversation, from its start, because the AI SDK assembles a "
        "resumed message from scratch.",
        "externalDocs": PROTOCOL,
        "parameters": [
            {
                "name": "id",
                "in": "path",
                "required": True,
                "description": "The chat's id as in `POST /chat/ui-stream`, or the conversation's id.",
                "schema": {"type": "string"},
            }
        ],
        "responses": {
            "200": stream,
            "204": {"description": "No answer is running, or the conversation does not exist."},
        },
    }
