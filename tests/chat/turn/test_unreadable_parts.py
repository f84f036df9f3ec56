"""An answer ends even where its parts cannot be put together."""

from typing import Any

import pytest

from oneai.chat.turn.answer import Answer
from tests.world import World


async def test_an_answer_whose_pieces_cannot_be_joined_ends_as_truncated(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_answer: Answer) -> dict[str, Any]:
        raise TypeError

    monkeypatch.setattr(Answer, "structured", fail)
    who = shared.newcomer()
    result = await shared.ask("Hello", who)

    assert (result.names[-1], result.last["state"], result.last["error"]["code"]) == (
        "error",
        "truncated",
        "internal_error",
    )
    path = f"/conversations/{result.start['conversation_id']}/messages"
    stored = (await shared.get(path, who)).json()["items"][1]
    assert (stored["state"], stored["content"]) == ("truncated", result.text)
