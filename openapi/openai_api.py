"""The endpoints for OpenAI's clients. Their contract is OpenAI's reference; only differences are described here."""

from typing import Any

from openapi.workspaces import PARAMETER

REFERENCE = "https://platform.openai.com/docs/api-reference"
MODEL = "openai/gpt-4.1-mini"
TAG = "OpenAI-compatible"
ABOUT = (
    "OpenAI's libraries and others work with `base_url` set to `…/api/v1`, and an API key, or an access token in "
    "its place. Errors and headers are OpenAI's; unknown fields are ignored."
)
_FREE: dict[str, Any] = {"type": "object", "additionalProperties": True}
_COMPLETION = {
    "id": "chatcmpl-4f1d0c5e7a9b4c3d8e2f6a1b0c9d8e7f",
    "object": "chat.completion",
    "created": 1790000000,
    "model": MODEL,
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Monsoon brings rain.", "refusal": None},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {
        "prompt_tokens": 14,
        "completion_tokens": 5,
        "total_tokens": 19,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    },
}
_RESPONSE = {
    "id": "resp_4f1d0c5e7a9b4c3d8e2f6a1b0c9d8e7f",
    "object": "response",
    "created_at": 1790000000,
    "model": MODEL,
    "status": "completed",
    "store": False,
    "output": [
        {
            "id": "msg_4f1d0c5e7a9b4c3d8e2f6a1b0c9d8e7f_0",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "Monsoon brings rain.", "annotations": []}],
        }
    ],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
}
_LISTED = {"id": MODEL, "object": "model", "created": 1790000000, "owned_by": "openai", "context_length": 1047576}
_ERROR = {
    "error": {
        "message": "There is no model 'openai/gpt-0'.",
        "type": "invalid_request_error",
        "param": "model",
        "code": "model_not_found",
    },
    "request_id": "c3f5a6de-8d1b-4f0e-9a7c-2b4d6e8f0a1c",
}

SCHEMAS: dict[str, Any] = {
    "OpenAIError": {
        "type": "object",
        "description": "An error in the format of OpenAI's clients.",
        "properties": {
            "error": {
                "type": "object",
                "description": "What happened.",
                "properties": {
                    "message": {"type": "string", "description": "A sentence for the user."},
                    "type": {"type": "string", "description": "The kind of error, such as `invalid_request_error`."},
                    "param": {"type": ["string", "null"], "description": "The invalid field."},
                    "code": {
                        "type": ["string", "null"],
                        "description": "The code for programs, such as `model_not_found` or `insufficient_quota`.",
                    },
                },
                "required": ["message", "type", "param", "code"],
            },
            "request_id": {"type": "string", "description": "The request's id, as in the header `X-Request-Id`."},
        },
        "required": ["error", "request_id"],
    },
    "OpenAIChatRequest": _FREE
    | {
        "description": "A request for a chat completion. `n` must be 1, tools must be functions, and images are parts.",
        "properties": {
            "model": {"type": "string", "description": "A model's id."},
            "messages": {
                "type": "array",
                "description": "The whole conversation.",
                "items": {"type": "object", "description": "A message.", "additionalProperties": True},
            },
            "modalities": {
                "type": ["array", "null"],
                "description": "The parts of the answer: `text`, and `image` for a model that generates images.",
                "items": {"type": "string", "enum": ["text", "image"]},
            },
            "stream": {"type": ["boolean", "null"], "description": "Whether the completion comes in chunks."},
        },
        "required": ["model", "messages"],
    },
    "OpenAIResponsesRequest": _FREE
    | {
        "description": "A request for a response. Nothing is stored, so `previous_response_id` is refused.",
        "properties": {
            "model": {"type": "string", "description": "A model's id."},
            "input": {"description": "A text, or the items of the whole conversation."},
            "stream": {"type": ["boolean", "null"], "description": "Whether the response comes as events."},
        },
        "required": ["model", "input"],
    },
    "OpenAIEmbeddingsRequest": _FREE
    | {
        "description": "A request for embeddings. Token arrays are refused; send texts.",
        "properties": {
            "model": {"type": "string", "description": "An embedding model."},
            "input": {"description": "A text, or a list of texts."},
        },
        "required": ["model", "input"],
    },
    "OpenAIObject": _FREE | {"description": "An object as OpenAI's reference describes it."},
}


def paths() -> dict[str, Any]:
    """The five endpoints, with their errors."""
    question = {"model": MODEL, "messages": [{"role": "user", "content": "What is the monsoon?"}]}
    return {
        "/v1/chat/completions": {
            "post": _operation(
                "create_chat_completion",
                "Create a chat completion",
                "Streamed or whole. Admitted, reserved and charged like a question of the chat, in a temporary "
                "conversation that is deleted two minutes after its end; until then a retry of the same request by "
                "OpenAI's libraries receives the same answer, which is charged once. A whole answer that takes more "
                "than four minutes has status 200 and white space before it, and a later failure is its "
                "`error`.",
                body=("OpenAIChatRequest", question),
                example=_COMPLETION,
                streams=True,
            )
        },
        "/v1/responses": {
            "post": _operation(
                "create_response",
                "Create a response",
                "Stateless: the input is the whole conversation. Otherwise like a chat completion.",
                body=("OpenAIResponsesRequest", {"model": MODEL, "input": "What is the monsoon?"}),
                example=_RESPONSE,
                streams=True,
            )
        },
        "/v1/embeddings": {
            "post": _operation(
                "create_embeddings",
                "Create embeddings of texts",
                "Takes one unit of the model's quota for every started 100,000 tokens, or none where a key of the "
                "workspace pays, whose provider has the model.",
                body=("OpenAIEmbeddingsRequest", {"model": "openai/text-embedding-3-small", "input": "monsoon"}),
                example={
                    "object": "list",
                    "data": [{"object": "embedding", "index": 0, "embedding": [0.6, 0.8]}],
                    "model": "openai/text-embedding-3-small",
                    "usage": {"prompt_tokens": 2, "total_tokens": 2},
                },
            )
        },
        "/v1/models": {
            "get": _operation(
                "list_openai_models",
                "List the models in OpenAI's format",
                "Models for chat and for embeddings.",
                example={"object": "list", "data": [_LISTED]},
            )
        },
        "/v1/models/{id}": {
            "get": _operation(
                "retrieve_model",
                "Retrieve one model",
                "The slash of the id may be sent unchanged, or as `%2F`.",
                example=_LISTED,
            )
            | {
                "parameters": [
                    PARAMETER,
                    {
                        "name": "id",
                        "in": "path",
                        "required": True,
                        "description": "The model's id.",
                        "schema": {"type": "string"},
                    },
                ]
            }
        },
    }


def _operation(
    name: str,
    summary: str,
    description: str,
    *,
    example: Any,
    body: tuple[str, Any] | None = None,
    streams: bool = False,
) -> dict[str, Any]:
    content = {"application/json": _media("OpenAIObject", example)}
    if streams:
        event = {"type": "object", "description": "One event, as OpenAI's reference describes it."}
        content["text/event-stream"] = {"schema": event, "examples": {"event": {"value": {"data": "{…}"}}}}
    headers = {"headers": {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}}}
    operation: dict[str, Any] = {
        "operationId": name,
        "tags": [TAG],
        "summary": summary,
        "description": description,
        "parameters": [PARAMETER],
        "externalDocs": {"url": REFERENCE, "description": "OpenAI's reference."},
        "responses": {
            "200": {"description": "As asked.", "content": content, **headers},
            "default": {
                "description": "An error.",
                "content": {"application/json": _media("OpenAIError", _ERROR)},
                **headers,
            },
        },
        "security": [{"bearer": []}],
    }
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": _media(*body)}}
    return operation


def _media(schema: str, example: Any) -> dict[str, Any]:
    return {"schema": {"$ref": f"#/components/schemas/{schema}"}, "examples": {"example": {"value": example}}}
