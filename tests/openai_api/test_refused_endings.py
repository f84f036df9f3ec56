"""A model that refuses in words of its own ends as with OpenAI: the refusal is there, and the answer is whole."""

from uuid import uuid4

import pytest

from oneai.chat.turn.answer import Delta, Ending
from oneai.openai_api.chunks import Chunks
from oneai.openai_api.completion import Collector
from oneai.openai_api.response_object import ResponseBuilder

REFUSAL = Delta("refusal", 0, "I cannot do that.")
TEXT = Delta("text", 0, "Half")


def ending(reason: str) -> Ending:
    """An answer that ended by itself."""
    return Ending("complete", reason, "m", "m", "openai", {}, None)


@pytest.mark.parametrize(
    ("delta", "finish", "status"), [(REFUSAL, "stop", "completed"), (TEXT, "content_filter", "incomplete")]
)
def test_a_refusal_is_a_whole_answer_and_a_filtered_text_is_not(delta: Delta, finish: str, status: str) -> None:
    ended, message = ending("content_filter"), uuid4()
    collected, chunks, built = Collector(), Chunks(include_usage=False), ResponseBuilder({})
    collected.deltas([delta])
    collected.end(message, ended)
    chunks.deltas([delta])
    list(built.begin(message, "m", 0))
    list(built.add(delta))
    list(built.end(ended))

    choice = collected.result()["choices"][0]
    assert choice["finish_reason"] == finish
    assert choice["message"]["refusal"] == (delta.text if delta is REFUSAL else None)
    assert f'"finish_reason":"{finish}"' in chunks.end(message, ended).decode()
    assert built.result()["status"] == status
