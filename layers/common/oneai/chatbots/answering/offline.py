"""What a chatbot that does not answer now still finds for a question, without a model and without cost."""

from typing import Any
from uuid import UUID


async def offline_answers(chatbot_id: UUID, question: str) -> list[dict[str, Any]]:  # noqa: ARG001
    """Known answers to this question: `question` and `answer` each. Raises Busy."""
    return []
