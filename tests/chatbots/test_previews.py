"""Members ask a chatbot before visitors do: its draft, paid as their own questions, and apart from its figures."""

import asyncio
from typing import Any
from uuid import uuid4

from tests.chatbots.made import insert_document, limit, name_documents
from tests.chatbots.visitors import Website
from tests.database.team_members import member_use, set_percent, set_pool
from tests.workspaces.teams import insert_team
from tests.world import OpenStream, StreamResult, World


async def preview(website: Website, who: str, message: str, **fields: Any) -> StreamResult:
    """`POST /chatbots/{id}/preview` as `who`, read to its end."""
    world, path = website.world, f"/chatbots/{website.chatbot}/preview"
    body = {"message": message, **fields}
    async with world.http.stream("POST", path, json=body, headers=world.headers(who)) as response:
        return await OpenStream(response).to_the_end()


async def test_a_preview_is_the_drafts_answer_and_the_members_own_use(shared: World) -> None:
    owner, member, viewer, stranger = (shared.newcomer() for _ in range(4))
    people, database = shared.people, shared.database
    team = insert_team(database, people[owner], tier="team", member=people[member], viewer=people[viewer])
    website = Website.of_workspace(shared, team)
    lease = insert_document(database, team, people[owner], "The lease runs for eleven months. It ends in May.")
    name_documents(database, website.chatbot, lease)
    path = f"/chatbots/{website.chatbot}"
    knowledge = {"knowledge": {"mode": "documents_only"}, "system_prompt": "You are Mira."}
    assert (await shared.http.patch(path, json=knowledge, headers=shared.headers(owner))).is_success
    # Visitors can ask nothing more: previews do not depend on it.
    limit(database, website.chatbot, answers_per_day=0)

    question = "How many months does the lease run?"
    asked = await preview(website, member, question, message_id=(same := str(uuid4())))
    assert (asked.text, asked.last["outcome"]) == ("The lease runs for eleven months. [1]", "answered")
    assert asked.last["quota"]["used"] == 1
    sources = next(data for name, data, _ in asked.events if name == "sources")
    assert [each["name"] for each in sources["sources"]] == ["notes.txt"]
    assert "You are Mira." in str((await shared.sent_upstream())[-1]["messages"])
    talk = asked.start["conversation_id"]
    # The same question again is not charged, also after an edit; to another version it is another question.
    assert (await shared.http.patch(path, json={"temperature": 0.5}, headers=shared.headers(member))).is_success
    assert (await preview(website, member, question, message_id=same)).text == asked.text
    assert (await preview(website, member, question, message_id=same, version=1)).code == "idempotency_conflict"
    # The published version has no documents.
    published = await preview(website, member, "What do you sell?", version=1)
    assert (published.last["outcome"], "sources" in published.names) == ("answered", False)
    assert (await preview(website, member, "Hello", version=2)).code == "chatbot_not_found"

    resumed = await shared.resume(same, 5, member)
    assert (resumed.text, resumed.last["outcome"]) == (asked.text[5:], "answered")
    assert (await shared.http.post("/chat/stop", json={"message_id": same}, headers=shared.headers(member))).is_success
    assert (await preview(website, viewer, "Hello")).code == "role_insufficient"
    assert (await preview(website, stranger, "Hello")).code == "chatbot_not_found"
    # A preview's conversation is its member's alone, goes on with this chatbot alone, and is in no list.
    own = await shared.ask("Hello", member, temporary=True)
    elsewhere = Website.of_workspace(shared, team)
    for refused in (
        await preview(website, owner, "And?", conversation_id=talk),
        await preview(elsewhere, member, "And?", conversation_id=talk),
        await preview(website, member, "And?", conversation_id=own.start["conversation_id"]),
        await shared.ask("And?", member, conversation_id=talk),
    ):
        assert (refused.status, refused.code) == (404, "not_found")
    assert (await shared.get("/conversations", member)).json()["items"] == []
    assert (await shared.get(f"{path}/conversations", owner)).json()["items"] == []
    stats = (await shared.get(f"{path}/stats", owner)).json()
    assert (stats["answers"], stats["conversations"], stats["cost_micro_usd"], stats["days"]) == (0, 0, 0, [])
    assert database.one("select count(*) from oneai.chatbot_budgets where workspace_id = %s", team) == 0

    receipt = (await shared.get(f"/conversations/{talk}/messages/{same}/receipt", member)).json()
    assert (receipt["chatbot_id"], receipt["charged"]) == (website.chatbot, 1)
    used = "select used, reserved from oneai.member_usage where workspace_id = %s and user_id = %s and used > 0"
    assert database.rows(used, team, people[member]) == [(2, 0)]
    marked = database.rows(
        "select distinct user_id, chatbot_id::text from oneai.usage_events where workspace_id = %s", team
    )
    assert marked == [(people[member], website.chatbot)]


async def test_a_preview_that_charges_no_unit_counts_what_preparing_it_cost(shared: World) -> None:
    who = shared.newcomer()
    website, team = Website.of(shared, who), shared.people[who]
    lease = insert_document(shared.database, team, team, "The lease runs for eleven months. It ends in May.")
    name_documents(shared.database, website.chatbot, lease)
    changed = {"knowledge": {"mode": "documents_only"}}
    path = f"/chatbots/{website.chatbot}"
    assert (await shared.http.patch(path, json=changed, headers=shared.headers(who))).is_success
    first = await preview(website, who, "When does the lease end?")
    talk = first.start["conversation_id"]

    # The unit of an answer pays for making its question whole.
    await preview(website, who, "And in May?", conversation_id=talk)
    made_whole = shared.database.rows(
        "select user_id from oneai.usage_events where purpose = 'rewriting' and chatbot_id = %s", website.chatbot
    )
    uncharged = shared.database.one(
        "select count(*) from oneai.reservations where user_id = %s and uncharged_cost_at is not null", team
    )
    assert (made_whole, uncharged, shared.quota(who)) == ([team], 0, (2, 0))
    # Without its document the draft needs no model to say that it knows nothing, but the question was made whole, or
    # was long enough for its vector to cost a micro-dollar.
    shared.database.rows("delete from oneai.documents where id = %s", lease)
    long = "Tell me all that the clauses of the lease say about pets, rent and the deposit. " * 6
    for n in range(5):
        for free in (
            await preview(website, who, f"And in May {n}?", conversation_id=talk),
            await preview(website, who, f"{n}. {long}"),
        ):
            assert free.last["outcome"] == "not_found"
    assert shared.quota(who) == (2, 0)
    assert (await preview(website, who, "And in June?", conversation_id=talk)).code == "rate_limited"


async def test_a_members_own_limit_holds_for_their_previews_and_their_chats(shared: World) -> None:
    owner, member = shared.newcomer(), shared.newcomer()
    people, database = shared.people, shared.database
    team = insert_team(database, people[owner], tier="team", seats=2, member=people[member])
    website = Website.of_workspace(shared, team)
    set_pool(database, team, 10)
    set_percent(database, team, people[member], 20)

    together = await asyncio.gather(*(preview(website, member, f"Hello {n}", version=1) for n in range(4)))

    refused = [each for each in together if each.status != 200]
    assert [(each.status, each.code, each.body["error"]["of"]) for each in refused] == [
        *[(429, "quota_exceeded", "member")] * 2
    ]
    assert member_use(database, team, people[member]) == (2, 0)
    headers = shared.headers(member) | {"oneai-workspace": str(team)}
    chat = await shared.http.post("/chat/stream", json={"message": "Hi", "model": "local/echo"}, headers=headers)
    assert (chat.status_code, chat.json()["error"]["of"]) == (429, "member")
    # Neither the owner nor visitors wait for a member.
    assert (await preview(website, owner, "Hello", version=1)).last["state"] == "complete"
    assert (await website.ask(await website.visitor())).last["state"] == "complete"
