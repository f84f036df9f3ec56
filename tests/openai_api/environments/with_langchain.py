"""LangChain in an environment of its own: prints what it received as a JSON object.

Arguments: the base URL and the key.
"""

import json
import sys
from typing import Any

from langchain_core.tools import tool  # type: ignore[import-not-found]
from langchain_openai import ChatOpenAI, OpenAIEmbeddings  # type: ignore[import-not-found]
from openai import APIError

MODEL = "openai/gpt-4.1-mini"
QUESTION = "Hello from LangChain"


@tool  # type: ignore[untyped-decorator]
def weather(city: str) -> str:
    """The weather of a city."""
    return f"rain in {city}"


def receive(base_url: str, api_key: str) -> dict[str, Any]:
    """The answers of each endpoint."""
    place = {"base_url": base_url, "api_key": api_key, "max_retries": 0}
    model = ChatOpenAI(model=MODEL, **place)
    whole = model.invoke(QUESTION)
    streamed = None
    for chunk in ChatOpenAI(model=MODEL, stream_usage=True, **place).stream(QUESTION):
        streamed = chunk if streamed is None else streamed + chunk
    with_tools = model.bind_tools([weather])
    called = with_tools.invoke(QUESTION)
    results = [weather.invoke(call) for call in called.tool_calls]
    shape = {"title": "place", "type": "object", "properties": {"city": {"type": "string"}}}
    structured = model.with_structured_output(shape, method="json_schema").invoke(QUESTION)
    response = ChatOpenAI(model=MODEL, use_responses_api=True, **place).invoke(QUESTION)
    texts = OpenAIEmbeddings(model="openai/text-embedding-3-small", check_embedding_ctx_length=False, **place)
    return {
        "whole": whole.content,
        "finish": whole.response_metadata["finish_reason"],
        "streamed": streamed.content if streamed else None,
        "tokens": streamed.usage_metadata["output_tokens"] if streamed else None,
        "calls": [[call["name"], call["args"]] for call in called.tool_calls],
        "after_tools": with_tools.invoke([("user", QUESTION), called, *results]).content,
        "structured": structured,
        "response": response.text if isinstance(response.text, str) else response.text(),
        "dimensions": [len(vector) for vector in texts.embed_documents(["one", "two"])],
        "refusal": refusal(ChatOpenAI(model="unknown/model", **place)),
        "broken": refusal(ChatOpenAI(model="local/error-midway", streaming=True, **place)),
    }


def refusal(model: Any) -> str:
    """The exception with which a question is refused."""
    try:
        model.invoke(QUESTION)
    except APIError as error:
        return type(error).__name__
    return ""


print(json.dumps(receive(sys.argv[1], sys.argv[2])))
