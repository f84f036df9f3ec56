"""Models: what they are, what is asked of them, what they write, and what that costs.

The types here are spoken by every package, and by the clients of model providers. `providers` is the one module that
knows these clients. `embeddings` and `background_completion` are imported by who needs them.
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
