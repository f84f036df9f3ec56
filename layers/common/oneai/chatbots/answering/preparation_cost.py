"""The most that preparing an answer of a chatbot may cost, which is held with the answer."""

from oneai.chatbots.answering import retrieval, rewriting
from oneai.chatbots.fields import Configuration


async def preparation_cost(configuration: Configuration, question: str, *, continues: bool) -> int:
    """Micro-dollars: what a chatbot with documents is asked gets a vector, and a question that `continues` a
    conversation is made whole first. Raises UpstreamUnavailable."""
    knowledge = configuration.knowledge
    if not (knowledge.documents or knowledge.collections):
        return 0
    if not continues:
        return await retrieval.max_cost(question)
    return await rewriting.max_cost(question) + await retrieval.max_cost(
        question, rewritten_characters=rewriting.MAX_CHARACTERS
    )
