"""Models that start well and fail: hangs, resets, streams without an end, errors after 200, empty successes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from stand_ins.openrouter.answers import normal, picture, show, speak
from stand_ins.openrouter.reply import Reply, choice_of

type Scenario = Callable[[Reply], Awaitable[None]]

FOREVER = 3600.0  # seconds; the client disconnects long before


async def hang_before_first(reply: Reply) -> None:
    """200, one comment, and then nothing."""
    await reply.comment()
    await asyncio.sleep(FOREVER)


async def hang_while_thinking(reply: Reply) -> None:
    """Some reasoning, and then nothing."""
    await speak(reply, "Let me think about", key="reasoning")
    await asyncio.sleep(FOREVER)


async def hang_midway(reply: Reply) -> None:
    """Half an answer, and then nothing; the connection stays open."""
    await speak(reply, "This answer stops in the")
    await asyncio.sleep(FOREVER)


async def hang_after_finish(reply: Reply) -> None:
    """A whole answer and its finish frame, but neither usage nor `[DONE]`."""
    await speak(reply, "All is said.")
    await reply.finish()
    await asyncio.sleep(FOREVER)


async def hang_after_call(reply: Reply) -> None:
    """The call of a tool, and then nothing."""
    reply.record.completion_tokens += 4
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "search", "arguments": '{"q": "rent"}'},
        "index": 0,
    }
    await reply.frame(choices=[choice_of({"content": None, "tool_calls": [call]})])
    await asyncio.sleep(FOREVER)


async def hang_after_image(reply: Reply) -> None:
    """A picture, and then nothing."""
    await show(reply, picture())
    await asyncio.sleep(FOREVER)


async def reset_before_first(reply: Reply) -> None:
    """The connection is reset after 200 and a comment: the first time only."""
    if reply.calls % 2 == 0:
        return await normal(reply)
    await reply.comment()
    return await reply.reset()


async def reset_midway(reply: Reply) -> None:
    """Half an answer, then RST."""
    await speak(reply, "This connection is reset in the")
    await reply.reset()


async def eof_midway(reply: Reply) -> None:
    """Half an answer, then a clean close: no finish, no usage, no `[DONE]`."""
    await reply.comment()
    await speak(reply, "This answer ends in the")


async def error_before_first(reply: Reply) -> None:
    """200, and the only event is an error, with no choices and no `[DONE]`: the first time only."""
    if reply.calls % 2 == 0:
        return await normal(reply)
    await reply.comment(3)
    return await reply.frame(choices=[], error=_overloaded())


async def error_after_reasoning(reply: Reply) -> None:
    """Reasoning, and an error before any text."""
    await speak(reply, "Let me think about", key="reasoning")
    await reply.frame(choices=[], error=_overloaded())


async def error_midway(reply: Reply) -> None:
    """Half an answer, an error frame, a finish frame with `error`, `[DONE]`."""
    await speak(reply, "This answer fails in the")
    await reply.frame(choices=[], error=_overloaded())
    await reply.finish("error")
    await reply.done()


async def finish_error(reply: Reply) -> None:
    """Finish `error` without an error object."""
    await speak(reply, "This answer")
    await reply.finish("error", "MALFORMED_FUNCTION_CALL")
    await reply.frame(choices=[choice_of({"content": ""}, "error")], usage=reply.usage())
    await reply.done()


async def empty(reply: Reply) -> None:
    """An empty success."""
    reply.record.prompt_tokens = 0
    await reply.comment(2)
    await reply.end()


def _overloaded() -> dict[str, Any]:
    message = "Upstream error from Together: Service temporarily overloaded"
    return {"code": 502, "message": message, "metadata": {"error_type": "provider_unavailable"}}


BY_ID: dict[str, Scenario] = {
    "local/hang-before-first": hang_before_first,
    "local/hang-while-thinking": hang_while_thinking,
    "local/hang-midway": hang_midway,
    "local/hang-after-finish": hang_after_finish,
    "local/hang-after-call": hang_after_call,
    "local/hang-after-image": hang_after_image,
    "local/reset-before-first": reset_before_first,
    "local/reset-midway": reset_midway,
    "local/eof-midway": eof_midway,
    "local/error-before-first": error_before_first,
    "local/error-after-reasoning": error_after_reasoning,
    "local/error-midway": error_midway,
    "local/finish-error": finish_error,
    "local/empty": empty,
}
