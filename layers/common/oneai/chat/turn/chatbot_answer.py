"""The answer of a chatbot: what its prompt is made of, and the part of the model's text that is the answer."""

from dataclasses import replace
from typing import Any

from oneai.chat.turn import by_own_key, context
from oneai.chat.turn.answer import Answer
from oneai.chatbots.answering.prepare import Prepared, prepare
from oneai.chatbots.answering.rewriting import Writer


async def prepare_answer(answer: Answer) -> Prepared:
    """Prepares the answer, whose text its reader takes from then on; once, also if another source asks the model later.
    Raises Busy."""
    if answer.prepared is not None:
        return answer.prepared
    asked = answer.turn.chatbot
    if asked is None:
        raise RuntimeError("Only answers of chatbots are prepared.")
    row = answer.turn.own_key
    if row is not None and (complete := by_own_key.completing(answer.turn)) is not None:
        writer = Writer(answer.turn.models[0], complete, str(row["id"]))
        asked = replace(asked, own_key=writer, embedder=by_own_key.embedder(row))
    if not answer.turn.prepares:
        asked = replace(asked, by_words=True)
    prepared = answer.prepared = await prepare(asked)
    answer.reader = prepared.reader
    answer.prepared_sources = prepared.sources
    if prepared.ready is not None:
        answer.be_ready(prepared.ready)
        answer.wake_followers()
    return prepared


def messages(answer: Answer, prepared: Prepared, budget: int) -> list[dict[str, Any]]:
    """The messages of the request that fit into `budget` tokens."""
    # What the chatbot's team wrote comes first; a visitor's conversation is never summarised.
    return context.fit(
        replace(answer.turn.branch, summary=None), prepared.system_prompt or None, prepared.question, budget
    )
