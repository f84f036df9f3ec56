"""Models that play what a test wrote, and those that sign their thoughts or cite pages of the web."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

from stand_ins.openrouter.answers import normal, speak
from stand_ins.openrouter.reply import ModelError, Reply, choice_of
from stand_ins.openrouter.structured import call_tools, offered_tools

type Scenario = Callable[[Reply], Awaitable[None]]

THOUGHTS = ("The user ", "wants a fact, ", "so I call a tool.")
ENCRYPTED = {
    "type": "reasoning.encrypted",
    "data": "b3BhcXVl+/==",
    "id": "thought_1",
    "format": "google-gemini-v1",
    "index": 1,
}
UNSIGNED = "Function call is missing a thought_signature in functionCall parts. This is required for tools to work."


async def verbatim(reply: Reply) -> None:
    """The last user message as the bytes of the response: a stream that a test wrote."""
    await reply.open(names_itself=False)
    await reply.write(reply.question.encode())


async def signs_its_thoughts(reply: Reply) -> None:
    """Thinks and calls a tool; refuses the results of the call where the thoughts do not come back as they were signed,
    as Gemini 3 and Anthropic's models do."""
    calling = [each for each in reply.body.get("messages") or () if each.get("tool_calls")]
    for message in calling:
        if not _is_signed(message.get("reasoning_details")):
            raise ModelError(400, UNSIGNED)
    names = offered_tools(reply)
    if not names:
        await normal(reply)
        return
    for thought in THOUGHTS:
        await _think(reply, {"text": thought}, reasoning=thought)
    # The signature has a frame of its own, as Anthropic's has.
    await _think(reply, {"signature": _signature("".join(THOUGHTS))})
    await reply.frame(choices=[choice_of({"content": None, "reasoning_details": [ENCRYPTED]})])
    await call_tools(reply, names)


async def cites_pages(reply: Reply) -> None:
    """An answer that cites two pages, the second of them by an address that no page has."""
    await speak(reply, "The monsoon reaches Kerala around the first of June [1].")
    page = {"url": "https://weather.example/monsoon", "title": "Onset of the monsoon", "content": "Around 1 June."}
    other = {"url": "javascript:alert(1)", "title": "A page that is none"}
    places = {"start_index": 0, "end_index": 55}
    citations = [{"type": "url_citation", "url_citation": {**each, **places}} for each in (page, other)]
    await reply.frame(choices=[choice_of({"content": "", "annotations": citations})])
    await reply.end()


async def declines(reply: Reply) -> None:
    """A refusal in its own field, as OpenAI's models write it."""
    for word in ("I cannot ", "help with ", "that."):
        reply.record.completion_tokens += 1
        await reply.frame(choices=[choice_of({"content": None, "refusal": word})])
    await reply.end()


async def _think(reply: Reply, fields: dict[str, Any], *, reasoning: str | None = None) -> None:
    reply.record.completion_tokens += 1
    detail = {"type": "reasoning.text", "format": "anthropic-claude-v1", "index": 0, **fields}
    await reply.frame(choices=[choice_of({"content": "", "reasoning": reasoning, "reasoning_details": [detail]})])


def _is_signed(details: Any) -> bool:
    """Whether these are the whole thoughts, with their signature and what is encrypted of them."""
    if not isinstance(details, list):
        return False
    texts = [each for each in details if isinstance(each, dict) and each.get("type") == "reasoning.text"]
    signed = [each for each in texts if each.get("signature") == _signature(str(each.get("text")))]
    return len(texts) == len(signed) == 1 and ENCRYPTED in details


def _signature(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


BY_ID: dict[str, Scenario] = {
    "local/verbatim": verbatim,
    "local/signs-its-thoughts": signs_its_thoughts,
    "local/cites-pages": cites_pages,
    "local/declines": declines,
}
