"""What a chatbot that does not answer now still finds for a question, without a model and without cost."""

from typing import Any
from uuid import UUID

from oneai.chatbots.answering import curated, retrieval
from oneai.chatbots.fields import Configuration
from oneai.passages import sources

MAX_ANSWERS = 3
MAX_PASSAGES = 3


async def offline_answers(
    chatbot_id: UUID, version: int | None, configuration: Configuration, question: str
) -> list[dict[str, Any]]:
    """What is known about this question: `question` and `answer` each. First the nearest curated answers; then, unless
    one of them fits, the starts of passages that words alone find in this version's documents, whose `question` is the
    document's name, or null where sources are hidden. Raises Busy."""
    known = await curated.find(chatbot_id, question, MAX_ANSWERS)
    answers: list[dict[str, Any]] = [{"question": each.question, "answer": each.answer} for each in known]
    if known and known[0].fits:
        return answers
    found = await retrieval.search(chatbot_id, version, question, with_meaning=False)
    shown = configuration.widget.sources_shown
    return answers + [
        {"question": each["name"] if shown else None, "answer": each["snippet"]}
        for each in sources(found[:MAX_PASSAGES])
    ]
