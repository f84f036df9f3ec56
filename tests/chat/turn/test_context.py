"""How much of a conversation a model gets to read: counting and fitting, for any text."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneai.chat.turn.context import Branch, HistoryMessage, estimate_prompt, fit, from_rows, message_tokens
from oneai.token_estimate import estimate_tokens

TEXTS = st.text(max_size=300) | st.text(alphabet="aé क😀\0", max_size=300)
# A turn is a question and, mostly, its answer; failed answers are empty.
HISTORY = st.lists(st.tuples(TEXTS, TEXTS | st.just("")), max_size=12).map(
    lambda turns: [
        message
        for question, answer in turns
        for message in (HistoryMessage("user", question), HistoryMessage("assistant", answer))
    ]
)
USAGE = st.none() | st.fixed_dictionaries(
    {
        "prompt_tokens": st.integers(0, 10**9),
        "completion_tokens": st.integers(0, 10**9),
        "reasoning_tokens": st.integers(0, 10**9),
        "cached_tokens": st.integers(0, 10**9),
        "cost_micro_usd": st.integers(0, 10**9),
        "estimated": st.booleans(),
    }
)
ROWS = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": TEXTS, "usage": USAGE}),
    max_size=12,
)


@given(st.text(st.characters(), max_size=500))
def test_any_text_can_be_estimated_including_lone_surrogates(text: str) -> None:
    assert estimate_tokens(text) >= (1 if text else 0)


@given(TEXTS, TEXTS)
def test_the_estimate_grows_with_the_text_and_is_additive_up_to_rounding(one: str, other: str) -> None:
    together = estimate_tokens(one + other)

    assert together >= max(estimate_tokens(one), estimate_tokens(other))
    assert together <= estimate_tokens(one) + estimate_tokens(other)


def test_scripts_are_estimated_by_their_tokenizer_density() -> None:
    per_letter = [estimate_tokens(letter * 1000) for letter in "aéक😀"]

    assert all(cheaper < dearer for cheaper, dearer in pairwise(per_letter))
    assert estimate_tokens("a" * 3800) == pytest.approx(1100, abs=1)


@given(HISTORY, st.none() | TEXTS, TEXTS, st.integers(-1000, 5000))
def test_the_newest_messages_that_fit_are_kept(
    history: list[HistoryMessage], system_prompt: str | None, question: str, budget: int
) -> None:
    messages = fit(Branch(history), system_prompt, question, budget)

    system = [{"role": "system", "content": system_prompt}] if system_prompt else []
    last = {"role": "user", "content": question}
    assert messages[: len(system)] == system
    assert messages[-1] == last
    recent = messages[len(system) : -1]
    all_messages = [{"role": each.role, "content": each.content} for each in history if each.content]
    assert recent == all_messages[len(all_messages) - len(recent) :]
    if recent:
        assert estimate_prompt(messages) <= budget


@given(HISTORY, TEXTS, st.integers(0, 3000), st.integers(0, 3000))
def test_a_larger_context_never_keeps_less(
    history: list[HistoryMessage], question: str, budget: int, more: int
) -> None:
    assert len(fit(Branch(history), None, question, budget + more)) >= len(fit(Branch(history), None, question, budget))


@given(HISTORY, TEXTS)
def test_everything_is_kept_if_it_fits(history: list[HistoryMessage], question: str) -> None:
    assert len(fit(Branch(history), None, question, 10**9)) == 1 + sum(bool(message.content) for message in history)


def test_a_question_and_its_answer_are_kept_or_dropped_together() -> None:
    history = [
        HistoryMessage("user", "q" * 400),
        HistoryMessage("assistant", "a" * 40),
        HistoryMessage("user", "q" * 40),
        HistoryMessage("assistant", "a" * 40),
    ]

    for budget in range(400):
        kept = fit(Branch(history), None, "And now?", budget)[:-1]
        assert [message["role"] for message in kept] == ["user", "assistant"] * (len(kept) // 2)


@given(ROWS)
def test_any_stored_usage_can_be_read(rows: list[dict[str, Any]]) -> None:
    history = from_rows(rows)

    assert [(message.role, message.content) for message in history] == [(row["role"], row["content"]) for row in rows]
    assert all(message_tokens(message) > 0 for message in history)


def usage(prompt: int, completion: int, reasoning: int = 0, *, estimated: bool = False) -> dict[str, Any]:
    """Usage as it is stored."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "reasoning_tokens": reasoning,
        "cached_tokens": 0,
        "cost_micro_usd": 1,
        "estimated": estimated,
    }


def row(role: str, content: str, used: dict[str, Any] | None = None) -> dict[str, Any]:
    """A row of the history."""
    return {"role": role, "content": content, "usage": used}


def test_a_count_from_the_upstream_is_used() -> None:
    history = from_rows(
        [
            row("user", "Hello"),
            row("assistant", "x" * 4000, usage(10, 700, 200)),  # thoughts are not sent again
            row("user", "y" * 380),  # 110 by estimate; the prompt grew by 120
            row("assistant", "z" * 4000, usage(10 + 500 + 120, 900)),
        ]
    )

    assert [message.tokens for message in history] == [None, 500, 120, 900]


def test_an_earlier_estimate_is_computed_again() -> None:
    history = from_rows(
        [
            row("user", "Hello"),
            row("assistant", "x" * 4000, usage(10, 700, estimated=True)),
            row("user", "y" * 380),
            row("assistant", "", None),
        ]
    )

    assert [message.tokens for message in history] == [None] * 4


@pytest.mark.parametrize("prompt", [5, 500, 100_000])
def test_a_prompt_that_shrank_or_grew_too_much_does_not_measure_the_question(prompt: int) -> None:
    history = from_rows(
        [
            row("user", "Hello"),
            row("assistant", "x" * 40, usage(500, 10)),
            row("user", "y" * 380),
            row("assistant", "z" * 40, usage(prompt, 10)),
        ]
    )

    assert history[2].tokens is None
