"""Reports of ChatGPT's Deep Research, which its conversations store next to their messages.

Sources for their place in exports: rashidazarang/chatgpt-chat-exporter#38 and robotlearning123/gpt2agent#9.
"""

import json
from collections.abc import Collection
from typing import Any

from oneai.conversations.archive.artifacts import arguments_of
from oneai.conversations.archive.external import Node, dict_of, list_of

# The start of a tool's text that repeats the state of a widget.
STATE_TEXT = "The latest state of the widget is:"
STATE_KEYS = ("widget_state", "venus_widget_state")
# The maximum number of nodes between a report and its repetition.
REPEATED_WITHIN = 200


def report_of(message: dict[str, Any]) -> dict[str, Any] | None:
    """The report that a message shows in a widget or as a task's result, as a message; None without one."""
    author = message.get("author")
    role = author.get("role") if isinstance(author, dict) else author or message.get("role")
    if role == "user":
        return None
    metadata = dict_of(message, "metadata")
    sdk = dict_of(metadata, "chatgpt_sdk")
    responses = [dict_of(each, "tool_response_metadata") for each in (sdk, metadata)]
    for place in (sdk, *responses, metadata, *_states_in_text(message)):
        if found := _report(place):
            return found
    if role == "tool" and metadata.get("is_async_task_result_message") is True:
        return message | {"author": {"role": "assistant"}, "recipient": "all"}
    return None


def hide_repeated(nodes: list[Node], reports: Collection[str]) -> None:
    """Keeps the first of equal texts that follow a report in one turn, because several messages repeat a widget's
    state.

    `reports` are the ids of nodes that show a report. A node that repeats one loses its role and its text.
    """
    by_id = {node.id: node for node in nodes}
    texts = {by_id[each].content for each in reports if each in by_id}
    repeated: list[Node] = []
    for node in [each for each in nodes if each.role == "assistant" and each.content and each.content in texts]:
        before, steps = by_id.get(node.parent or ""), 0
        while before and before.role != "user" and steps < REPEATED_WITHIN:
            if before.id in reports and before.content == node.content:
                repeated.append(node)
                break
            before, steps = by_id.get(before.parent or ""), steps + 1
    for node in repeated:
        node.role, node.content, node.attachments = None, "", []


def _report(value: Any, depth: int = 0) -> dict[str, Any] | None:
    """The report in the state of a widget, which may be JSON text."""
    if isinstance(value, str):
        value = arguments_of(value)
    if not isinstance(value, dict) or depth > 3:
        return None
    report = value.get("report_message")
    if isinstance(report, dict):
        return report
    return next((found for key in STATE_KEYS if (found := _report(value.get(key), depth + 1))), None)


def _states_in_text(message: dict[str, Any]) -> list[Any]:
    content = dict_of(message, "content")
    states = []
    for text in (content.get("text"), *list_of(content, "parts")):
        if isinstance(text, str) and text.lstrip().startswith(STATE_TEXT) and "{" in text:
            try:
                states.append(json.JSONDecoder(strict=False).raw_decode(text, text.index("{"))[0])
            except (ValueError, RecursionError):
                continue
    return states
