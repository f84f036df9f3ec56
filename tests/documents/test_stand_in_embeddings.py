"""The stand-in's embeddings: without a model, texts about the same are nearer to each other than others are."""

import math

from stand_ins.openrouter.embeddings import embedding_of

RENT = "The tenant shall pay the monthly rent of 20,000 rupees on the first day of each month."
LEAVE = "Employees may take twenty days of annual leave, which their manager approves."
HINDI = "किरायेदार हर महीने की पहली तारीख को किराया देगा।"


def near(one: str, other: str) -> float:
    """The cosine of the angle between the vectors of two texts."""
    return math.sumprod(embedding_of(one, 1024), embedding_of(other, 1024))


def test_a_text_always_has_the_same_vector_of_the_requested_length() -> None:
    for dimensions in (8, 256, 1024):
        vector = embedding_of(RENT, dimensions)
        assert vector == embedding_of(RENT, dimensions)
        assert len(vector) == dimensions
        assert math.isclose(math.sumprod(vector, vector), 1)


def test_texts_that_share_words_or_parts_of_words_are_close() -> None:
    assert near("When is the rent paid?", RENT) > 2 * abs(near("When is the rent paid?", LEAVE))
    assert near("How much leave do employees get?", LEAVE) > 2 * abs(near("How much leave do employees get?", RENT))
    assert near("tenants", RENT) > near("tenants", LEAVE) + 0.1
    assert near("monhtly rentals", RENT) > near("monhtly rentals", LEAVE) + 0.1
    assert near("किराया कब देना है", HINDI) > 2 * abs(near("किराया कब देना है", RENT))


def test_case_and_accents_do_not_matter() -> None:
    assert math.isclose(near("Café RENT", "cafe rent"), 1)


def test_a_text_without_words_has_a_vector() -> None:
    assert math.isclose(near("", "!?"), 1)
