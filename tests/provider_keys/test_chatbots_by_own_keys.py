"""Answers of chatbots that the workspace's own key pays, what prepares them, and their fallback."""

from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from oneai.chat.turn.admit import Turn
from oneai.chat.turn.admit_draft import admit_draft
from oneai.chatbots import visitor as visitors
from oneai.clients.supabase_auth import UserPrincipal
from tests.chatbots.test_cost_of_preparation import CLAUSES, LONG, Conversation
from tests.chatbots.visitors import bearer
from tests.inbox.talks import insert_talk
from tests.provider_keys.answering import Provider, over, with_key
from tests.provider_keys.every import CASES, running
from tests.provider_keys.keys import PATH
from tests.provider_keys.test_embeddings_by_own_keys import counted, uses
from tests.world import StreamResult, World

BUSY = (503, {"message": "Overloaded."})
OPENAI = CASES["openai"]
FOLLOW_UP = f"And what of them? {LONG}"


@pytest.fixture
async def provider(shared: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Provider]:
    """OpenAI's stand-in."""
    del shared
    async with running(OPENAI, monkeypatch) as found:
        yield found


async def follow_up(talk: Conversation) -> StreamResult:
    """The answer to a question that continues the conversation."""
    visitor = bearer(visitors.token(talk.asker)[0])
    result = await talk.website.ask(visitor, FOLLOW_UP, conversation_id=str(talk.id))
    await over()
    return result


async def test_the_key_rewrites_embeds_and_answers_a_visitors_question(shared: World, provider: Provider) -> None:
    who = shared.newcomer()
    talk = await Conversation.begin(shared, who, *CLAUSES)
    await over()
    before = len(uses(shared, who))
    key = await with_key(shared, who, **OPENAI.fields(provider))

    result = await follow_up(talk)

    assert result.last["state"] == "complete", result.last
    assert Counter(uses(shared, who)[before:]) == Counter(
        {(purpose, "own_key", "openai"): 1 for purpose in ("rewriting", "document_embedding", "answer")}
    )
    assert len(provider.asked) == 3
    spent = shared.database.one(
        "select sum(cost_micro_usd)::int from oneai.usage_events where provider_key_id = %s", key
    )
    assert counted(shared, key) == (1, spent, 0)


async def test_what_prepares_an_answer_is_held_of_its_key_before_it_is_asked(shared: World, provider: Provider) -> None:
    who = shared.newcomer()
    talk = await Conversation.begin(shared, who, *CLAUSES)
    await over()
    key = await with_key(shared, who, **OPENAI.fields(provider))

    turn = await talk.admitted(FOLLOW_UP)

    held, answer = shared.database.one(
        "select h.micro_usd, r.held_micro_usd from oneai.provider_key_holds as h "
        "join oneai.reservations as r on r.id = h.reservation_id where h.provider_key_id = %s",
        key,
    )
    # 2,500 tokens of the prompt and 1,080 that may be written, at the prices of gpt-4.1-mini, and the vector.
    assert held - answer >= 2_500 * 0.4 + 1_080 * 1.6
    assert turn.own_key is not None


async def test_a_draft_is_quoted_with_its_rewriting_as_it_is_held(shared: World, provider: Provider) -> None:
    who, database = shared.newcomer(), shared.database
    talk = await Conversation.begin(shared, who, *CLAUSES)
    await over()
    key = await with_key(shared, who, **OPENAI.fields(provider))
    asked = insert_talk(database, talk.website.chatbot, "Hello there", "How can I help?", FOLLOW_UP)
    me = shared.people[who]
    user = UserPrincipal(me, None, None, is_anonymous=False, claims=f'{{"sub": "{me}"}}')

    assert isinstance(await admit_draft(user, UUID(asked), uuid4()), Turn)

    held = database.one("select micro_usd from oneai.provider_key_holds where provider_key_id = %s", key)
    allowed = []
    # One draft is held already, so there is room for another one, and for all of it but a micro-dollar.
    for most in (2 * held, 2 * held - 1):
        limits = {"limits": {"micro_usd_per_day": most}}
        (await shared.http.put(f"{PATH}/{key}", json=limits, headers=shared.headers(who))).raise_for_status()
        quote = (await shared.post(f"/inbox/conversations/{asked}/draft?preview=1", None, who)).json()
        allowed.append((quote["allowed"], quote["of"]))
    assert allowed == [(True, None), (False, "own_key")]


async def test_an_answer_that_falls_back_is_prepared_once(shared: World, provider: Provider) -> None:
    who = shared.newcomer()
    talk = await Conversation.begin(shared, who, *CLAUSES)
    await over()
    before = len(uses(shared, who))
    key = await with_key(shared, who, **OPENAI.fields(provider), fallback="plan")
    provider.failure, provider.spared = BUSY, 2  # the answer itself fails

    result = await follow_up(talk)

    assert result.last["state"] == "complete", result.last
    assert Counter(uses(shared, who)[before:]) == Counter(
        {
            ("rewriting", "own_key", "openai"): 1,
            ("document_embedding", "own_key", "openai"): 1,
            uses(shared, who)[-1]: 1,
        }
    )
    assert uses(shared, who)[-1][:2] == ("answer", "plan")
    prepared = shared.database.one(
        "select sum(cost_micro_usd)::int from oneai.usage_events where provider_key_id = %s", key
    )
    answers, spent, held = counted(shared, key)
    assert (answers, spent, held) == (0, prepared, 0)
