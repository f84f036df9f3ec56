"""Models named for what happens: those that answer, each in an unusual but valid way.

Those that fail midway are in `faults`, those that never begin in `refusals`.
"""

import json
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from stand_ins.openrouter.answers import image_of, normal, picture, shortened, show, speak
from stand_ins.openrouter.long_markdown import long_markdown
from stand_ins.openrouter.reply import Reply, choice_of

type Scenario = Callable[[Reply], Awaitable[None]]

SCRIPTS = "Smile 😀, family 👨‍👩‍👧‍👦, flag 🇮🇳, and नमस्ते दुनिया: क्षत्रिय, ज्ञान, श्री. Fin."


async def slow(reply: Reply) -> None:
    """A word every fifth of a second, for a minute: long enough to be stopped."""
    await reply.comment()
    cut = await speak(reply, "slowly " * 299 + "done.", pause=0.2)
    await reply.end("length" if cut else "stop")


async def long(reply: Reply) -> None:
    """Streams the number of chunks in the question's last number (default 1000), as fast as possible."""
    numbers = re.findall(r"\d+", reply.question)
    many = min(int(numbers[-1]) if numbers else 1000, reply.room)
    await reply.open()
    for at in range(many):
        await reply.write(reply.text_frame(f"word{at} "))
    reply.record.completion_tokens += many
    await reply.end()


async def one_megabyte(reply: Reply) -> None:
    """1,048,576 characters of text in pieces of a kilobyte."""
    await _say_kilobytes(reply, 1024)
    await reply.end()


async def five_megabytes(reply: Reply) -> None:
    """More than an answer may hold."""
    await _say_kilobytes(reply, 5 * 1024)
    await reply.end()


async def _say_kilobytes(reply: Reply, count: int) -> None:
    line = "A line of the long answer, which goes on and on.".ljust(63) + "\n"
    for _ in range(count):
        await reply.say(line * 16)


async def echo(reply: Reply) -> None:
    """The last user message."""
    cut = await speak(reply, reply.question)
    await reply.end("length" if cut else "stop")


async def reasoning(reply: Reply) -> None:
    """Reasoning, then an answer; with the details beside the text, as providers send them."""
    await _think(reply)
    await speak(reply, f"After some thought: “{shortened(reply.question)}” is a fine thing to say.")
    await reply.end(usage=_reasoned(reply))


async def reasoning_only(reply: Reply) -> None:
    """Reasoning without an answer."""
    await _think(reply)
    await reply.end(usage=_reasoned(reply))


async def thinks_to_the_limit(reply: Reply) -> None:
    """Reasons until its tokens are used up (200 if none are given); visibly, unless the request excludes reasoning."""
    many = min(reply.room, 200)
    await reply.comment()
    if (reply.body.get("reasoning") or {}).get("exclude"):
        reply.record.completion_tokens += many
    else:
        await speak(reply, "so " * many, key="reasoning")
    thoughts = {"reasoning_tokens": many, "image_tokens": 0, "audio_tokens": 0}
    await reply.end("length", usage=reply.usage(completion_tokens_details=thoughts))


async def calls_a_tool(reply: Reply) -> None:
    """Calls a tool that the request did not offer, without text."""
    reply.record.completion_tokens += 4
    call = {"id": "call_1", "type": "function", "function": {"name": "search", "arguments": "{}"}, "index": 0}
    await reply.frame(choices=[choice_of({"content": None, "tool_calls": [call]})])
    await reply.end("tool_calls")


async def thinks_aloud_slowly(reply: Reply) -> None:
    """A piece of reasoning every fifth of a second for two seconds, then an answer."""
    await reply.comment()
    await speak(reply, "so " * 10, key="reasoning", pause=0.2)
    await speak(reply, "That was thought over.")
    await reply.end(usage=_reasoned(reply))


async def thinks_long(reply: Reply) -> None:
    """Two hundred comments over ten seconds, then an answer."""
    for _ in range(200):
        await reply.comment()
        await reply.rest(0.05)
    await normal(reply)


async def crlf_split(reply: Reply) -> None:
    """Lines end in CRLF and bytes break anywhere: inside a character, a name, a line end."""
    await reply.open()
    said = re.findall(r"\s*\S+", SCRIPTS)
    reply.record.completion_tokens += len(said)
    wire = b": OPENROUTER PROCESSING\n\n" + b"".join(reply.text_frame(word) for word in said)
    wire = wire.replace(b"\n", b"\r\n")
    sizes = iter(_uneven())
    while wire:
        size = next(sizes)
        await reply.write(wire[:size])
        await reply.rest(0)
        wire = wire[size:]
    await reply.end()


async def big_line(reply: Reply) -> None:
    """One image of 1.6 MB in a single line."""
    await reply.comment(4)
    await reply.say("Here is your picture.")
    await show(reply, picture(padding=1_200_000))
    await reply.end()


async def image(reply: Reply) -> None:
    """An image, then `[DONE]` with usage but no finish reason anywhere, as recorded from one provider."""
    await reply.frame(choices=[choice_of({"content": "", "images": [image_of(picture())]})])
    await reply.frame(choices=[choice_of({"content": ""})], usage=reply.usage())
    await reply.done()


async def json_body(reply: Reply) -> None:
    """A whole completion as one padded JSON body, though a stream was asked for."""
    text = "Not streamed, and yet an answer."
    reply.record.completion_tokens = len(text.split())
    await reply.open("application/json")
    for _ in range(3):
        await reply.write(b"\n         \n")
        await reply.rest()
    message = {"role": "assistant", "content": text, "reasoning": None}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "native_finish_reason": "stop"}
    body = {**reply.envelope(), "object": "chat.completion", "choices": [choice], "usage": reply.usage()}
    await reply.write(json.dumps(body).encode())


async def served_by_other(reply: Reply) -> None:
    """Another model than the requested one answers, by another provider."""
    reply.served_by("openai/gpt-4.1-2025-04-14", "Azure")
    await normal(reply)


async def no_usage(reply: Reply) -> None:
    """A good answer without a cost."""
    await speak(reply, "These words have no token count.")
    await reply.finish()
    await reply.done()


async def no_done(reply: Reply) -> None:
    """A good answer with usage, after which the stream ends without `[DONE]`."""
    await speak(reply, "The end comes without a word.")
    await reply.finish()
    await reply.frame(choices=[], usage=reply.usage())


async def byok(reply: Reply) -> None:
    """The provider bills its own account: the cost is in the details, in scientific notation."""
    await speak(reply, "Billed elsewhere.")
    await reply.end(usage=reply.usage(cost=0, is_byok=True, cost_details={"upstream_inference_cost": 3.1e-05}))


async def ignores_max_tokens(reply: Reply) -> None:
    """Five hundred words, regardless of the limit."""
    for at in range(500):
        await reply.say(f"more{at} ")
    await reply.end()


async def nul_and_surrogates(reply: Reply) -> None:
    """U+0000, half of an emoji in each of two chunks, and a half whose other half never comes."""
    await reply.say("<>")
    for escaped in (rb"a\u0000b ", rb"\ud83d", rb"\ude00 ", rb"lonely \ud83d"):
        await reply.write(reply.text_frame("@").replace(b'"@"', b'"' + escaped + b'"'))
    await reply.end()


async def _think(reply: Reply) -> None:
    await reply.comment()
    for word in ("Let ", "me ", "think ", "about ", "that. "):
        detail = {"type": "reasoning.text", "text": word, "format": "anthropic-claude-v1", "index": 0}
        reply.record.completion_tokens += 1
        await reply.frame(choices=[choice_of({"content": "", "reasoning": word, "reasoning_details": [detail]})])
        await reply.rest()
    signature = {"type": "reasoning.text", "text": "", "signature": "c2lnbmVk", "index": 0}
    await reply.frame(choices=[choice_of({"content": "", "reasoning": None, "reasoning_details": [signature]})])


def _reasoned(reply: Reply) -> dict[str, Any]:
    return reply.usage(completion_tokens_details={"reasoning_tokens": 5, "image_tokens": 0, "audio_tokens": 0})


def _uneven() -> Iterator[int]:
    while True:
        yield from (1, 2, 3, 5, 1, 7, 64, 11, 1, 150, 2, 4)


BY_ID: dict[str, Scenario] = {
    "local/slow": slow,
    "local/long": long,
    "local/1mb": one_megabyte,
    "local/5mb": five_megabytes,
    "local/markdown": long_markdown,
    "local/echo": echo,
    "local/no-temperature": echo,
    "local/reasoning": reasoning,
    "local/reasoning-only": reasoning_only,
    "local/thinks-to-the-limit": thinks_to_the_limit,
    "local/tool-call": calls_a_tool,
    "local/reasoning-slowly": thinks_aloud_slowly,
    "local/thinks-long": thinks_long,
    "local/crlf-split": crlf_split,
    "local/big-line": big_line,
    "local/image": image,
    "local/json-body": json_body,
    "local/served-by-other": served_by_other,
    "local/no-usage": no_usage,
    "local/no-done": no_done,
    "local/byok": byok,
    "local/ignores-max-tokens": ignores_max_tokens,
    "local/nul-and-surrogates": nul_and_surrogates,
}
