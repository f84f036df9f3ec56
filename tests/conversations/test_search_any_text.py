"""Messages and queries are only text: nothing breaks, and offsets point at the match."""

import unicodedata

import pytest

from tests.conversations.search_samples import insert_conversation, marked, search, search_hits
from tests.world import World


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize(
    "q",
    [
        *("'", '"', "\\", "a'b", 'a"b', "a\\b", "' or 1=1 --", "%s", "{}", "a & b", "a | !b", "(a", "a:*", "a <-> b"),
        *(
            "a:ABCD",
            "'a':1A",
            "\0",
            "a\0b",
            "\ufffd",
            "\u200b",
            "🎉👍🏽",
            "'''",
            '"""',
            '""',
            '"',
            '" "',
            "*",
            "$1",
            ";",
        ),
        *("x" * 5000, "x " * 2500, '"' * 2000, "' " * 2000, "語" * 1500, "a\\" * 1000, '"a ' * 1500, "é" * 2000),
    ],
    ids=lambda q: ascii(q[:12]),
)
async def test_a_query_is_only_text(q: str, shared: World) -> None:
    answer = await shared.get("/search", q=q)

    assert (answer.status_code, answer.json()) == (200, {"items": [], "next_cursor": None})


async def test_ten_thousand_characters_are_a_query_or_refused_as_too_long(shared: World) -> None:
    for q in ("x" * 10_000, "a b " * 2500, "\\'\"" * 3333, "हिन्दी " * 700):
        answer = await shared.get("/search", q=q)
        assert answer.status_code in (200, 413, 414, 422), answer.text


HUGE = [
    ("one word", "x" * 2_000_000),
    ("short words", "a b c d e f g " * 100_000),
    ("all of Han", "".join(chr(0x4E00 + n) for n in range(20_000)) * 10),
    ("rare Han", "".join(chr(0x20000 + n) for n in range(40_000)) * 3),
    ("different words", " ".join(f"w{n:x}" for n in range(300_000))),
    ("ligatures", "\ufdfa" * 200_000),
    ("marks alone", "a" + "\u0301" * 500_000),
    ("controls", "\x01\x02 \x7f" * 100_000),
]


@pytest.mark.sampled(0.3)
@pytest.mark.parametrize(("_name", "text"), HUGE, ids=[name for name, _ in HUGE])
async def test_a_huge_message_of_any_content_is_stored_and_found_by_its_beginning(
    _name: str, text: str, shared: World
) -> None:
    who = shared.newcomer()
    insert_conversation(shared, who, "needle " + text)

    (snippet,) = await search_hits(shared, who, "needle")
    assert snippet.startswith("needle")
    assert len(snippet) <= 241


async def test_the_snippet_of_a_long_text_has_most_of_the_words(shared: World) -> None:
    who = shared.newcomer()
    filler = "lorem ipsum dolor sit amet 👍🏽 हिन्दी " * 40
    insert_conversation(shared, who, f"red {filler} blue {filler} a red, green and blue thing {filler}")

    (item,) = await search(shared, who, "red green blue")

    assert marked(item) == ["red", "green", "blue"]
    assert item["snippet"].startswith("…")
    assert item["snippet"].endswith("…")
    assert len(item["snippet"]) <= 240


async def test_offsets_count_code_points_after_emoji_and_combining_marks(shared: World) -> None:
    who = shared.newcomer()
    said = "👩‍👩‍👧 हिन्दी e\u0301 😀 the nai\u0308ve needle"
    insert_conversation(shared, who, said)

    (item,) = await search(shared, who, "naive needle")

    assert item["snippet"] == said
    assert item["highlights"] == [[said.index("nai"), said.index("ve ") + 2], [said.index("needle"), len(said)]]
    assert unicodedata.normalize("NFC", marked(item)[0]) == "naïve"
