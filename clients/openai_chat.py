"""OpenAI's library for Python: streams an answer, lets the model call a function, and says when a budget is spent.

OPENAI_BASE_URL=http://127.0.0.1:8000/v1 OPENAI_API_KEY=oneai_sk_… python clients/openai_chat.py "Hello"
"""

import json
import sys
from typing import Any

from openai import OpenAI, RateLimitError

MODEL = "openai/gpt-4.1-mini"
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def stream(client: OpenAI, question: str) -> None:
    """Prints the answer as it comes, and what it took."""
    messages: Any = [{"role": "user", "content": question}]
    options: Any = {"include_usage": True}
    for chunk in client.chat.completions.create(model=MODEL, messages=messages, stream=True, stream_options=options):
        for choice in chunk.choices:
            print(choice.delta.content or "", end="", flush=True)
        if chunk.usage:
            print(f"\n{chunk.usage.total_tokens} tokens")


def call_function(client: OpenAI, question: str) -> str:
    """The answer to a question that the model needs a function for."""
    messages: Any = [{"role": "user", "content": question}]
    while calls := (answer := ask(client, messages)).tool_calls:
        messages.append(answer)
        for call in calls:
            city = json.loads(call.function.arguments)["city"]
            messages.append({"role": "tool", "tool_call_id": call.id, "content": f"rain in {city}"})
    return str(answer.content)


def ask(client: OpenAI, messages: Any) -> Any:
    """The next message of the model."""
    return client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER]).choices[0].message


if __name__ == "__main__":
    openai = OpenAI()  # reads OPENAI_BASE_URL and OPENAI_API_KEY
    try:
        stream(openai, sys.argv[1])
        print(call_function(openai, "Do I need an umbrella in Pune?"))
    except RateLimitError as error:
        # Of a spent budget or plan the library knows that trying again does not help.
        sys.exit(f"{error.code}: {error.message}")
