"""An answer ends even where its parts cannot be put together."""

from typing import Any

import pytest

from oneai.chat.turn.answer import Answer
from tests.world import World


async def test_an_answer_whose_parts_cannot_be_put_together_ends_as_truncated(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_answer: Answer) -> dict[str, Any]:
        raise TypeError

    monkeypatch.setattr(Answer, "structured", fail)
    result = await shared.ask("Hello", shared.newcomer())

    assert (result.names[-1], result.last["state"], result.last["error"]["code"]) == (
        "error",
        "truncated",
        "internal_error",
    )
    assert shared.database.one(
        "select state, content from oneai.messages where id = %s", result.start["message_id"]
    ) == ("truncated", result.text)
