"""A request to Anthropic's Messages API, from the body of a chat completion.

`temperature`, `top_p` and `top_k` are not sent: current models have none of them.
"""

from typing import Any, Literal

from oneai.clients.anthropic.messages import conversation, mark_for_cache
from oneai.clients.model_streams.turns import function_of

# `max_tokens` is required.
DEFAULT_MAX_TOKENS = 4096
MIN_THINKING_TOKENS = 1024
# The share of the answer's tokens that thinking may take, where a model has no levels of effort.
THINKING_SHARES = {"minimal": 0.1, "low": 0.2, "medium": 0.5, "high": 0.8, "xhigh": 0.9, "max": 0.9}
EFFORTS = {"minimal": "low"}
ANY_JSON = "Answer with one JSON object and nothing else."

# How a model is asked for thoughts. It is `off` for a question that wants none.
type Way = Literal["adaptive", "budget", "off", "unasked"]


def ways(request: dict[str, Any]) -> tuple[Way, ...]:
    """The ways to ask for the thoughts that the question wants, the best first. Only the model knows which it takes."""
    reasoning = request.get("reasoning") or {}
    if not reasoning:
        return ("unasked",)
    if reasoning.get("effort") == "none" or reasoning.get("enabled") is False:
        return ("off", "unasked")
    if reasoning.get("max_tokens") is not None:
        return ("budget", "adaptive", "unasked")
    return ("adaptive", "budget", "unasked")


def body(request: dict[str, Any], *, thinking: Way | None = None) -> dict[str, Any]:
    """The body of `POST /messages`. `thinking` is one of the question's `ways`; None is the best one."""
    system, messages = conversation(request.get("messages") or [])
    form = request.get("response_format") or {}
    if form.get("type") == "json_object":
        system = [*system, {"type": "text", "text": ANY_JSON}]
    tools = [_tool(each) for each in request.get("tools") or () if function_of(each)]
    choice = _tool_choice(request) if tools else None
    config: dict[str, Any] = {}
    if form.get("type") == "json_schema":
        config["format"] = {"type": "json_schema", "schema": form["json_schema"].get("schema") or {}}
    max_tokens = request.get("max_tokens") or DEFAULT_MAX_TOKENS
    thoughts = _thinking(request, max_tokens, thinking or ways(request)[0], messages, choice)
    if thoughts.get("type") == "adaptive" and (effort := _effort(request)):
        config["effort"] = effort
    stops = [each for each in request.get("stop") or () if each.strip()]
    mark_for_cache(system, tools, messages)
    optional = {
        "system": system,
        "tools": tools,
        "tool_choice": choice,
        "thinking": thoughts,
        "output_config": config,
        "stop_sequences": stops,
    }
    sent = {name: value for name, value in optional.items() if value}
    return {"model": request["model"], "max_tokens": max_tokens, "stream": True, **sent, "messages": messages}


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    function = function_of(tool)
    schema = function.get("parameters") or {"type": "object", "properties": {}}
    description = {"description": function["description"]} if function.get("description") else {}
    return {"name": function["name"], **description, "input_schema": schema}


def _tool_choice(request: dict[str, Any]) -> dict[str, Any] | None:
    choice = request.get("tool_choice")
    alone = {"disable_parallel_tool_use": True} if request.get("parallel_tool_calls") is False else {}
    if choice == "none":
        return {"type": "none"}
    if isinstance(choice, dict):
        return {"type": "tool", "name": function_of(choice).get("name"), **alone}
    if choice == "required":
        return {"type": "any", **alone}
    return {"type": "auto", **alone} if alone or choice == "auto" else None


def _thinking(
    request: dict[str, Any],
    max_tokens: int,
    way: Way,
    messages: list[dict[str, Any]],
    choice: dict[str, Any] | None,
) -> dict[str, Any]:
    if way == "unasked":
        return {}
    if way == "off":
        return {"type": "disabled"}
    # A model that must call a tool, or that is within a loop of calls without its signed thoughts, may not think.
    if (choice or {}).get("type") in ("any", "tool") or not _continues_with_thoughts(messages):
        return {}
    if way == "adaptive":
        return {"type": "adaptive"}
    reasoning = request.get("reasoning") or {}
    budget = reasoning.get("max_tokens")
    if budget is None:
        budget = int(max_tokens * THINKING_SHARES.get(str(reasoning.get("effort")), 0.5))
    # Thoughts are part of the answer's tokens, and may not be all of them.
    budget = min(max(budget, MIN_THINKING_TOKENS), max_tokens - 1)
    return {"type": "enabled", "budget_tokens": budget} if budget >= MIN_THINKING_TOKENS else {}


def _effort(request: dict[str, Any]) -> str | None:
    effort = (request.get("reasoning") or {}).get("effort")
    return EFFORTS.get(effort, effort) if effort else None


def _continues_with_thoughts(messages: list[dict[str, Any]]) -> bool:
    """Whether the last turn with calls, if their results are all that follows it, begins with thoughts."""
    if len(messages) < 2 or messages[-2]["role"] != "assistant":
        return True
    blocks = messages[-2]["content"]
    if not any(block["type"] == "tool_use" for block in blocks):
        return True
    return blocks[0]["type"] in ("thinking", "redacted_thinking")
