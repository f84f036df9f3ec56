"""Following an answer that this process is writing: a generator whose closing changes nothing."""

from collections.abc import AsyncIterator

from oneai.chat import events
from oneai.chat.answer import Answer, Event


async def follow(answer: Answer, offset: int = 0, request_id: str = "") -> AsyncIterator[bytes]:
    """The stream of events: `start`, what comes after `offset` code points of text, and the end."""
    turn = answer.turn
    yield events.start(turn.conversation_id, turn.user_message_id, turn.message_id, turn.models[0].id)
    here = 0
    if offset:
        while answer.offset < offset and answer.ending is None:
            # Somebody has more than there is, from a writer that died or from nowhere: it is not told again.
            await answer.changed()
            yield events.ALIVE
        here = first_after(answer.log, offset)
        if rest := _rest_of(answer.log, here, offset):
            yield events.pieces([rest])
            here += 1
    while True:
        upto = len(answer.log)
        if upto > here:
            yield events.pieces(answer.log[here:upto])
            here = upto
        elif answer.ending is not None:
            yield events.end(turn.message_id, answer.ending, request_id)
            return
        else:
            await answer.changed()
            if len(answer.log) == here and answer.ending is None:
                yield events.ALIVE


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
