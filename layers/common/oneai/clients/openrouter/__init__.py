"""The client of OpenRouter: its catalogue, streamed completions, the statistics of a generation, and our keys.

`embeddings` and `management` are imported by who needs them: a question needs neither.
"""

from oneai.clients.openrouter import connection, keys
from oneai.clients.openrouter.citations import join_annotations
from oneai.clients.openrouter.completion import Completion, complete
from oneai.clients.openrouter.content import text_in
from oneai.clients.openrouter.failures import ContextTooLong, QuestionDeclined
from oneai.clients.openrouter.generation import GenerationStats, fetch_generation_stats
from oneai.clients.openrouter.logprobs import join_logprobs
from oneai.clients.openrouter.models import Model, list_models
from oneai.clients.openrouter.pieces import Piece
from oneai.clients.openrouter.reasoning_details import join_reasoning_details, whole_details
from oneai.clients.openrouter.tool_calls import join_tool_calls, signed_content
from oneai.clients.openrouter.usage import Usage

__all__ = [
    "Completion",
    "ContextTooLong",
    "GenerationStats",
    "Model",
    "Piece",
    "QuestionDeclined",
    "Usage",
    "close",
    "complete",
    "fetch_generation_stats",
    "join_annotations",
    "join_logprobs",
    "join_reasoning_details",
    "join_tool_calls",
    "keys",
    "list_models",
    "signed_content",
    "text_in",
    "whole_details",
]


async def close() -> None:
    """Closes the connections of the running loop; the next request opens new ones."""
    await connection.close()
