"""Finding what was said: by words, their beginnings, phrases, mistyped, with accents or without, in any script."""

import pytest

from tests.conversations.search_samples import insert_conversation, marked, search, search_hits
from tests.world import World


async def test_a_word_is_found_in_questions_answers_and_titles(shared: World) -> None:
    who = shared.newcomer()
    talk = insert_conversation(
        shared, who, "Why does it rain?", "Because clouds.", "And the rain in spring?", title="Rain in Spain"
    )

    items = await search(shared, who, "rain")

    assert [(item["message_id"] is None, item["role"], item["snippet"]) for item in items] == [
        (True, None, "Rain in Spain"),
        (False, "user", "Why does it rain?"),
        (False, "user", "And the rain in spring?"),
    ]
    assert {(item["conversation_id"], item["title"], item["is_latest"]) for item in items} == {
        (talk, "Rain in Spain", True)
    }
    assert [marked(item) for item in items] == [["Rain"], ["rain"], ["rain"]]
    assert [item["rank"] for item in items] == sorted((item["rank"] for item in items), reverse=True)


@pytest.mark.parametrize(
    ("said", "q", "marks"),
    [
        ("Which language is that?", "langauge", ["language"]),
        ("Which language is that?", "lanugage", ["language"]),
        ("Which language is that?", "langugae", ["language"]),
        ("Which language is that?", "languige", ["language"]),
        ("Which language is that?", "anguage", ["language"]),
        ("the form is there", "fomr", ["form"]),
        ("A naïve question", "naive", ["naïve"]),
        ("A naive question", "naïve", ["naive"]),
        ("A nai\u0308ve question", "naïve", ["nai\u0308ve"]),
        ("A naïve question", "NAI\u0308VE", ["naïve"]),
        ("Die Straße", "strasse", ["Straße"]),
        ("DIE STRASSE", "straße", ["STRASSE"]),
        ("smørrebrød", "smorrebrod", ["smørrebrød"]),
        ("Łódź", "lodz", ["Łódź"]),
        ("İstanbul", "istanbul", ["İstanbul"]),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσεύς", ["ΟΔΥΣΣΕΥΣ"]),
        ("Всё", "все", ["Всё"]),
        ("मुझे हिन्दी आती है", "हिन्दी", ["हिन्दी"]),
        ("मुझे हिन्दी आती है", "हिंदी", ["हिन्दी"]),
        ("मुझे हिंदी आती है", "हिन्दी", ["हिंदी"]),
        ("मुझे हिन्दी आती है", "हि", ["हिन्दी"]),
        ("कितने फ़ूल।", "फूल", ["फ़ूल"]),
        ("विश्वविद्यालय कहाँ है", "विश्वविद्यलय", ["विश्वविद्यालय"]),
        ("தமிழ் மொழி", "மொழி", ["மொழி"]),
        ("مرحباً بالعالم", "مرحبا", ["مرحباً"]),
        ("我喜欢学习语言", "学习", ["学", "习"]),
        ("日本語が好き", "が好", ["が", "好"]),
        ("ภาษาไทย", "ไทย", ["ไ", "ท", "ย"]),
        ("한국어를 배우다", "한국어", ["한국어를"]),
        ("ﬁne １２", "fine 12", ["ﬁne", "１２"]),
        ("Party 🎉 tonight", "🎉", ["🎉"]),
        ("call my_function(x)", "my_function", ["my", "function"]),
        ("see example.com/path", "example.com", ["example", "com"]),
        ("I don't know", "don't", ["don", "t"]),
        ("programming in C++", "prog", ["programming"]),
        ("The rain in Spain stays", "spain rai", ["rain", "Spain"]),
        ("The rain in Spain stays", '"rain in spain"', ["rain", "in", "Spain"]),
        ("The rain in Spain stays", "“in spain” rain", ["rain", "in", "Spain"]),
        ("The rain in Spain stays", '"rain in', ["rain", "in"]),
    ],
)
async def test_a_query_is_found_and_highlighted(said: str, q: str, marks: list[str], shared: World) -> None:
    who = shared.newcomer()
    insert_conversation(shared, who, said, "Something else.")

    items = await search(shared, who, q)

    assert [item["snippet"] for item in items] == [said]
    assert marked(items[0]) == marks


@pytest.mark.parametrize(
    ("said", "q"),
    [
        ("The rain in Spain stays", '"spain in"'),
        ("The rain in Spain stays", '"rain spain"'),
        ("The rain in Spain stays", '"rai"'),
        ("The rain in Spain stays", '"rain in spainn"'),
        ("The rain in Spain stays", "rai spain"),
        ("The rain in Spain stays", "rain snow"),
        ("The rain in Spain stays", "rain OR snow"),
        ("The rain in Spain stays", "-rain spain snow"),
        ("The rain in Spain stays", "bran"),
        ("我喜欢学习语言", "习学"),
        ("हिन्दी", "हद"),
        ("The rain in Spain stays", "%"),
        ("The rain in Spain stays", " … ?! "),
    ],
)
async def test_text_that_was_never_written_is_not_found(said: str, q: str, shared: World) -> None:
    who = shared.newcomer()
    insert_conversation(shared, who, said)

    assert await search(shared, who, q) == []


async def test_all_words_are_required_in_any_order(shared: World) -> None:
    who = shared.newcomer()
    insert_conversation(shared, who, "green tea", "tea that is green", "black tea", "green cups")

    assert sorted(await search_hits(shared, who, "tea green")) == ["green tea", "tea that is green"]


async def test_a_word_in_use_is_not_treated_as_a_typo(shared: World) -> None:
    who = shared.newcomer()
    insert_conversation(shared, who, "a planet", "a plant")

    assert await search_hits(shared, who, "plant") == ["a plant"]
    assert await search_hits(shared, who, "plane") == ["a planet"]
    assert sorted(await search_hits(shared, who, "plamt")) == ["a plant"]


async def test_an_exact_word_ranks_before_a_prefix(shared: World) -> None:
    who = shared.newcomer()
    insert_conversation(shared, who, "one cart here", "one car here", "one carpet here")

    assert (await search_hits(shared, who, "car"))[0] == "one car here"


async def test_more_frequent_text_ranks_first_and_newer_text_breaks_ties(shared: World) -> None:
    who = shared.newcomer()
    insert_conversation(shared, who, "apples and pears", at="2026-01-01T00:00:00Z")
    insert_conversation(shared, who, "apples, apples, apples", at="2026-01-02T00:00:00Z")
    insert_conversation(shared, who, "apples for me", at="2026-01-03T00:00:00Z")

    assert await search_hits(shared, who, "apples") == ["apples, apples, apples", "apples for me", "apples and pears"]


async def test_regenerated_answers_are_found_and_marked_as_hidden(shared: World) -> None:
    who = shared.newcomer()
    talk = insert_conversation(shared, who, "Tell me of whales", "Whales sing.")
    shared.database.rows(
        """
        with hidden as (
          update oneai.chat_messages set is_chosen = false, is_latest = false
          where conversation_id = %s and sequence_number = 2 returning *)
        insert into oneai.chat_messages (conversation_id, user_id, role, content, model_id, sequence_number,
          parent_message_id, original_message_id, revision_number, revision_type)
        select conversation_id, user_id, role, 'They swim.', model_id, 2, parent_message_id, id, 1, 'regeneration'
        from hidden
        """,
        talk,
    )

    assert [(item["snippet"], item["is_latest"]) for item in await search(shared, who, "sing")] == [
        ("Whales sing.", False)
    ]


async def test_a_question_and_its_streamed_answer_are_found_once_finished(shared: World) -> None:
    who = shared.newcomer()
    start = (await shared.ask("zygomorphic please", who)).start

    items = await search(shared, who, "zygomorphic")

    assert {item["message_id"] for item in items} >= {start["user_message_id"]}
    assert all(item["conversation_id"] == start["conversation_id"] for item in items)


async def test_a_new_title_is_found_and_the_old_one_is_not(shared: World) -> None:
    who = shared.newcomer()
    talk = insert_conversation(shared, who, "Hello", title="Holidays")
    shared.database.rows("update oneai.conversations set title = 'Vacations' where id = %s", talk)

    assert await search_hits(shared, who, "holidays") == []
    assert await search_hits(shared, who, "vacations") == ["Vacations"]
    shared.database.rows("update oneai.conversations set title = null where id = %s", talk)
    assert await search_hits(shared, who, "vacations") == []
