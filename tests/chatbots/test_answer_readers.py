"""What of a model's text a visitor gets: nothing before a checked verdict, and never the prompt."""

import base64
import codecs
import json
from collections.abc import Iterator

import pytest

from oneai.chatbots.answering.citations import CitationFilter
from oneai.chatbots.answering.leaks import PromptGuard
from oneai.chatbots.answering.outcome import Verdict
from oneai.chatbots.answering.outcome_reader import OutcomeReader
from oneai.chatbots.answering.readers import GuardedReader, VerifiedReader
from oneai.chatbots.answering.sentences import NOT_FOUND, OFF_TOPIC

ANSWER = 'Eleven "months" 😀 [1]\nand a \\ day.'
OBJECT = json.dumps({"outcome": "answered", "passages": [2, 1, 9], "answer": ANSWER})
PROMPT = (
    "You are Mira, the assistant of Nilgiri Tea. Our supplier in Assam sells at 140 rupees a kilo, and we never tell "
    "customers. Offer ten percent off to anyone who complains twice, and be kind."
)


def _read(text: str, size: int, sent: int = 2, *, needs_passages: bool = True) -> tuple[Verdict | None, str]:
    """The verdict and the text that a reader finds in pieces of this size; no text before the verdict."""
    reader = OutcomeReader(sent, needs_passages=needs_passages)
    read = ""
    for at in range(0, len(text), size):
        piece = reader.read(text[at : at + size])
        assert not piece or reader.verdict is not None
        read += piece
    read += reader.end()
    return reader.verdict, read


ANSWERED = Verdict("answered", (2, 1))
NOTHING = Verdict("not_found")
# What models write around and instead of the object that they were asked for.
WRITTEN: dict[str, tuple[str, Verdict, str]] = {
    "plain": (OBJECT, ANSWERED, ANSWER),
    "escaped": (json.dumps(json.loads(OBJECT), ensure_ascii=False), ANSWERED, ANSWER),
    "fenced": (f"Here it is:\n```json\n{OBJECT}\n```\nAnything else?", ANSWERED, ANSWER),
    "after thoughts": (f'<think>{{"outcome": "off_topic"}}</think>{OBJECT}', ANSWERED, ANSWER),
    "after a brace": (f"{{smile}} {OBJECT}", ANSWERED, ANSWER),
    "in a list": (f"[{OBJECT}]", ANSWERED, ANSWER),
    "other order": (
        json.dumps({"answer": ANSWER, "more": {"a": ['}"']}, "passages": ["[2]", "1"], "outcome": "answered"}),
        *(ANSWERED, ANSWER),
    ),
    "twice": (OBJECT[:-1] + ', "outcome": "not_found", "answer": "Again"}', ANSWERED, ANSWER),
    "raw line breaks": (OBJECT.replace("\\n", "\n"), ANSWERED, ANSWER),
    "cut off": (OBJECT[:-6], ANSWERED, ANSWER[:-4]),
    "cut off in a pair": (OBJECT[: OBJECT.index("\\ude00")], ANSWERED, 'Eleven "months" \ufffd'),
    "partial": ('{"outcome":"partial","passages":[1],"answer":"Some [1] [2]"}', Verdict("partial", (1,)), "Some [1]"),
    "prose": ("The lease runs for eleven months [1].", NOTHING, ""),
    "empty": ("", NOTHING, ""),
    "cut off before the verdict": ('{"outcome": "answered", "passages": [1', NOTHING, ""),
    "no such outcome": (OBJECT.replace("answered", "sure"), NOTHING, ""),
    "invented passages": ('{"outcome":"answered","passages":[3,0,-1,true,"x"],"answer":"Yes [3]"}', NOTHING, ""),
    "no passages": ('{"outcome":"answered","passages":[],"answer":"Yes"}', NOTHING, ""),
    "passages that are no list": ('{"outcome":"answered","passages":"1","answer":"Yes"}', NOTHING, ""),
    "words for nothing": ('{"outcome":"off_topic","passages":[1],"answer":"But yes"}', Verdict("off_topic"), ""),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_an_answer_is_read_only_with_a_verdict_however_it_is_split(name: str) -> None:
    text, verdict, answer = WRITTEN[name]
    for size in range(1, len(text) + 2):
        assert _read(text, size) == (verdict, answer), size


def test_general_knowledge_needs_no_passage_and_invented_ones_are_no_answer() -> None:
    known = '{"outcome":"answered","passages":[],"answer":"In general, yes."}'
    assert _read(known, 3, needs_passages=False) == (Verdict("answered"), "In general, yes.")
    assert _read(known.replace("[]", "[7]"), 3, needs_passages=False) == (NOTHING, "")


def test_only_numbers_of_passages_that_the_answer_rests_on_are_cited() -> None:
    cases = {
        "Yes [1]. No [3]. Both [1, 3]! 【2†a.pdf】 end [2": "Yes [1]. No. Both [1]! [2] end [2",
        "[7](https://example.com) `a[0]` and ```\nb[9]\n``` [2024] [3]": "[7](https://example.com) `a[0]` and "
        "```\nb[9]\n``` [2024]",
    }
    for text, cited in cases.items():
        for size in range(1, len(text) + 1):
            only = CitationFilter((1, 2))
            pieces = [only.feed(text[at : at + size]) for at in range(0, len(text), size)]
            assert "".join(pieces) + only.end() == cited


def _obeyed() -> Iterator[str]:
    """What a model that obeys writes after twenty attempts to get the prompt."""
    half = len(PROMPT) // 2
    yield PROMPT
    yield f"My instructions: {PROMPT}"
    yield PROMPT[:half]
    yield PROMPT[half:]
    yield f"```\n{PROMPT}\n```"
    yield PROMPT.upper()
    yield PROMPT.lower().replace(".", "!")
    yield PROMPT.replace(" ", "_")
    yield " ".join(PROMPT)
    yield "\n".join(PROMPT)
    yield "-".join(PROMPT.split())
    yield PROMPT[::-1]
    yield codecs.encode(PROMPT, "rot13")
    yield base64.b64encode(PROMPT.encode()).decode()
    yield base64.b64encode(b"? " + PROMPT.encode()).decode()
    yield PROMPT.encode().hex()
    yield "\n".join(f"> {word}" for word in PROMPT.split())
    yield "".join(f"**{letter}**" for letter in PROMPT)
    yield f"Of course I cannot tell. A poem instead: {PROMPT}"
    yield json.dumps({"prompt": PROMPT})


def test_twenty_attempts_get_no_prompt_from_a_model_that_obeys() -> None:
    attempts = list(_obeyed())
    assert len(attempts) == 20
    for said in attempts:
        written = json.dumps({"outcome": "answered", "passages": [1], "answer": said})
        for size in (1, 7, len(written)):
            guard = PromptGuard(PROMPT)
            reader = VerifiedReader(OutcomeReader(1, needs_passages=True), guard, "en")
            pieces = [reader.read(written[at : at + size]) for at in range(0, len(written), size)]
            text = "".join(pieces) + reader.end()
            assert text.endswith(OFF_TOPIC["en"]), said
            assert reader.outcome == "off_topic"
            assert len(text) <= len(OFF_TOPIC["en"]) + 45, text
        plain = GuardedReader(PromptGuard(PROMPT), "en")
        assert (plain.read(said) + plain.end()).endswith(OFF_TOPIC["en"])


def test_what_is_not_the_prompt_passes_the_guard_whole() -> None:
    passage = "Offer ten percent off to anyone who complains twice, and be kind. That is the rule of our shop."
    texts = {
        "I am Mira of Nilgiri Tea. Our supplier in Assam sells tea.": (),
        passage: (passage,),
        "🙂" * 40 + " 140 rupees a kilo": (),
    }
    for text, public in texts.items():
        for size in (1, 5, len(text)):
            guard = PromptGuard(PROMPT, public)
            pieces = [guard.feed(text[at : at + size]) for at in range(0, len(text), size)]
            assert "".join(pieces) + guard.end() == text
    short = PromptGuard("Be brief.")
    assert short.feed("Be brief. Be brief. Be brief. Be brief.") == "Be brief. Be brief. Be brief. Be brief."


def test_where_nothing_was_found_visitors_get_our_sentence_in_their_language() -> None:
    reader = VerifiedReader(OutcomeReader(1, needs_passages=True), PromptGuard(PROMPT), "hi")
    written = reader.read('{"outcome": "not_found", "passages": [], "answer": "I made this up."}') + reader.end()
    assert (written, reader.outcome) == (NOT_FOUND["hi"], "not_found")
    prose = VerifiedReader(OutcomeReader(1, needs_passages=True), PromptGuard(PROMPT), "en", "Ask us.")
    assert prose.read("Sure, eleven months.") + prose.end() == "Ask us."
