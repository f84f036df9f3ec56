"""What an answer causes where a workspace's own key pays it: it is asked with the same key, or left out.

What asks with a key (`chat.turn.own_key`) is imported when one pays.
"""

from typing import TYPE_CHECKING, Any

from oneai.chat.turn.admit import Turn
from oneai.models.background_completion import Complete

if TYPE_CHECKING:
    from oneai.documents.question import OwnKeyEmbedder


def can_write(turn: Turn) -> bool:
    """Whether the model of the answer can write a text beside it, such as a title."""
    model = turn.models[0]
    return "image" not in model.output_modalities and not model.id.startswith("replicate/")


def completing(turn: Turn) -> Complete | None:
    """What asks with the key that pays the answer; None where none does."""
    row = turn.own_key
    if row is None:
        return None
    from oneai.chat.turn import own_key

    return lambda request, held_tokens: own_key.complete(row, request, held_tokens)


def embedder(row: dict[str, Any]) -> "OwnKeyEmbedder":
    """What embeds the question with the key of `row`, as `oneai.way_of_key` returns it."""
    from oneai.chat.turn import own_key

    return own_key.KeyEmbedder(row)
