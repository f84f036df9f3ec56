"""A chatbot moves to another workspace: what belongs to it goes along, and what was paid stays."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx

from oneai.chatbots.answering import retrieval
from oneai.clients import s3
from tests.chatbots.made import insert_document, name_documents
from tests.chatbots.visitors import Website
from tests.workspaces.teams import in_workspace, insert_team, refusal
from tests.world import World


async def _move(world: World, chatbot: str, to: UUID | str, documents: str = "leave", who: str = "asha") -> Any:
    body = {"workspace_id": str(to), "documents": documents}
    return await world.post(f"/chatbots/{chatbot}/move", body, who)


def _places(world: World, chatbot: str) -> set[UUID]:
    """The workspaces of everything that has a foreign key to the chatbot, and of its visitors' messages."""
    tables = world.database.rows(
        "select k.conrelid::regclass::text from pg_constraint as k where k.contype = 'f' "
        "and k.confrelid = 'oneai.chatbots'::regclass and exists (select from pg_attribute as a "
        "where a.attrelid = k.conrelid and a.attname = 'workspace_id')"
    )
    assert {"oneai.chatbot_versions", "oneai.chatbot_leads", "oneai.conversations"} <= set(tables)
    placed = [f"select workspace_id from {table} where chatbot_id = %s" for table in tables]  # noqa: S608
    return {place for each in placed for place in world.database.rows(each, chatbot)} | set(
        world.database.rows(
            "select m.workspace_id from oneai.chat_messages as m join oneai.conversations as t "
            "on t.id = m.conversation_id where t.chatbot_id = %s",
            chatbot,
        )
    )


def _paid(world: World, chatbot: str) -> dict[UUID, tuple[int, int]]:
    """The visitors' answers in the ledger of the chatbot and their micro-dollars, by who paid."""
    rows = world.database.rows(
        "select workspace_id, count(*) filter (where purpose = 'answer'), sum(cost_micro_usd)::bigint "
        "from oneai.usage_events where chatbot_id = %s and purpose in ('answer', 'rewriting') group by 1",
        chatbot,
    )
    return {workspace: (answers, cost) for workspace, answers, cost in rows}


def _budgets(world: World, chatbot: str) -> dict[UUID, tuple[int, int]]:
    """What the day's budgets of the chatbot count, answers and micro-dollars, by workspace."""
    rows = world.database.rows(
        "select workspace_id, answers, micro_usd from oneai.chatbot_budgets where chatbot_id = %s and period = 'day'",
        chatbot,
    )
    return {workspace: (answers, cost) for workspace, answers, cost in rows}


def _answers(counted: dict[UUID, tuple[int, int]]) -> dict[UUID, int]:
    return {workspace: answers for workspace, (answers, _) in counted.items()}


async def _knowledge(world: World, chatbot: str) -> dict[str, tuple[str, str]]:
    """What the chatbot names: kind and state by id."""
    shown = (await world.get(f"/chatbots/{chatbot}")).json()
    return {each["id"]: (each["kind"], each["state"]) for each in shown["knowledge"]}


async def _asked_from(chatbot: str) -> set[str]:
    """The names of the documents that the published version is asked from."""
    return {each.name for each in await retrieval.search(UUID(chatbot), 1, "lease")}


async def _refused_moves_change_nothing(world: World, chatbot: str, here: UUID, there: UUID) -> None:
    """Also where the files were copied before."""
    database = world.database
    before = database.rows("select to_jsonb(c) from oneai.chatbots as c where id = %s", chatbot)
    assert refusal(await _move(world, chatbot, there, who="ravi")) == (403, "role_insufficient")
    named_there: httpx.Response = await _move(world, chatbot, there, who="ravi")
    error = named_there.json()["error"]
    assert (error["workspace_id"], error["required_role"]) == (str(there), "admin")
    assert refusal(await _move(world, chatbot, uuid4())) == (404, "workspace_not_found")
    assert refusal(await _move(world, str(uuid4()), there)) == (404, "chatbot_not_found")
    assert refusal(await _move(world, chatbot, here)) == (422, "invalid_request")
    size = "update oneai.workspaces set plan_limits = plan_limits || %s::jsonb where id = %s"
    database.rows("update oneai.workspaces set plan_limits = '{}' where id = %s", there)
    for limits, code in (
        ('{"chatbots": 0}', (409, "chatbot_limit_reached")),
        ('{"chatbots": 1, "storage_bytes": 150}', (413, "storage_full")),
        # Room for the documents, and not for the conversations too.
        ('{"storage_bytes": 245}', (413, "storage_full")),
    ):
        database.rows(size, limits, there)
        assert refusal(await _move(world, chatbot, there, "copy")) == code
    copies = "select count(*) from oneai.files_to_remove where key like %s"
    assert database.one(copies, f"documents/{there}/%") == 2
    assert database.one("select count(*) from oneai.documents where workspace_id = %s", there) == 0
    assert (_places(world, chatbot), await _asked_from(chatbot)) == ({here}, {"shop", "house", "secret"})
    assert database.rows("select to_jsonb(c) from oneai.chatbots as c where id = %s", chatbot) == before


async def test_a_move_takes_all_but_the_ledger_along_and_a_refused_one_nothing(world: World) -> None:
    database, owner, colleague = world.database, world.people["asha"], world.people["ravi"]
    here = insert_team(database, owner, tier="team", seats=3, admin=colleague)
    there = insert_team(database, owner, tier="team", seats=2, viewer=colleague)
    website = Website.of_workspace(world, here)
    chatbot = website.chatbot
    collection = (await in_workspace(world, here, "POST", "/collections", {"name": "Leases"})).json()["id"]
    assert (await in_workspace(world, there, "POST", "/collections", {"name": "leases"})).status_code == 201
    shared = insert_document(database, here, colleague, "The lease of the shop", name="shop")
    collected = insert_document(database, here, owner, "The lease of the house", name="house")
    hidden = insert_document(database, here, colleague, "A secret lease", name="secret", private=True)
    database.rows("update oneai.documents set collection_id = %s where id = %s", collection, collected)
    for document in (shared, collected, hidden):
        await s3.put(f"documents/{here}/{document}", b"The lease", "text/plain")
    named = {"documents": [str(shared), str(hidden)], "collections": [collection]}
    name_documents(database, chatbot, shared)
    for who, changes in (("asha", {"collections": [collection]}), ("ravi", named)):
        changed = await world.http.patch(
            f"/chatbots/{chatbot}", json={"knowledge": changes | {"mode": "general"}}, headers=world.headers(who)
        )
        assert changed.status_code == 200, changed.text
    database.rows(
        "update oneai.chatbot_versions as v set configuration = c.draft from oneai.chatbots as c "
        "where c.id = %s and v.chatbot_id = c.id",
        chatbot,
    )
    assert await _asked_from(chatbot) == {"shop", "house", "secret"}
    visitor = await website.visitor()
    talk = (await website.ask(visitor, "What do you sell?")).start["conversation_id"]
    assert (await website.post(visitor, "leads", {"email": "lead@example.com"})).status_code == 201

    await _refused_moves_change_nothing(world, chatbot, here, there)
    database.rows("update oneai.workspaces set plan_limits = null where id = %s", there)
    moved = await _move(world, chatbot, there, "copy")
    assert moved.status_code == 200, moved.text
    assert (moved.json()["workspace_id"], moved.json()["status"], moved.json()["version"]) == (
        *(str(there), "published"),
        1,
    )
    assert moved.json()["draft"] == moved.json()["published"]
    assert _places(world, chatbot) == {there}
    assert await _asked_from(chatbot) == {"shop", "house"}, "a colleague's private document is not copied"
    knowledge = await _knowledge(world, chatbot)
    assert knowledge.pop(str(hidden)) == ("document", "gone")
    assert sorted(knowledge.values()) == [("collection", "ready"), ("document", "ready")]
    names = database.rows("select name from oneai.collections where workspace_id = %s order by name", there)
    assert names == ["Leases (2)", "leases"]
    for copy in database.rows("select id from oneai.documents where workspace_id = %s", there):
        assert (await s3.head(f"documents/{there}/{copy}")).size == 9
    audited = "select workspace_id, detail ->> 'documents' from oneai.audit_log where action = 'chatbot.move'"
    assert set(database.rows(audited)) == {(here, "copy"), (there, "copy")}

    # The visitor goes on in the conversation, which the members there read; each payer keeps what it paid.
    again = await website.ask(visitor, "And the price?", conversation_id=talk)
    assert again.start["conversation_id"] == talk
    assert (await world.get(f"/chatbots/{chatbot}/conversations/{talk}")).status_code == 200
    assert _paid(world, chatbot) == _budgets(world, chatbot)
    assert _answers(_paid(world, chatbot)) == {here: 1, there: 1}
    assert refusal(await world.get(f"/chatbots/{chatbot}/conversations/{talk}", "ravi")) == (403, "role_insufficient")

    back = await _move(world, chatbot, here)
    assert back.status_code == 200, back.text
    assert _places(world, chatbot) == {here}
    # The copies stayed there, and what was not copied is here again, by the grant of its author.
    assert await _asked_from(chatbot) == {"secret"}
    assert sorted((await _knowledge(world, chatbot)).values()) == [
        *(("collection", "gone"), ("document", "gone")),
        ("document", "ready"),
    ]
    await website.ask(visitor, "Still there?", conversation_id=talk)
    assert _answers(_budgets(world, chatbot)) == {here: 2, there: 1}, "moving back starts no budget again"


async def test_answers_under_way_and_moves_at_once_are_charged_once(world: World) -> None:
    database, owner = world.database, world.people["asha"]
    here, there, elsewhere = (insert_team(database, owner, tier="team", seats=2) for _ in range(3))
    website = Website.of_workspace(world, here)
    chatbot = website.chatbot
    visitors = [await website.visitor() for _ in range(4)]
    database.rows(
        'update oneai.chatbot_versions set configuration = configuration || \'{"model": "local/slow"}\' '
        "where chatbot_id = %s",
        chatbot,
    )
    async with website.asking(visitors[0]) as stream:
        await stream.next()
        await stream.next()
        assert (await _move(world, chatbot, there)).status_code == 200
        stopped = await website.post(visitors[0], "stop", {"message_id": stream.result.start["message_id"]})
        assert stopped.status_code == 202
        await stream.to_the_end()
    assert stream.result.last["state"] == "stopped"
    assert _paid(world, chatbot) == _budgets(world, chatbot)
    assert _answers(_paid(world, chatbot)) == {here: 1}

    database.rows(
        "update oneai.chatbot_versions set configuration = configuration || "
        '\'{"model": "openai/gpt-4.1-mini"}\', version = version where chatbot_id = %s',
        chatbot,
    )
    # Two moves and three questions at once: one move wins or both follow each other, and each answer has one payer.
    first, second, *answers = await asyncio.gather(
        *(_move(world, chatbot, here), _move(world, chatbot, elsewhere)),
        *(website.ask(visitor) for visitor in visitors[1:]),
    )
    assert {first.status_code, second.status_code} <= {200, 503}
    assert 200 in {first.status_code, second.status_code}
    answered = sum(each.status == 200 for each in answers)
    assert {each.status for each in answers} <= {200, 503}
    (place,) = _places(world, chatbot)
    assert place == database.one("select workspace_id from oneai.chatbots where id = %s", chatbot)
    assert sum(_answers(_paid(world, chatbot)).values()) == 1 + answered
    assert _budgets(world, chatbot) == _paid(world, chatbot)
    held = "select count(*) from oneai.reservations where chatbot_id = %s and settled_at is null"
    assert database.one(held, chatbot) == 0
    quotas = "select sum(reserved) from oneai.usage_quotas where workspace_id = any (%s)"
    assert database.one(quotas, [here, there, elsewhere]) == 0
