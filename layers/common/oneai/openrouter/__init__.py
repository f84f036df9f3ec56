"""The door to OpenRouter: its catalogue, its streamed completions, and what a completion cost."""

from oneai.openrouter.completion import Completion, complete
from oneai.openrouter.connection import close
from oneai.openrouter.failures import ContextTooLong
from oneai.openrouter.generation import Bill, generation
from oneai.openrouter.models import Model, list_models
from oneai.openrouter.pieces import Piece
from oneai.openrouter.usage import Usage

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
