"""The streaming function's part: its routes and events, described by hand, because Starlette generates nothing."""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from local.openapi.schemas import MAY_BE_ABSENT
from oneai import chat
from oneai.conversations.messages import MessageUsage
from oneai.documents.document_quote import DocumentQuote

REF = "#/components/schemas/{model}"


class _Exact(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StartEvent(_Exact):
    """`start`, the first event, of a resumed stream too."""

    conversation_id: UUID = Field(description="The conversation, which may be new.")
    user_message_id: UUID = Field(description="The question.")
    message_id: UUID = Field(description="The answer.")
    model: str = Field(description="The requested model.")


class ComparedStartEvent(_Exact):
    """`start` where several models answer side by side."""

    conversation_id: UUID = Field(description="The conversation, which may be new.")
    user_message_id: UUID = Field(description="The question.")
    message_ids: list[UUID] = Field(description="The answers.")
    models: list[str] = Field(description="The requested models, in the order of `message_ids`.")


class Source(_Exact):
    """A passage of a document that the answer is written from, or a page of the web that it cites."""

    model_config = ConfigDict(json_schema_extra={MAY_BE_ABSENT: ["url", "text_share"]})

    n: int = Field(description="The number by which the answer names it, as in `[1]`.")
    document_id: UUID | None = Field(description="The document; null for a page of the web.")
    url: str | None = Field(default=None, description="The address of the page, http or https; absent for a document.")
    name: str = Field(description="The document's name, or what the page calls itself: show the host of `url` with it.")
    page: int | None = Field(description="The page on which the passage begins.")
    heading: str | None = Field(description="The heading above it.")
    snippet: str = Field(description="How the passage begins.")
    text_share: float | None = Field(
        default=None,
        description="The share of the document's letters that were read, from 0 to 1, when it is below 0.98: the text "
        "is incomplete. Absent otherwise.",
    )


class SourcesEvent(_Exact):
    """`sources`, right after `start` where the question is asked about documents, and again, with all sources, when the
    answer cites pages of the web; in a resumed stream too. It has no `id:`."""

    sources: list[Source] = Field(description="What the answer is written from, by number; empty: nothing was found.")


class ComparedSourcesEvent(SourcesEvent):
    """`sources` of one of several answers."""

    message_id: UUID = Field(description="The answer.")


class DeltaEvent(_Exact):
    """`delta`: more of the answer's text. Its `id:` is how many code points of text have been sent in all."""

    text: str = Field(description="What comes next of the answer's text.")


class ReasoningEvent(_Exact):
    """`reasoning`: more of what the model thinks aloud. It has no `id:` and is not part of the text."""

    text: str = Field(description="What comes next of the model's thinking.")


class ComparedDeltaEvent(DeltaEvent):
    """`delta` of one of several answers. Its `id:` is `message_id:number`."""

    message_id: UUID = Field(description="The answer.")


class ComparedReasoningEvent(ReasoningEvent):
    """`reasoning` of one of several answers."""

    message_id: UUID = Field(description="The answer.")


class EndEvent(_Exact):
    """`end`, the last event where several models answer side by side: each answer has had its own end."""


class QuotaLeft(_Exact):
    """What is left of the quota that the answer counted against."""

    key: str = Field(description="The quota's key.")
    used: int = Field(description="Units used.")
    limit: int = Field(description="Units of the window.")
    remaining: int = Field(description="Units left.")
    resets_at: str = Field(description="When the next window begins.")


class DoneEvent(_Exact):
    """`done`, the last event of an answer that is whole or was stopped."""

    message_id: UUID = Field(description="The answer.")
    state: Literal["complete", "stopped"] = Field(
        description="`stopped`: by the person, or because the budget was used up."
    )
    finish_reason: Literal["stop", "length", "tool_calls", "content_filter", "error", "cancelled", "budget"] | None = (
        Field(description="Why the answer ended; `budget`: the plan's limit of tokens or cost.")
    )
    requested_model: str = Field(description="The model that was requested, as `start` names it.")
    model: str | None = Field(description="The model that served the answer, by the name of its version.")
    provider: str | None = Field(description="The provider that ran it.")
    usage: MessageUsage = Field(description="What the answer took.")
    quota: QuotaLeft | None = Field(
        description="What is left of the quota it counted against; null only while the database is away."
    )
    notice: str | None = Field(
        description="A sentence for an answer that counts and is not what was asked for: a call of a tool, or a "
        "refusal, which is its text; else null."
    )


class StopAnswer(_Exact):
    """The answer's state when it was asked to stop."""

    message_id: UUID = Field(description="The answer.")
    state: Literal["streaming", "complete", "stopped", "truncated", "failed"] = Field(
        description="Its state when it was asked to stop; `streaming`: it will stop within moments."
    )


ERROR_EVENT: dict[str, Any] = {
    "type": "object",
    "description": "`error`, the last event of an answer that broke off. `truncated`: some text was delivered, and the "
    "answer counts; `failed`: none was, and it costs nothing; `streaming`: only this stream of it ended, because the "
    "function's time was up (`timeout`) or a newer stream took its place (`rate_limited`).",
    "properties": {
        "error": {"$ref": "#/components/schemas/Error", "description": "What happened."},
        "request_id": {"type": "string", "description": "Names the request, as the header `X-Request-Id` does."},
        "message_id": {"type": "string", "format": "uuid", "description": "The answer."},
        "state": {
            "type": "string",
            "enum": ["truncated", "failed", "streaming"],
            "description": "How the answer ended; `streaming`: it goes on, and this stream of it was cut.",
        },
    },
    "required": ["error", "request_id", "message_id", "state"],
    "additionalProperties": False,
}

EVENTS = {
    "start": ("StartEvent", "ComparedStartEvent"),
    "sources": ("SourcesEvent", "ComparedSourcesEvent"),
    "delta": ("DeltaEvent", "ComparedDeltaEvent"),
    "reasoning": ("ReasoningEvent", "ComparedReasoningEvent"),
    "done": ("DoneEvent",),
    "error": ("ErrorEvent",),
    "end": ("EndEvent",),
}

HOW_IT_STREAMS = (
    "Server-sent events: `start`, `sources` where documents were asked or pages are cited, then `delta` and "
    "`reasoning` as they come, "
    "then exactly one `done` or `error`. `data:` is JSON as the schema of the event's name says; comments keep the "
    "line alive and mean nothing."
)


def schemas() -> dict[str, Any]:
    """The schemas of bodies and events."""
    read: list[type[BaseModel]] = [chat.Question, chat.StopRequest, DocumentQuote]
    written: list[type[BaseModel]] = [
        *(
            StartEvent,
            ComparedStartEvent,
            SourcesEvent,
            ComparedSourcesEvent,
            DeltaEvent,
            ComparedDeltaEvent,
            ReasoningEvent,
            ComparedReasoningEvent,
        ),
        *(DoneEvent, EndEvent, StopAnswer),
    ]
    _, found = models_json_schema(
        [*((model, "validation") for model in read), *((model, "serialization") for model in written)], ref_template=REF
    )
    events = [
        {
            "type": "object",
            "properties": {
                "event": {"const": name, "description": "The name of the event."},
                "data": {
                    "type": "string",
                    "description": "JSON, as the schema of the event's name says.",
                    "contentMediaType": "application/json",
                    "contentSchema": {"oneOf": [{"$ref": REF.format(model=model)} for model in models]},
                },
                "id": {"type": "string", "description": "For `Last-Event-ID`: how much text has been sent."},
            },
            "required": ["event", "data"],
        }
        for name, models in EVENTS.items()
    ]
    whole = {"description": "One event of the stream, by its name.", "oneOf": events}
    return {**found["$defs"], "ErrorEvent": ERROR_EVENT, "StreamEvent": whole}


def paths() -> dict[str, Any]:
    """The three routes, without their errors."""
    return {
        "/chat/stream": {
            "post": {
                "operationId": "ask",
                "tags": ["Chat"],
                "summary": "Ask a question and watch the answer stream",
                "description": f"{HOW_IT_STREAMS}\n\nA refusal before the stream begins is an ordinary HTTP status; "
                "after that the status is 200, and a failure is an `error` event. Leaving does not stop the answer. "
                "The same `message_id` (or `Idempotency-Key`) with the same question is answered with the same "
                "stream from its start, asked and charged once.\n\nWith `edit_of` or `regenerate_of` the conversation "
                "branches off: what was there is kept. With `compare` several models answer side by side: one `start` "
                "names all answers, every event after it one of them, each has its own `done` or `error`, and `end` "
                "comes last. The first answer has the id `message_id`, the n-th `uuid5(message_id, n)`.",
                "parameters": [
                    {
                        "name": "Idempotency-Key",
                        "in": "header",
                        "description": "Stands for a `message_id` where the body has none.",
                        "schema": {"type": "string"},
                    }
                ],
                "requestBody": _body("Question"),
                "responses": {"200": {**_stream(), "headers": _OF_THE_QUOTA}},
            }
        },
        "/chat/stream/{message_id}": {
            "get": {
                "operationId": "resume",
                "tags": ["Chat"],
                "summary": "Come back to an answer",
                "description": f"{HOW_IT_STREAMS}\n\nBegins with `start` again, then what comes after `Last-Event-ID`. "
                "Three such streams follow one answer; a fourth is let in, and the oldest ends with `error`.",
                "parameters": [
                    {
                        "name": "message_id",
                        "in": "path",
                        "required": True,
                        "description": "The answer's id.",
                        "schema": {"type": "string", "format": "uuid"},
                    },
                    {
                        "name": "Last-Event-ID",
                        "in": "header",
                        "description": "Code points of text that were already read; absent: none.",
                        "schema": {"type": "integer", "minimum": 0, "maximum": 999_999_999},
                    },
                ],
                "responses": {"200": _stream()},
            }
        },
        "/chat/stop": {
            "post": {
                "operationId": "stop",
                "tags": ["Chat"],
                "summary": "Stop an answer",
                "description": "What was written until then is kept, and counts if there was any text.",
                "requestBody": _body("StopRequest"),
                "responses": {
                    "200": _json("StopAnswer", "The answer had ended; nothing changed."),
                    "202": _json("StopAnswer", "The answer will stop within moments."),
                },
            }
        },
    }


def _body(model: str) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": {"$ref": REF.format(model=model)}}}}


def _json(model: str, description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/json": {"schema": {"$ref": REF.format(model=model)}}},
    }


_OF_THE_QUOTA = {
    name: {"$ref": f"#/components/headers/{name}"}
    for name in ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
}


def _stream() -> dict[str, Any]:
    # The schema of a sequential media type describes each of its events.
    content = {"text/event-stream": {"schema": {"$ref": REF.format(model="StreamEvent")}}}
    return {"description": "The answer, as it is written.", "content": content}
