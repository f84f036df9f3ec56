"""Following an answer that this process is writing, or several: generators whose closing changes nothing."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from oneai.chat.stream import follower_leases, sse
from oneai.chat.stream.follower_leases import Follower
from oneai.chat.turn.answer import Answer, Ending, Event


async def follow(
    answer: Answer, offset: int = 0, request_id: str = "", *, beside: bool = False, follower: Follower | None = None
) -> AsyncIterator[bytes]:
    """The stream of events: `start`, what comes after `offset` code points of text, and the end.

    `beside` others on one connection there is no `start`, and every event says whose it is. A stream that did not begin
    the answer is a `follower`'s, and ends when that loses its place.
    """
    async for data in _told(answer, offset, request_id, beside=beside):
        yield data
        if follower is not None and answer.ending is None:
            await follower.renew()
            if follower.over:
                yield sse.end(answer.turn.message_id, _moved_on(answer), request_id)
                return


def _moved_on(answer: Answer) -> Ending:
    return Ending(
        state="streaming",
        finish_reason=None,
        requested_model=answer.turn.models[0].id,
        model=None,
        provider=None,
        usage={},
        quota=None,
        error=follower_leases.moved_on(),
    )


async def _told(answer: Answer, offset: int, request_id: str, *, beside: bool) -> AsyncIterator[bytes]:
    turn = answer.turn
    whose = turn.message_id if beside else None
    if not beside:
        yield sse.start(turn.conversation_id, turn.user_message_id, turn.message_id, turn.models[0].id)
    here = 0
    if offset:
        while answer.offset < offset and answer.ending is None:
            # Somebody has more than there is, from a writer that died or from nowhere: it is not told again.
            await answer.changed()
            yield sse.ALIVE
        here = first_after(answer.log, offset)
        if rest := _rest_of(answer.log, here, offset):
            yield sse.pieces([rest], whose)
            here += 1
    while True:
        upto = len(answer.log)
        if upto > here:
            yield sse.pieces(answer.log[here:upto], whose)
            here = upto
        elif answer.ending is not None:
            yield sse.end(turn.message_id, answer.ending, request_id)
            return
        else:
            await answer.changed()
            if len(answer.log) == here and answer.ending is None:
                yield sse.ALIVE


def follow_all(answers: Sequence[Answer], request_id: str = "") -> AsyncIterator[bytes]:
    """The answers to one question side by side: one `start`, an end for each, and `end`."""
    turn = answers[0].turn
    first = sse.start_all(
        turn.conversation_id,
        turn.user_message_id,
        [answer.turn.message_id for answer in answers],
        [answer.turn.models[0].id for answer in answers],
    )
    return side_by_side(first, [follow(answer, 0, request_id, beside=True) for answer in answers])


async def side_by_side(first: bytes, streams: Sequence[AsyncIterator[bytes]]) -> AsyncIterator[bytes]:
    """Passes on what comes from any of the streams, as it comes; none waits for another."""
    yield first
    coming = {asyncio.create_task(_next(stream)): stream for stream in streams}
    try:
        while coming:
            ready, _ = await asyncio.wait(coming, return_when=asyncio.FIRST_COMPLETED)
            for task in ready:
                stream = coming.pop(task)
                if data := task.result():
                    coming[asyncio.create_task(_next(stream))] = stream
                    yield data
        yield sse.END
    finally:
        for task in coming:
            task.cancel()


async def _next(stream: AsyncIterator[bytes]) -> bytes:
    """Empty at the end."""
    return await anext(stream, b"")


def first_after(log: list[Event], offset: int) -> int:
    """Index of the first event that somebody who has `offset` code points of text has not seen whole."""
    for index, event in enumerate(log):
        if event.kind == "text" and event.at + len(event.text) > offset:
            return index
        if event.kind == "reasoning" and event.at >= offset:
            return index
    return len(log)


def _rest_of(log: list[Event], index: int, offset: int) -> Event | None:
    """The part of the event at `index` that comes after `offset`, where the offset lies inside it."""
    if index < len(log) and log[index].kind == "text" and log[index].at < offset:
        return Event("text", offset, log[index].text[offset - log[index].at :])
    return None
