"""The client of OpenRouter: its catalogue, streamed completions, and the statistics of a generation."""

from oneai.clients.openrouter.completion import Completion, complete
from oneai.clients.openrouter.connection import close
from oneai.clients.openrouter.failures import ContextTooLong
from oneai.clients.openrouter.generation import GenerationStats, fetch_generation_stats
from oneai.clients.openrouter.models import Model, list_models
from oneai.clients.openrouter.pieces import Piece
from oneai.clients.openrouter.usage import Usage

__all__ = [
    "Completion",
    "ContextTooLong",
    "GenerationStats",
    "Model",
    "Piece",
    "Usage",
    "close",
    "complete",
    "fetch_generation_stats",
    "list_models",
]
