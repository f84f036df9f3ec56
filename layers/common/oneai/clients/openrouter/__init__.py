"""The door to OpenRouter: its catalogue, its streamed completions, and what a completion cost."""

from oneai.clients.openrouter.completion import Completion, complete
from oneai.clients.openrouter.connection import close
from oneai.clients.openrouter.failures import ContextTooLong
from oneai.clients.openrouter.generation import Bill, generation
from oneai.clients.openrouter.models import Model, list_models
from oneai.clients.openrouter.pieces import Piece
from oneai.clients.openrouter.usage import Usage

__all__ = [
    "Bill",
    "Completion",
    "ContextTooLong",
    "Model",
    "Piece",
    "Usage",
    "close",
    "complete",
    "generation",
    "list_models",
]
