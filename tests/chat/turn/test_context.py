"""How much of a conversation a model gets to read: counting and fitting, for any words whatever."""

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
def test_any_text_can_be_estimated_half_characters_included(text: str) -> None:
    assert estimate_tokens(text) >= (1 if text else 0)


@given(TEXTS, TEXTS)
def test_more_text_is_never_fewer_tokens_and_joining_saves_nothing_but_rounding(one: str, other: str) -> None:
    together = estimate_tokens(one + other)

    assert together >= max(estimate_tokens(one), estimate_tokens(other))
    assert together <= estimate_tokens(one) + estimate_tokens(other)


def test_scripts_cost_what_tokenizers_make_of_them() -> None:
    per_letter = [estimate_tokens(letter * 1000) for letter in "aéक😀"]

    assert all(cheaper < dearer for cheaper, dearer in pairwise(per_letter))
    assert estimate_tokens("a" * 3800) == pytest.approx(1100, abs=1)


@given(HISTORY, st.none() | TEXTS, TEXTS, st.integers(-1000, 5000))
def test_what_is_kept_is_the_newest_and_fits(
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
def test_more_room_never_keeps_less(history: list[HistoryMessage], question: str, budget: int, more: int) -> None:
    assert len(fit(Branch(history), None, question, budget + more)) >= len(fit(Branch(history), None, question, budget))


@given(HISTORY, TEXTS)
def test_with_room_for_everything_everything_is_kept(history: list[HistoryMessage], question: str) -> None:
    assert len(fit(Branch(history), None, question, 10**9)) == 1 + sum(bool(message.content) for message in history)


def test_a_question_never_goes_without_its_answer_or_the_other_way_round() -> None:
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


def test_what_an_upstream_counted_is_believed() -> None:
    history = from_rows(
        [
            row("user", "Hello"),
            row("assistant", "x" * 4000, usage(10, 700, 200)),  # thoughts are not sent again
            row("user", "y" * 380),  # 110 by estimate; the prompt grew by 120
            row("assistant", "z" * 4000, usage(10 + 500 + 120, 900)),
        ]
    )

    assert [message.tokens for message in history] == [None, 500, 120, 900]


def test_what_was_estimated_before_is_estimated_again() -> None:
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
def test_a_prompt_that_shrank_or_grew_too_much_says_nothing_about_the_question(prompt: int) -> None:
    history = from_rows(
        [
            row("user", "Hello"),
            row("assistant", "x" * 40, usage(500, 10)),
            row("user", "y" * 380),
            row("assistant", "z" * 40, usage(prompt, 10)),
        ]
    )

    assert history[2].tokens is None
