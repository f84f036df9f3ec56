"""Topics of visitors' questions: by meaning, of at least five visitors, and without what says who they are."""

import asyncio
from typing import Any

import pytest

from oneai.chatbots import analytics as chatbot_analytics
from oneai.chatbots import topics
from oneai.chatbots.topics import word_vector
from tests.chatbots.made import insert_document, name_documents
from tests.chatbots.visitors import Website
from tests.world import World


async def read(world: World, website: Website, who: str) -> dict[str, Any]:
    """The analytics of the chatbot."""
    answer = await world.get(f"/analytics/chatbots/{website.chatbot}", who)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_questions_of_five_visitors_are_a_topic_until_one_is_forgotten(shared: World) -> None:
    who = shared.newcomer()
    website = Website.of(shared, who)
    team = shared.people[who]
    used = insert_document(shared.database, team, team, "The lease runs for eleven months.", name="lease.txt")
    unused = insert_document(shared.database, team, team, "Bicycles park inside.", name="bikes.txt")
    name_documents(shared.database, website.chatbot, used, unused)
    path = f"/chatbots/{website.chatbot}"
    changes = {"knowledge": {"mode": "documents_first"}}
    assert (await shared.http.patch(path, json=changes, headers=shared.headers(who))).is_success
    assert (await shared.post(f"{path}/publish", None, who)).is_success
    visitors = [await website.visitor() for _ in range(6)]
    asked = ("How many months does the lease run?", "how many MONTHS does my lease run", "Lease: how many months run?")
    for visitor, question in zip(visitors[:4], (*asked, asked[0]), strict=True):
        await website.ask(visitor, question)
    await website.ask(visitors[0], asked[1])
    await website.ask(visitors[5], "Do you sell umbrellas?")
    assert await topics.group_questions() >= 6
    assert (await read(shared, website, who))["topics"] == []

    # Two runs at once group it once.
    await website.ask(visitors[4], "How many months does lease 2 run? Call 98 76-54 321 or mira@example.com")
    await website.ask(visitors[4], asked[2])
    await asyncio.gather(topics.group_questions(), topics.group_questions())
    found = await read(shared, website, who)
    (topic,) = found["topics"]
    assert (topic["questions"] >= 6, topic["visitors"], topic["answered"]) == (True, 5, topic["questions"])
    assert topic["name"] in asked
    assert set(topic["examples"]) <= set(asked)
    assert len(topic["examples"]) == 3
    assert {each["name"]: each["answers"] > 0 for each in found["sources"]} == {
        "lease.txt": True,
        "bikes.txt": False,
    }

    # The weekly mail names it if it had no answer.
    await chatbot_analytics.roll_up()
    shared.database.rows(
        "update oneai.chatbot_questions set outcome = 'not_found' where chatbot_id = %s", website.chatbot
    )
    week = "select oneai.week_of_chatbots(w, oneai.today() - 3) from oneai.workspaces as w where id = %s"
    mailed = shared.database.one(week, team)
    assert mailed["topics"] == [{"name": topic["name"], "questions": topic["questions"]}]
    assert mailed["conversations"] >= 6
    assert not [word for word in ("mira", "umbrellas", "98 76") if word in str(mailed)]

    assert (await shared.http.delete(f"{website.path}/visitor", headers=visitors[2])).status_code == 204
    assert (await read(shared, website, who))["topics"] == []


async def test_a_question_keeps_the_vector_that_finding_passages_paid_for(shared: World) -> None:
    who = shared.newcomer()
    website = Website.of(shared, who)
    team = shared.people[who]
    texts = [f"Room {number} opens at {number} o'clock." for number in range(1, 40)]
    name_documents(shared.database, website.chatbot, insert_document(shared.database, team, team, *texts))
    path = f"/chatbots/{website.chatbot}"
    changes = {"knowledge": {"mode": "documents_first"}}
    assert (await shared.http.patch(path, json=changes, headers=shared.headers(who))).is_success
    assert (await shared.post(f"{path}/publish", None, who)).is_success
    asked = await website.ask(await website.visitor(), "When does room 7 open?")

    await topics.group_questions()
    kept = shared.database.rows(
        "select q.model <> 'words', q.topic_id is not null, q.grouped from oneai.chatbot_questions as q "
        "where q.message_id = %s",
        asked.start["message_id"],
    )
    assert kept == [(True, True, True)]


async def test_a_batch_that_postgres_ended_is_grouped_in_smaller_ones(shared: World) -> None:
    who = shared.newcomer()
    website = Website.of(shared, who)
    visitor = await website.visitor()
    for number in ("one", "two", "three", "four", "five"):
        await website.ask(visitor, f"What does plan {number} cost?")
    # Ends a statement at its second question, as the statement timeout does on a machine that is too busy.
    shared.database.rows(
        """
        create function oneai.end_second() returns trigger language plpgsql as $$
        begin
          if current_setting('test.grouped', true) = 'one' then
            raise exception using errcode = 'query_canceled';
          end if;
          perform set_config('test.grouped', 'one', true);
          return new;
        end $$;
        create trigger end_second before update on oneai.chatbot_questions for each row when (new.grouped)
          execute function oneai.end_second()
        """
    )
    try:
        assert await topics.group_questions(most=5) == 5
    finally:
        shared.database.rows("drop trigger end_second on oneai.chatbot_questions; drop function oneai.end_second")
    waiting = "select count(*) from oneai.chatbot_questions where chatbot_id = %s and not grouped"
    assert shared.database.one(waiting, website.chatbot) == 0


async def test_a_topic_is_named_again_once_its_naming_question_is_gone(shared: World) -> None:
    who = shared.newcomer()
    website = Website.of(shared, who)
    visitors = [await website.visitor() for _ in range(7)]
    for visitor in visitors[:6]:
        await website.ask(visitor, "Which umbrella is waterproof?")
    await topics.group_questions()
    name = "select named_by from oneai.chatbot_topics where chatbot_id = %s"
    first = shared.database.one(name, website.chatbot)
    shared.database.rows("delete from oneai.chatbot_questions where message_id = %s", first)

    await website.ask(visitors[6], "Which umbrella is waterproof?")
    await topics.group_questions()

    again = shared.database.one(name, website.chatbot)
    kept = "select message_id from oneai.chatbot_questions where chatbot_id = %s"
    assert again in shared.database.rows(kept, website.chatbot)


# Topics of a chatbot, whose vectors are far from any question.
TOPICS = """
    insert into oneai.chatbot_topics (chatbot_id, workspace_id, model, total, questions, last_asked_at)
    select %s, %s, 'words', array_fill(1, array[1024])::extensions.vector, case when n <= 2 then 1 else 2 end,
      oneai.now() - make_interval(days => n)
    from generate_series(1, oneai.max_topics()) as n returning id"""


async def test_a_new_topic_of_a_full_chatbot_replaces_the_smallest_and_oldest(shared: World) -> None:
    who = shared.newcomer()
    website = Website.of(shared, who)
    made = shared.database.rows(TOPICS, website.chatbot, shared.people[who])

    await website.ask(await website.visitor(), "Which umbrella is waterproof?")
    await topics.group_questions()

    kept = shared.database.rows("select id from oneai.chatbot_topics where chatbot_id = %s", website.chatbot)
    assert len(kept) == len(made)
    assert set(made) - set(kept) == {made[1]}


async def test_questions_whose_vectors_have_different_models_share_no_topic(shared: World) -> None:
    who = shared.newcomer()
    website = Website.of(shared, who)
    question = "Which umbrella is waterproof?"
    shared.database.rows(
        "insert into oneai.chatbot_topics (chatbot_id, workspace_id, model, total, last_asked_at) "
        "values (%s, %s, 'another', %s, oneai.now())",
        website.chatbot,
        shared.people[who],
        word_vector(question),
    )

    await website.ask(await website.visitor(), question)
    await topics.group_questions()

    found = "select model, questions from oneai.chatbot_topics where chatbot_id = %s order by model"
    assert shared.database.rows(found, website.chatbot) == [("another", 1), ("words", 1)]


@pytest.mark.parametrize(
    ("question", "may"),
    [
        ("Do you ship to Goa?", True),
        ("Flat 12, second floor?", True),
        ("Write to mira@example.com", False),
        ("Call 98 76 (54) 321", False),
        ("मेरा नंबर ९८७६५ है", False),
        ("See https://example.com/a", False),
        ("See example.com/orders", False),
        ("x" * 201, False),
    ],
)
def test_an_example_has_no_address_link_or_long_number(shared: World, question: str, may: bool) -> None:
    assert shared.database.one("select oneai.is_example(%s)", question) == may


def test_questions_with_the_same_words_have_the_same_vector() -> None:
    assert word_vector("What are your opening hours?") == word_vector("opening HOURS, what are they")
    assert word_vector("?!") is None
