"""OpenAI's library in an older version, in an environment of its own: prints what it received as a JSON object.

Arguments: the base URL and the key.
"""

import json
import sys
from typing import Any

import openai

MODEL = "openai/gpt-4.1-mini"
QUESTION: Any = [{"role": "user", "content": "Hello from an older library"}]
WEATHER: Any = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


def receive(client: openai.OpenAI) -> dict[str, Any]:
    """The answers of each endpoint."""
    whole = client.chat.completions.create(model=MODEL, messages=QUESTION)
    streamed, tokens = "", 0
    stream = client.chat.completions.create(
        model=MODEL, messages=QUESTION, stream=True, stream_options={"include_usage": True}
    )
    for chunk in stream:
        streamed += "".join(choice.delta.content or "" for choice in chunk.choices)
        tokens = chunk.usage.completion_tokens if chunk.usage else tokens
    called = client.chat.completions.create(model=MODEL, messages=QUESTION, tools=[WEATHER])
    with client.beta.chat.completions.stream(model=MODEL, messages=QUESTION, tools=[WEATHER]) as calling:
        called_in_stream = calling.get_final_completion()
    response = client.responses.create(model=MODEL, input="Hello from an older library")
    return {
        "version": openai.VERSION,
        "whole": whole.choices[0].message.content,
        "streamed": streamed,
        "tokens": tokens,
        "calls": [calls_of(called), calls_of(called_in_stream)],
        "response": response.output_text,
        "dimensions": len(
            client.embeddings.create(model="openai/text-embedding-3-small", input="one").data[0].embedding
        ),
        "models": [model.id for model in client.models.list()],
        "refusals": [refusal(client, "unknown/model"), refusal(client, "local/error-503")],
        "broken": broken(client),
    }


def calls_of(completion: Any) -> list[Any]:
    """The calls of a completion: name and arguments."""
    calls = completion.choices[0].message.tool_calls
    return [[call.function.name, json.loads(call.function.arguments)] for call in calls]


def refusal(client: openai.OpenAI, model: str) -> list[Any]:
    """The exception with which this model is refused."""
    try:
        client.chat.completions.create(model=model, messages=QUESTION)
    except openai.APIStatusError as error:
        return [type(error).__name__, error.code, bool(error.request_id)]
    return []


def broken(client: openai.OpenAI) -> str:
    """The exception of a stream that breaks off."""
    try:
        for _ in client.chat.completions.create(model="local/error-midway", messages=QUESTION, stream=True):
            pass
    except openai.APIError as error:
        return type(error).__name__
    return ""


print(json.dumps(receive(openai.OpenAI(base_url=sys.argv[1], api_key=sys.argv[2], max_retries=0))))
