"""Visitors ask, resume and stop as users do, and find nothing of others."""

from uuid import uuid4

import pytest

from oneai import settings
from tests.canaries import CANARY
from tests.chatbots.made import insert_chatbot, limit
from tests.chatbots.visitors import Website, bearer
from tests.world import World


async def test_a_visitors_question_is_a_turn_that_the_workspace_pays(shared: World) -> None:
    who = shared.newcomer()
    website = Website.of(shared, who)
    session = await website.session()
    visitor = bearer(session["token"])
    assert (
        shared.database.one("select count(*) from oneai.chatbot_visitors where chatbot_id = %s", website.chatbot) == 0
    )

    first = await website.ask(visitor, "What do you sell?")
    assert (first.status, first.names) == (200, ["start", "delta", "done"])
    assert first.last == {
        "message_id": first.start["message_id"],
        "state": "complete",
        "outcome": "answered",
        "notice": None,
    }
    assert set(first.start) == {"conversation_id", "user_message_id", "message_id"}
    assert "gpt" not in str([event for event in first.events if event[0] != "delta"])
    assert shared.quota(who) == (1, 0)
    paid = shared.database.one(
        "select workspace_id, user_id, chatbot_id::text, charged, cost_micro_usd > 0 from oneai.usage_events "
        "where message_id = %s",
        first.start["message_id"],
    )
    assert paid == (shared.people[who], None, website.chatbot, 1, True)

    # The next session is the same visitor's, in the same conversation, which the model reads.
    again = bearer((await website.session(session["handle"]))["token"])
    conversation = first.start["conversation_id"]
    second = await website.ask(again, "And how much is it?", conversationId=conversation)
    assert second.start["conversation_id"] == conversation
    sent = (await shared.sent_upstream())[-1]["messages"]
    assert [each["content"] for each in sent if each["role"] != "system"] == [
        "What do you sell?",
        first.text,
        "And how much is it?",
    ]

    resumed = await website.get(again, f"chat/{first.start['message_id']}", **{"last-event-id": "5"})
    assert f'"text": "{first.text[5:10]}' in resumed.text
    assert (await website.post(again, "stop", {"messageId": first.start["message_id"]})).json()["state"] == "complete"
    replayed = await website.ask(visitor, "Once", message_id=(same := str(uuid4())))
    assert (await website.ask(visitor, "Once", message_id=same)).text == replayed.text
    assert shared.quota(who) == (3, 0)
    # It is in no list and no search of the owner's own conversations.
    assert (await shared.get("/conversations", who)).json()["items"] == []
    assert (await shared.get(f"/conversations/{conversation}", who)).status_code == 404
    assert shared.database.one("select count(*) from oneai.search_queue where user_id is null") == 0


async def test_a_visitor_stops_an_answer_that_another_request_follows(shared: World) -> None:
    website = Website.of(shared, shared.newcomer())
    shared.database.rows(
        'update oneai.chatbot_versions set configuration = configuration || \'{"model": "local/slow"}\' '
        "where chatbot_id = %s",
        website.chatbot,
    )
    visitor, other = await website.visitor(), await website.visitor()
    async with website.asking(visitor) as stream:
        await stream.next()
        await stream.next()
        message = stream.result.start["message_id"]
        assert (await website.get(other, f"chat/{message}")).json()["error"]["code"] == "not_found"
        assert (await website.post(other, "stop", {"message_id": message})).status_code == 404
        busy = await website.ask(visitor, "More", conversation_id=stream.result.start["conversation_id"])
        assert (busy.status, busy.code) == (409, "conversation_busy")
        stopped = await website.post(visitor, "stop", {"message_id": message})
        assert (stopped.status_code, stopped.json()["state"]) == (202, "streaming")
        await stream.to_the_end()
    assert stream.result.last["state"] == "stopped"


async def test_only_a_token_of_this_chatbot_that_we_signed_is_accepted(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    website, elsewhere = Website.of(shared, shared.newcomer()), Website.of(shared, shared.newcomer())
    visitor = await website.visitor()
    token = visitor["authorization"].removeprefix("Bearer ")
    payload, _, signature = token.partition(".")
    user = shared.headers("asha")
    for wrong in (
        *(
            {},
            user,
            {"authorization": token},
            bearer("a.b"),
            bearer(payload),
            bearer(f"{payload}."),
            bearer(f".{signature}"),
        ),
        *(bearer(f"{payload}.{signature[:-2]}AA"), bearer(f"{payload[:-2]}AA.{signature}")),
        await elsewhere.visitor(),
    ):
        refused = await website.ask(wrong)
        assert (refused.status, refused.code) == (401, "visitor_token_invalid"), wrong

    monkeypatch.setattr("oneai.chatbots.visitor.TOKEN_SECONDS", -1)
    assert (await website.ask(await website.visitor())).status == 401
    monkeypatch.undo()
    # Keys rotate with an overlap: the new one signs, the old one is accepted until it is removed.
    old = f"key-of-visitors-of-chatbots-{CANARY}"
    for keys, status in ((f"a-newer-key-of-visitors-{CANARY},{old}", 200), (f"a-newer-key-of-visitors-{CANARY}", 401)):
        monkeypatch.setenv("VISITOR_KEYS", keys)
        settings.reset_cache()
        assert (await website.ask(visitor)).status == status
    monkeypatch.undo()
    settings.reset_cache()


async def test_what_is_not_the_visitors_or_not_published_is_not_found(shared: World) -> None:
    website = Website.of(shared, who := shared.newcomer())
    visitor, other = await website.visitor(), await website.visitor()
    first = await website.ask(visitor)
    theirs = await website.ask(other, conversation_id=first.start["conversation_id"])
    unknown = await website.ask(other, conversation_id=str(uuid4()))
    assert theirs.status == unknown.status == 404
    assert theirs.body["error"]["code"] == unknown.body["error"]["code"] == "not_found"
    answers = [await website.get(other, f"chat/{each}") for each in (first.start["message_id"], uuid4())]
    assert {(each.status_code, each.json()["error"]["code"]) for each in answers} == {(404, "not_found")}
    taken = await website.ask(other, message_id=first.start["message_id"])
    assert (taken.status, taken.code) == (409, "idempotency_conflict")

    limit(shared.database, website.chatbot, turns_per_conversation=1)
    full = await website.ask(visitor, conversation_id=first.start["conversation_id"])
    assert (full.status, full.code) == (409, "conversation_full")

    draft = insert_chatbot(shared.database, shared.people[who])
    shared.database.rows("update oneai.chatbots set status = 'draft', published_version = null where id = %s", draft)
    shared.database.rows("update oneai.chatbots set deletes_at = oneai.now() where id = %s", website.chatbot)
    hidden = shared.database.one("select public_id from oneai.chatbots where id = %s", draft)
    for public_id in (hidden, website.public_id, "nobody"):
        for answer in (
            await shared.http.get(f"/widget/{public_id}"),
            await shared.http.post(f"/widget/{public_id}/sessions", json={}),
        ):
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "chatbot_not_found")
    asked = await website.ask(visitor)
    assert (asked.status, asked.code) == (404, "chatbot_not_found")


async def test_a_question_has_at_most_5000_characters_of_any_script(shared: World) -> None:
    website = Website.of(shared, shared.newcomer())
    visitor = await website.visitor()
    longest = "\U0001f375" * 5000
    for body in (longest + "a", "a" * 5001):
        refused = await website.post(visitor, "chat", {"message": body})
        details = refused.json()["error"]["details"]
        assert (refused.status_code, details[0]["field"], details[0]["code"]) == (422, "message", "too_long")
    assert (await website.get(visitor, "conversations")).json() == {"items": []}

    asked = await website.ask(visitor, longest)
    assert asked.last["state"] == "complete"
    stored = (await website.get(visitor, f"conversations/{asked.start['conversation_id']}")).json()["items"]
    assert stored[0]["content"] == longest


async def test_a_visitor_reads_their_own_conversations_and_is_forgotten_on_request(shared: World) -> None:
    website = Website.of(shared, who := shared.newcomer())
    visitor, other = await website.visitor(), await website.visitor()
    assert (await website.get(visitor, "conversations")).json() == {"items": []}
    asked = await website.ask(visitor, "What do you sell?")
    conversation = asked.start["conversation_id"]

    (listed,) = (await website.get(visitor, "conversations")).json()["items"]
    assert (listed["id"], listed["title"]) == (conversation, "What do you sell?")
    messages = (await website.get(visitor, f"conversations/{conversation}")).json()["items"]
    assert [(each["role"], each["author"], each["content"], each["number"]) for each in messages] == [
        ("user", {"kind": "visitor", "name": None}, "What do you sell?", 1),
        ("assistant", {"kind": "bot", "name": "Help"}, asked.text, 2),
    ]
    assert (await website.get(visitor, f"conversations/{conversation}?after=1")).json()["items"] == messages[1:]
    assert (await website.get(other, "conversations")).json() == {"items": []}
    foreign = [await website.get(other, f"conversations/{each}") for each in (conversation, uuid4())]
    assert {(each.status_code, each.json()["error"]["code"]) for each in foreign} == {(404, "not_found")}

    path = f"{website.path}/visitor"
    assert (await website.post(visitor, "leads", {"email": "me@example.com"})).status_code == 201
    for headers, status in ((other, 204), ({}, 401), (visitor, 204), (visitor, 204)):
        assert (await shared.http.delete(path, headers=headers)).status_code == status
    assert (await website.get(visitor, "conversations")).json() == {"items": []}
    assert (
        shared.database.one("select count(*) from oneai.chatbot_visitors where chatbot_id = %s", website.chatbot) == 0
    )
    assert shared.quota(who) == (1, 0)
    assert shared.database.one("select count(*) from oneai.chatbot_leads where chatbot_id = %s", website.chatbot) == 0


async def test_a_visitor_rates_their_answers_and_scores_their_conversations_alone(shared: World) -> None:
    website, elsewhere = Website.of(shared, who := shared.newcomer()), Website.of(shared, who)
    visitor, other = await website.visitor(), await website.visitor()
    start = (await website.ask(visitor)).start
    feedback, csat = f"messages/{start['message_id']}/feedback", f"conversations/{start['conversation_id']}/csat"

    for rating in (-1, 1):
        assert (await website.post(visitor, feedback, {"rating": rating})).status_code == 204
    assert (await website.post(visitor, csat, {"score": 4, "note": " Quick "})).status_code == 204
    question, answer = (await website.get(visitor, f"conversations/{start['conversation_id']}")).json()["items"]
    assert (question["rating"], answer["rating"], answer["outcome"]) == (None, 1, "answered")

    refused = [
        await website.post(other, feedback, {"rating": -1}),
        await website.post(visitor, f"messages/{uuid4()}/feedback", {"rating": -1}),
        await website.post(visitor, f"messages/{start['user_message_id']}/feedback", {"rating": -1}),
        await elsewhere.post(await elsewhere.visitor(), feedback, {"rating": -1}),
        await website.post(other, csat, {"score": 1}),
        await website.post(visitor, f"conversations/{uuid4()}/csat", {"score": 1}),
    ]
    assert {(each.status_code, each.json()["error"]["code"]) for each in refused} == {(404, "not_found")}
    for path, body in ((feedback, {"rating": 2}), (csat, {"score": 0}), (csat, {"score": 1, "note": "x" * 1001})):
        assert (await website.post(visitor, path, body)).status_code == 422
    stored = shared.database.rows(
        "select t.csat, t.csat_note, t.csat_of, m.metadata ->> 'rating' from oneai.inbox_conversations as t "
        "join oneai.chat_messages as m using (conversation_id) where t.chatbot_id = %s order by m.sequence_number",
        website.chatbot,
    )
    assert stored == [(4, "Quick", "bot", each) for each in (None, "1")]
