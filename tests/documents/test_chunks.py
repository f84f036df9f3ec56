"""Documents are cut into chunks that can be cited: 300 to 500 tokens, at headings and paragraphs, in any script."""

import re
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneai.documents.chunks import MAX_TOKENS, MIN_TOKENS, Chunk, Piece, cut, embedded_text
from oneai.token_estimate import estimate_tokens

SENTENCE = "The tenant pays the rent on the first day of each month. "
# Texts, and what of them is shown as one.
SCRIPTS = {
    "English": list("The tenant pays the rent."),
    "Hindi": ["कि", "रा", "ये", "दा", "र", " ", "कि", "रा", "या", " ", "दे", "ता", " ", "है", "।"],
    "Tamil": ["வா", "ட", "கை", " ", "மா", "த", "ந்", "தோ", "று", "ம்", " ", "செ", "லு", "த்", "த", "ப்", "ப", "டு", "ம்", "."],
    "Thai": ["ผู้", "เ", "ช่", "า", "ชำ", "ร", "ะ", "ค่", "า", "เ", "ช่", "า", "ทุ", "ก", "เ", "ดื", "อ", "น"],
    "Chinese": list("承租人每月支付租金。"),
    "Arabic": list("يدفع المستأجر الإيجار."),
    "emoji": ["👩🏽\u200d💻", "🇮🇳", "🇩🇪", "👨\u200d👩\u200d👧\u200d👦"],
    "jamo": ["\u1112\u1161\u11ab", "\u1100\u1173\u11af"],
    "Zalgo": ["a" + "\u0301" * 20],
}


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_a_heading_begins_a_chunk() -> None:
    chunks = cut([Piece("One.", 1, "A"), Piece("Two.", 1, "B"), Piece("Three.", 2, "B")], name="lease.pdf")
    assert [(each.page, each.heading, each.content) for each in chunks] == [
        (1, "A", "One."),
        (1, "B", "Two."),
        (2, "B", "Three."),
    ]


def test_a_sentence_across_a_page_break_is_kept_in_one_chunk() -> None:
    pages = ["The rent is paid", "on the first day.", "Dogs are allowed", "Cats too"]
    chunks = cut([Piece(text, page) for page, text in enumerate(pages, start=1)], name="lease.pdf")
    assert [(each.page, each.content) for each in chunks] == [
        (1, "The rent is paid\n\non the first day."),
        (3, "Dogs are allowed"),
        (4, "Cats too"),
    ]


def test_a_chunk_has_the_page_on_which_it_begins() -> None:
    pages = [Piece(f"Page {number}. " + SENTENCE * 20, number) for number in range(1, 8)]
    chunks = cut(pages, name="lease.pdf")
    text = "\n\n".join(page.text.strip() for page in pages)
    for chunk in chunks:
        before = text[: text.index(chunk.content) + 8]
        assert chunk.page == max(number for number in range(1, 8) if f"Page {number}" in before or number == 1)


def test_paragraphs_that_fit_are_not_divided() -> None:
    paragraph = (SENTENCE * 6).strip()
    chunks = cut([Piece("\n\n".join([paragraph] * 40))], name="lease.pdf")
    assert len(chunks) > 5
    for chunk in chunks:
        assert set(chunk.content.split("\n\n")) == {paragraph}


@pytest.mark.sampled(0.25)
@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("between", ["", " ", "\n", "\n\n"])
def test_long_texts_of_any_script_are_cut_between_graphemes(script: str, between: str) -> None:
    graphemes = SCRIPTS[script]
    text = between.join(["".join(graphemes)] * 400)
    chunks = cut([Piece(text, 1, "H")], name="x")

    assert len(chunks) > 1
    assert all(MIN_TOKENS * 0.75 < each.tokens <= MAX_TOKENS for each in chunks)
    assert [each.tokens for each in chunks] == [estimate_tokens(each.content) for each in chunks]
    assert squeezed("".join(each.content for each in chunks)) == squeezed(text)
    ends = set(accumulate(len(each) for each in graphemes * 400 if each.strip()))
    assert ends.issuperset(accumulate(len(squeezed(each.content)) for each in chunks))


@given(st.lists(st.tuples(st.text(st.characters(), max_size=4000), st.sampled_from([None, "A", "B"])), max_size=6))
def test_no_text_is_lost(texts: list[tuple[str, str | None]]) -> None:
    chunks = cut([Piece(text, number, heading) for number, (text, heading) in enumerate(texts)], name="x")

    stored = "".join(re.sub("[\0\ud800-\udfff]", "\ufffd", text) for text, _ in texts)
    assert squeezed("".join(each.content for each in chunks)) == squeezed(stored)
    assert all(each.content and each.tokens <= MAX_TOKENS for each in chunks)
    for each in chunks:
        each.content.encode()


def test_an_endless_grapheme_cluster_is_cut() -> None:
    chunks = cut([Piece("a" + "\u0301" * 10_000)], name="x")
    assert sum(len(each.content) for each in chunks) == 10_001
    assert all(each.tokens <= MAX_TOKENS for each in chunks)


def test_an_empty_text_has_no_chunks() -> None:
    assert cut([], name="x") == cut([Piece(" \n\t ", 1), Piece("", 2)], name="x") == []


def test_an_embedded_text_begins_with_its_location() -> None:
    chunk = Chunk(3, "Rent › When", "On the first.", 5)
    assert embedded_text("lease.pdf", chunk) == "lease.pdf › Rent › When › p. 3\n\nOn the first."
    assert embedded_text("notes.txt", Chunk(None, None, "On the first.", 5)) == "notes.txt\n\nOn the first."


def test_a_heading_equal_to_the_name_is_not_repeated() -> None:
    (chunk,) = cut([Piece("Text.", 1, "lease.pdf")], name="lease.pdf")
    assert chunk.heading is None
