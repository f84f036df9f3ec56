"""The route of the chat's function that streams previews of chatbots, described by hand as the chat's are."""

from typing import Any

from pydantic.json_schema import models_json_schema

from oneai.chat.turn.admit_preview import PreviewQuestion
from openapi.streaming import OF_THE_QUOTA, REF, stream


def schemas() -> dict[str, Any]:
    """The schema of the body."""
    _, found = models_json_schema([(PreviewQuestion, "validation")], ref_template=REF)
    return dict(found["$defs"])


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
        }
    }
