"""Passages of documents take no more of a prompt than what is held for them, however their document is made."""

import json
from typing import Any

import pytest

from oneai.chat.turn.retrieval import PASSAGES_BYTES
from oneai.passages import MAX_PASSAGES
from tests.chat.documents import add_document, prompt, sources
from tests.world import World


@pytest.mark.parametrize(
    ("texts", "name", "heading"),
    [
        (["17\nx"] * 3000, "n" * 240 + ".md", "# 17"),
        (["short"] * 11, "न" * 250, "Heading " * 500),
        (["\n".join("line") * 200] * 12, "notes.md", "Lines"),
        (['"quoted" ' * 100] * 12, "quotes.md", "Quotes"),
        (["```" * 200] * 12, "fences.md", None),
    ],
    ids=["sections", "names", "line breaks", "quotes", "fences"],
)
async def test_passages_fit_into_the_estimate(world: World, texts: list[str], name: str, heading: str | None) -> None:
    document = add_document(world, [*texts, "The contract."], name=name)
    world.database.rows("update oneai.document_chunks set heading = %s where document_id = %s", heading, document)
    result = await world.ask("What is in the contract?", model="openai/gpt-4.1-mini", documents=[document])

    question = await prompt(world)
    held = world.database.one("select prompt_tokens from oneai.reservations where id = %s", result.start["message_id"])
    listed = sources(result)
    assert 0 < len(listed) <= MAX_PASSAGES
    assert len(json.dumps(listed)) < 60_000
    assert len(json.dumps(question, ensure_ascii=False).encode()) <= PASSAGES_BYTES + 100
    assert held >= len(json.dumps(question, ensure_ascii=False).encode()) / 4


async def test_a_quote_of_a_question_about_documents_equals_its_estimate(world: World) -> None:
    document = add_document(world, ["17\nx"] * 500, name="n" * 240)
    body: dict[str, Any] = {"message": "What is in it?", "model": "openai/gpt-4.1-mini", "documents": [document]}
    quote = (await world.post("/quota/quote", body)).json()
    result = await world.ask(**body)

    held = world.database.one("select prompt_tokens from oneai.reservations where id = %s", result.start["message_id"])
    assert quote["basis"][0]["prompt_tokens"] == held
