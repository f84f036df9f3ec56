"""Follows answers that this process generates. Closing these generators does not affect the answers."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from oneai.chat.stream import follower_leases, sse
from oneai.chat.stream.follower_leases import Follower
from oneai.chat.stream.format import StreamFormat
from oneai.chat.turn.answer import TEXTS, Answer, Delta, Ending


async def follow(
    answer: Answer,
    offset: int = 0,
    request_id: str = "",
    *,
    multiplexed: bool = False,
    follower: Follower | None = None,
    stream_format: StreamFormat | None = None,
) -> AsyncIterator[bytes]:
    """The stream of events: `start`, everything after `offset` code points of text, and the end. The events are the
    chat's, or those of another `stream_format`.

    A `multiplexed` stream shares its connection with others: it has no `start`, and every event has its `message_id`.
    A stream that did not start the answer has a `follower`, and ends with its lease.
    """
    stream_format = stream_format or sse.ChatEvents(request_id, answer.turn.message_id if multiplexed else None)
    async for data in _events(answer, offset, stream_format):
        if data:
            yield data
        if follower is not None and answer.ending is None:
            await follower.renew()
            if follower.ended:
                yield stream_format.end(answer.turn.message_id, _replaced_ending(answer))
                return


def _replaced_ending(answer: Answer) -> Ending:
    return Ending(
        state="streaming",
        finish_reason=None,
        requested_model=answer.turn.models[0].id,
        model=None,
        provider=None,
        usage={},
        quota=None,
        error=follower_leases.follower_replaced(),
    )


async def _events(answer: Answer, offset: int, stream_format: StreamFormat) -> AsyncIterator[bytes]:
    turn = answer.turn
    model = turn.models[0].id
    yield stream_format.start(turn.conversation_id, turn.user_message_id, turn.message_id, model, turn.created)
    if turn.retrieval is not None:
        while answer.sources is None and answer.ending is None:
            await answer.next_change()
            yield stream_format.keep_alive if answer.sources is None else b""
    if (sources := answer.sources) is not None:
        yield stream_format.sources(sources)
    position = 0
    if offset:
        while answer.offset < offset and answer.ending is None:
            # The offset is beyond the text; the client invented it, or got it from a process that died. Wait for more
            # text.
            await answer.next_change()
            yield stream_format.keep_alive
        position = first_after(answer.deltas, offset)
        if rest := _rest_of_delta(answer.deltas, position, offset):
            yield stream_format.deltas([rest])
            position += 1
    while True:
        count = len(answer.deltas)
        if answer.sources is not None and answer.sources is not sources:
            sources = answer.sources  # the answer has new citations
            yield stream_format.sources(sources)
        if count > position:
            yield stream_format.deltas(answer.deltas[position:count])
            position = count
        elif answer.ending is not None:
            yield stream_format.end(turn.message_id, answer.ending)
            return
        else:
            await answer.next_change()
            if len(answer.deltas) == position and answer.ending is None:
                yield stream_format.keep_alive


def follow_all(answers: Sequence[Answer], request_id: str = "") -> AsyncIterator[bytes]:
    """The answers to one question in parallel: one `start`, `done` or `error` for each, and `end`."""
    turn = answers[0].turn
    first = sse.start_all(
        turn.conversation_id,
        turn.user_message_id,
        [answer.turn.message_id for answer in answers],
        [answer.turn.models[0].id for answer in answers],
    )
    return multiplex(first, [follow(answer, 0, request_id, multiplexed=True) for answer in answers])


async def multiplex(first: bytes, streams: Sequence[AsyncIterator[bytes]]) -> AsyncIterator[bytes]:
    """The events of all streams in the order of arrival; no stream waits for another."""
    yield first
    pending = {asyncio.create_task(_next(stream)): stream for stream in streams}
    try:
        while pending:
            done, _ = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                stream = pending.pop(task)
                if data := task.result():
                    pending[asyncio.create_task(_next(stream))] = stream
                    yield data
        yield sse.END
    finally:
        for task in pending:
            task.cancel()


async def _next(stream: AsyncIterator[bytes]) -> bytes:
    """The next bytes; empty at the end."""
    return await anext(stream, b"")


def first_after(deltas: list[Delta], offset: int) -> int:
    """Index of the first delta that a client with `offset` code points of text does not have completely."""
    for index, delta in enumerate(deltas):
        if delta.kind in TEXTS and delta.at + len(delta.text) > offset:
            return index
        if delta.kind == "reasoning" and delta.at >= offset:
            return index
    return len(deltas)


def _rest_of_delta(deltas: list[Delta], index: int, offset: int) -> Delta | None:
    """The part of the delta at `index` after `offset`, if the offset is inside it."""
    if index < len(deltas) and deltas[index].kind in TEXTS and deltas[index].at < offset:
        return Delta(deltas[index].kind, offset, deltas[index].text[offset - deltas[index].at :])
    return None
