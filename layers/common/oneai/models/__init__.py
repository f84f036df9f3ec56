"""Models: what they are, what is asked of them, what they write, and what that costs.

Every package uses these types, and so do the clients of model providers. `providers` is the one module that knows
these clients. `embeddings` and `background_completion` are imported where they are needed.
"""

from oneai.models.catalogue import Model
from oneai.models.completion import (
    Completion,
    ContextTooLong,
    GenerationStats,
    KeySpend,
    OperatorNeeded,
    QuestionDeclined,
    Usage,
)
from oneai.models.pieces import Piece, PieceKind

__all__ = [
    "Completion",
    "ContextTooLong",
    "GenerationStats",
    "KeySpend",
    "Model",
    "OperatorNeeded",
    "Piece",
    "PieceKind",
    "QuestionDeclined",
    "Usage",
]
