"""The streaming function's part: its routes and events, described by hand because Starlette generates nothing."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from oneai import chat
from oneai.chatbots.answering.outcome import Outcome
from oneai.conversations.messages import MessageUsage
from oneai.documents.document_quote import DocumentQuote
from openapi.schemas import MAY_BE_ABSENT

REF = "#/components/schemas/{model}"


class _Exact(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StartEvent(_Exact):
    """`start`, the first event, also of a resumed stream."""

    conversation_id: UUID = Field(description="The conversation, which may be new.")
    user_message_id: UUID = Field(description="The question.")
    message_id: UUID = Field(description="The answer.")
    model: str = Field(description="The requested model.")


class ComparedStartEvent(_Exact):
    """`start` for several models that answer in parallel."""

    conversation_id: UUID = Field(description="The conversation, which may be new.")
    user_message_id: UUID = Field(description="The question.")
    message_ids: list[UUID] = Field(description="The answers.")
    models: list[str] = Field(description="The requested models, in the order of `message_ids`.")


class Source(_Exact):
    """A source of the answer: a passage of a document, or a web page that it cites."""

    model_config = ConfigDict(json_schema_extra={MAY_BE_ABSENT: ["url", "text_share"]})

    n: int = Field(description="The number in the answer, as in `[1]`.")
    document_id: UUID | None = Field(description="The document; null for a web page.")
    url: str | None = Field(default=None, description="The address of the page, http or https; absent for a document.")
    name: str = Field(description="The document's name, or the page's own title: show the host of `url` with it.")
    page: int | None = Field(description="The page on which the passage starts.")
    heading: str | None = Field(description="The heading above it.")
    snippet: str = Field(description="The start of the passage.")
    text_share: float | None = Field(
        default=None,
        description="The share of the document's letters that were read, from 0 to 1, if it is below 0.98: the text "
        "is incomplete. Absent otherwise.",
    )


class SourcesEvent(_Exact):
    """`sources`, right after `start` if the question has documents, and again, with all sources, when the answer cites
    web pages; also in a resumed stream. It has no `id:`."""

    sources: list[Source] = Field(description="The sources of the answer, by number; empty if nothing was found.")


class ComparedSourcesEvent(SourcesEvent):
    """`sources` of one of several answers."""

    message_id: UUID = Field(description="The answer.")


class DeltaEvent(_Exact):
    """`delta`: more of the answer's text. Its `id:` is the number of code points of text sent so far."""

    text: str = Field(description="The next part of the answer's text.")


class ReasoningEvent(_Exact):
    """`reasoning`: more of the model's reasoning. It has no `id:` and is not part of the text."""

    text: str = Field(description="The next part of the model's reasoning.")


class ComparedDeltaEvent(DeltaEvent):
    """`delta` of one of several answers. Its `id:` is `message_id:number`."""

    message_id: UUID = Field(description="The answer.")


class ComparedReasoningEvent(ReasoningEvent):
    """`reasoning` of one of several answers."""

    message_id: UUID = Field(description="The answer.")


class EndEvent(_Exact):
    """`end`, the last event of several parallel answers, after the end of each."""


class QuotaLeft(_Exact):
    """The rest of the quota that the answer counted against."""

    key: str = Field(description="The quota's key.")
    used: int = Field(description="Units used.")
    limit: int = Field(description="Units of the window.")
    remaining: int = Field(description="Units left.")
    resets_at: str = Field(description="When the next window starts.")


class DoneEvent(_Exact):
    """`done`, the last event of an answer that is complete or was stopped."""

    model_config = ConfigDict(json_schema_extra={MAY_BE_ABSENT: ["outcome"]})

    message_id: UUID = Field(description="The answer.")
    state: Literal["complete", "stopped"] = Field(
        description="`stopped`: by the user, or because the budget was exhausted."
    )
    finish_reason: Literal["stop", "length", "tool_calls", "content_filter", "error", "cancelled", "budget"] | None = (
        Field(description="Why the answer ended; `budget`: the plan's limit of tokens or cost.")
    )
    requested_model: str = Field(description="The requested model, as in `start`.")
    model: str | None = Field(description="The model that served the answer, by the name of its version.")
    provider: str | None = Field(description="The provider that ran it.")
    usage: MessageUsage = Field(description="The usage of the answer.")
    quota: QuotaLeft | None = Field(
        description="The rest of the quota that it counted against; null only while the database is unavailable."
    )
    first_token_ms: int | None = Field(
        description="Milliseconds from the request to the first word; null for an answer without one."
    )
    notice: str | None = Field(
        description="A sentence if the answer is charged but is not an ordinary one: a call of a tool, or a "
        "refusal, which is its text; else null."
    )
    outcome: Outcome | None = Field(
        default=None, description="How the answer of a chatbot turned out; absent for every other answer."
    )


class StopAnswer(_Exact):
    """The answer's state at the request to stop."""

    message_id: UUID = Field(description="The answer.")
    state: Literal["streaming", "complete", "stopped", "truncated", "failed"] = Field(
        description="Its state at the request; `streaming`: it will stop within moments."
    )


ERROR_EVENT: dict[str, Any] = {
    "type": "object",
    "description": "`error`, the last event of an interrupted answer. `truncated`: some text was delivered, and the "
    "answer is charged; `failed`: none was, and it is free; `streaming`: only this stream of it ended, because the "
    "function reached its deadline (`timeout`) or a newer stream replaced it (`rate_limited`).",
    "properties": {
        "error": {"$ref": "#/components/schemas/Error", "description": "What happened."},
        "request_id": {"type": "string", "description": "The request's id, as in the header `X-Request-Id`."},
        "message_id": {"type": "string", "format": "uuid", "description": "The answer."},
        "state": {
            "type": "string",
            "enum": ["truncated", "failed", "streaming"],
            "description": "How the answer ended; `streaming`: it continues, but this stream of it ended.",
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
    "Server-sent events: `start`, `sources` for documents and cited pages, then `delta` and "
    "`reasoning` as they arrive, "
    "then exactly one `done` or `error`. `data:` is JSON with the schema of the event's name; comments keep the "
    "connection alive and have no meaning."
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
    return {**found["$defs"], "ErrorEvent": ERROR_EVENT, "StreamEvent": event_schema(EVENTS)}


def event_schema(named: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The schema of one event of a stream: by its name, the schemas that its data may have."""
    events = [
        {
            "type": "object",
            "properties": {
                "event": {"const": name, "description": "The name of the event."},
                "data": {
                    "type": "string",
                    "description": "JSON with the schema of the event's name.",
                    "contentMediaType": "application/json",
                    "contentSchema": {"oneOf": [{"$ref": REF.format(model=model)} for model in models]},
                },
                "id": {"type": "string", "description": "For `Last-Event-ID`: the length of the text sent so far."},
            },
            "required": ["event", "data"],
        }
        for name, models in named.items()
    ]
    return {"description": "One event of the stream, by its name.", "oneOf": events}


def paths() -> dict[str, Any]:
    """The three routes, without their errors."""
    return {
        "/chat/stream": {
            "post": {
                "operationId": "ask",
                "tags": ["Chat"],
                "summary": "Ask a question and stream the answer",
                "description": f"{HOW_IT_STREAMS}\n\nA refusal before the stream starts is an ordinary HTTP status; "
                "after that the status is 200, and a failure is an `error` event. Disconnecting does not stop the "
                "answer. "
                "The same `message_id` (or `Idempotency-Key`) with the same question is answered with the same "
                "stream from its start, asked and charged once.\n\nWith `edit_of` or `regenerate_of` the conversation "
                "branches: earlier messages remain. With `compare` several models answer in parallel: one `start` "
                "names all answers, every event after it one of them, each has its own `done` or `error`, and `end` "
                "comes last. The first answer has the id `message_id`, the n-th `uuid5(message_id, n)`.",
                "parameters": [
                    {
                        "name": "Idempotency-Key",
                        "in": "header",
                        "description": "Replaces a `message_id` if the body has none.",
                        "schema": {"type": "string"},
                    }
                ],
                "requestBody": _body("Question"),
                "responses": {"200": {**stream(), "headers": OF_THE_QUOTA}},
            }
        },
        "/chat/stream/{message_id}": {
            "get": {
                "operationId": "resume",
                "tags": ["Chat"],
                "summary": "Resume an answer",
                "description": f"{HOW_IT_STREAMS}\n\nStarts with `start` again, then everything after `Last-Event-ID`. "
                "Three such streams may follow one answer; a fourth is admitted, and the oldest ends with `error`.",
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
                        "description": "The number of code points of text already read; absent: none.",
                        "schema": {"type": "integer", "minimum": 0, "maximum": 999_999_999},
                    },
                ],
                "responses": {"200": stream()},
            }
        },
        "/chat/stop": {
            "post": {
                "operationId": "stop",
                "tags": ["Chat"],
                "summary": "Stop an answer",
                "description": "The text so far is stored, and charged if there is any.",
                "requestBody": _body("StopRequest"),
                "responses": {
                    "200": _json("StopAnswer", "The answer had already ended."),
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


OF_THE_QUOTA = {
    name: {"$ref": f"#/components/headers/{name}"}
    for name in ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
}


def stream() -> dict[str, Any]:
    """The response of a stream of one answer, or of several."""
    # The schema of a sequential media type describes each of its events.
    content = {"text/event-stream": {"schema": {"$ref": REF.format(model="StreamEvent")}}}
    return {"description": "The answer as a stream.", "content": content}
