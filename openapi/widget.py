"""The part of the function that streams chatbots' answers to visitors, described by hand as the chat's is."""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from oneai.chat.turn.admit_visitor import VisitorQuestion
from openapi.streaming import REF, event_schema

TAG = "Widgets"
ABOUT = "What visitors of a website do with a published chatbot. Public: a session's token says who asks."


class _Exact(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WidgetStartEvent(_Exact):
    """`start`, the first event, also of a resumed stream."""

    conversation_id: UUID = Field(description="The conversation, which may be new.")
    user_message_id: UUID = Field(description="The question.")
    message_id: UUID = Field(description="The answer.")


class WidgetSource(_Exact):
    """A passage that the answer rests on."""

    n: int = Field(description="Its number, as in `[1]`.")
    name: str | None = Field(description="The document's name.")
    page: int | None = Field(description="The page on which the passage starts.")
    heading: str | None = Field(description="The heading above it.")
    snippet: str | None = Field(description="The start of the passage.")


class WidgetSourcesEvent(_Exact):
    """`sources`, if the chatbot names its documents. It has no `id:`."""

    sources: list[WidgetSource] = Field(description="What the answer rests on.")


class WidgetDoneEvent(_Exact):
    """`done`, the last event of an answer that is complete or was stopped."""

    message_id: UUID = Field(description="The answer.")
    state: Literal["complete", "stopped"] = Field(description="`stopped`: by the visitor.")
    outcome: Literal["answered", "partial", "not_found", "off_topic", "handoff"] | None = Field(
        description="How the answer turned out; null for one that was stopped before it was known."
    )
    notice: str | None = Field(description="A sentence about an answer that is not an ordinary one; else null.")


class WaitingMessage(_Exact):
    """In place of a stream: the message is stored for people, who answer in this conversation."""

    message_id: UUID = Field(description="The message's id.")
    status: Literal["bot", "open", "snoozed", "resolved"] = Field(description="`open`, unless it was sent again later.")


class OfflineAnswer(_Exact):
    """In place of a stream: the chatbot does not answer now."""

    mode: Literal["offline"] = Field(description="Always `offline`.")
    message: str = Field(description="The away message; empty: the widget's own words.")
    answers: list[dict[str, Any]] = Field(description="Known answers to the question, with `question` and `answer`.")
    form: bool = Field(description="Whether the visitor is offered a form.")


EVENTS = {
    "start": ("WidgetStartEvent",),
    "sources": ("WidgetSourcesEvent",),
    "delta": ("DeltaEvent",),
    "done": ("WidgetDoneEvent",),
    "error": ("ErrorEvent",),
}
_PUBLIC_ID: dict[str, Any] = {
    "name": "public_id",
    "in": "path",
    "required": True,
    "description": "The chatbot's id in pages that show it.",
    "schema": {"type": "string"},
}
_STREAM: dict[str, Any] = {"text/event-stream": {"schema": {"$ref": REF.format(model="WidgetStreamEvent")}}}


def schemas() -> dict[str, Any]:
    """The schemas of bodies and events."""
    written: list[type[BaseModel]] = [
        WidgetStartEvent,
        WidgetSourcesEvent,
        WidgetDoneEvent,
        OfflineAnswer,
        WaitingMessage,
    ]
    _, found = models_json_schema(
        [(VisitorQuestion, "validation"), *((model, "serialization") for model in written)], ref_template=REF
    )
    # FastAPI describes it with the body of leads, and writes defaults of null in another way.
    del found["$defs"]["Introduction"]
    return {**found["$defs"], "WidgetStreamEvent": event_schema(EVENTS)}


def paths() -> dict[str, Any]:
    """The routes, without their errors."""
    return {
        "/widget/{public_id}/chat": {
            "post": {
                "operationId": "ask_chatbot",
                "tags": [TAG],
                "summary": "Ask a chatbot and stream its answer",
                "description": "Server-sent events: `start`, `delta` as they arrive, `sources`, then exactly one "
                "`done` or `error`. If the chatbot is paused, or has spent what it may, the answer is JSON with the "
                "mode `offline`. Disconnecting does not stop the answer, and the same `message_id` with the same "
                "question is asked and charged once.",
                "parameters": [_PUBLIC_ID],
                "requestBody": _body("VisitorQuestion"),
                "responses": {
                    "200": {
                        "description": "The answer as a stream, or what is offered instead.",
                        "content": _STREAM | _content("OfflineAnswer"),
                    },
                    "202": {
                        "description": "People answer in this conversation: the message is stored for them.",
                        "content": _content("WaitingMessage"),
                    },
                },
            }
        },
        "/widget/{public_id}/chat/{message_id}": {
            "get": {
                "operationId": "resume_chatbot_answer",
                "tags": [TAG],
                "summary": "Resume a chatbot's answer",
                "description": "Starts with `start` again, then everything after `Last-Event-ID`.",
                "parameters": [
                    _PUBLIC_ID,
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
                "responses": {"200": {"description": "The answer as a stream.", "content": _STREAM}},
            }
        },
        "/widget/{public_id}/stop": {
            "post": {
                "operationId": "stop_chatbot_answer",
                "tags": [TAG],
                "summary": "Stop a chatbot's answer",
                "description": "The text so far is stored.",
                "parameters": [_PUBLIC_ID],
                "requestBody": _body("StopRequest"),
                "responses": {
                    "200": {"description": "The answer had already ended.", "content": _content("StopAnswer")},
                    "202": {"description": "The answer will stop within moments.", "content": _content("StopAnswer")},
                },
            }
        },
    }


def _body(model: str) -> dict[str, Any]:
    return {"required": True, "content": _content(model)}


def _content(model: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": REF.format(model=model)}}}
