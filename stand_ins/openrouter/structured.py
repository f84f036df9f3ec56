"""Structured output of a model: tool calls, and JSON by a schema."""

import json
import secrets
from typing import Any

from stand_ins.openrouter.reply import Reply, choice_of, text_of

# A question with these words has calls in as many rounds, one after the other.
IN_A_LOOP, ROUNDS = "in a loop", 5


def offered_tools(reply: Reply) -> list[str]:
    """The names of the tools that the model calls: the offered ones, until the results of a call are there, or of five
    rounds of calls; the first alone where calls may not come together, and the chosen one where one was chosen."""
    tools = [each["function"] for each in reply.body.get("tools") or () if each.get("type") == "function"]
    choice = reply.body.get("tool_choice")
    messages = reply.body.get("messages") or [{}]
    rounds = ROUNDS if IN_A_LOOP in reply.question else 1
    if choice == "none" or (messages[-1].get("role") == "tool" and _rounds_done(messages) >= rounds):
        return []
    names = [each["name"] for each in tools]
    if isinstance(choice, dict):
        names = [choice["function"]["name"]]
    return names[:1] if reply.body.get("parallel_tool_calls") is False else names[:2]


def _rounds_done(messages: list[dict[str, Any]]) -> int:
    """The rounds of calls since the last question."""
    asked = max((n for n, each in enumerate(messages) if each.get("role") == "user"), default=0)
    return sum(bool(each.get("tool_calls")) for each in messages[asked:])


async def call_tools(reply: Reply, names: list[str]) -> None:
    """Calls these tools, their arguments in pieces; the calls are numbered from 1, as some providers do."""
    functions = [each["function"] for each in reply.body["tools"] if each.get("type") == "function"]
    parameters = {each["name"]: each.get("parameters") for each in functions}
    for number, name in enumerate(names, start=1):
        first = {"index": number, "id": f"call_{secrets.token_hex(8)}", "type": "function"}
        await _fragment(reply, {**first, "function": {"name": name, "arguments": ""}})
        arguments = json.dumps(example_of(parameters.get(name) or {"type": "object"}), ensure_ascii=False)
        for at in range(0, len(arguments), 5):
            await _fragment(reply, {"index": number, "function": {"arguments": arguments[at : at + 5]}})
            await reply.rest()
    await reply.end("tool_calls")


async def _fragment(reply: Reply, call: dict[str, Any]) -> None:
    reply.record.completion_tokens += 1
    await reply.frame(choices=[choice_of({"content": None, "tool_calls": [call]})])


def results(reply: Reply) -> str:
    """The results of the tools that the request has, as text; empty without any."""
    messages = reply.body.get("messages") or ()
    return " and ".join(text_of(each) for each in messages if each.get("role") == "tool")


def required_json(reply: Reply) -> str:
    """A value that fits the schema of the request; empty where it has none."""
    form = reply.body.get("response_format") or {}
    if form.get("type") == "json_schema":
        return json.dumps(example_of(form["json_schema"].get("schema") or {}))
    return '{"answer": "as JSON"}' if form.get("type") == "json_object" else ""


def example_of(schema: dict[str, Any]) -> Any:
    """A value that fits a simple JSON schema."""
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {name: example_of(each) for name, each in (schema.get("properties") or {}).items()}
        case "array":
            return [example_of(schema.get("items") or {})]
        case "integer":
            return 7
        case "number":
            return 7.5
        case "boolean":
            return True
    return "Pune"
