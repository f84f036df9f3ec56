"""Conversations are created, named and sorted, and no user's change is lost silently."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.conversations.api import create_conversation, patch
from tests.talks import conversation
from tests.world import World

ITEM = {
    *("workspace_id", "visibility", "author"),
    *("id", "title", "title_source", "model", "system_prompt", "tags", "folder", "pinned", "archived", "message_count"),
    *("web_search", "total_cost_micro_usd", "created_at", "updated_at", "last_message_at", "answering", "metadata"),
    *("temperature", "max_tokens"),
}


async def test_a_conversation_can_be_created_before_its_first_question(shared: World) -> None:
    who = shared.newcomer()
    wanted = {
        "title": "  A week \n in Kerala ",
        "system_prompt": "Answer in rhymes.",
        "model": "local/echo",
        "metadata": {"a": [1, {"b": None}], "é": "\0"},
    }

    made = await create_conversation(shared, who, **wanted)

    assert made.keys() == ITEM
    assert UUID(made["id"])
    assert (made["system_prompt"], made["model"]) == ("Answer in rhymes.", "local/echo")
    assert (made["title"], made["title_source"]) == ("A week in Kerala", "person")
    assert made["metadata"] == {"a": [1, {"b": None}], "é": "\ufffd"}
    assert (made["tags"], made["folder"], made["pinned"], made["archived"]) == ([], None, False, False)
    assert (made["message_count"], made["total_cost_micro_usd"]) == (0, 0)
    whole = (await shared.get(f"/conversations/{made['id']}", who)).json()
    assert whole == {
        **made,
        "branch_cost_micro_usd": 0,
        "messages": {"items": [], "compared": [], "next_cursor": None, "summarised_until": None},
    }
    assert (await shared.get("/conversations", who)).json()["items"] == [made]


async def test_the_first_question_follows_the_system_prompt(shared: World) -> None:
    who = shared.newcomer()
    made = await create_conversation(shared, who, system_prompt="Answer in rhymes, as agreed.")

    await shared.ask("Hello", who, conversation_id=made["id"])

    asked = [body["messages"] for body in await shared.sent_upstream()]
    expected = [{"role": "system", "content": "Answer in rhymes, as agreed."}, {"role": "user", "content": "Hello"}]
    assert expected in asked


async def test_a_conversation_without_a_title_has_null(shared: World) -> None:
    made = await create_conversation(shared, shared.newcomer())

    assert (made["title"], made["title_source"], made["system_prompt"], made["model"]) == (None, "auto", None, None)
    assert made["metadata"] == {}


async def test_an_incomplete_sign_up_can_create_a_conversation_and_a_suspended_user_cannot(shared: World) -> None:
    who, suspended = shared.newcomer(), shared.newcomer()
    shared.database.rows("delete from oneai.users where id = %s", shared.people[who])
    shared.database.rows("update oneai.users set suspended_at = now() where id = %s", shared.people[suspended])

    await create_conversation(shared, who)
    refused = await shared.post("/conversations", {}, suspended)

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "account_suspended")


async def test_a_conversation_states_its_size_and_cost(shared: World) -> None:
    who = shared.newcomer()
    start = (await shared.ask("Hello", who)).start
    talk = start["conversation_id"]
    shared.database.rows(
        """
        insert into oneai.chat_messages (conversation_id, user_id, role, content, model_id, sequence_number, usage,
          parent_message_id, original_message_id, revision_number, revision_type, is_chosen, is_latest)
        select conversation_id, user_id, role, 'Another', model_id, sequence_number,
          jsonb_set(usage, '{cost_micro_usd}', '1000000'), parent_message_id, id, 1, 'regeneration', false, false
        from oneai.chat_messages where id = %s
        """,
        start["message_id"],
    )
    shared.database.rows("update oneai.conversations set total_cost_micro_usd = 1000007 where id = %s", talk)

    found = (await shared.get(f"/conversations/{talk}", who)).json()

    assert (found["message_count"], found["total_cost_micro_usd"]) == (2, 1000007)
    messages = found["messages"]["items"]
    assert found["branch_cost_micro_usd"] == messages[1]["usage"]["cost_micro_usd"] > 0
    assert messages == (await shared.get(f"/conversations/{talk}/messages", who)).json()["items"]


async def test_a_long_conversation_is_returned_with_its_newest_page(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 120)

    found = (await shared.get(f"/conversations/{talk}", who)).json()

    assert found["message_count"] == 120
    assert [each["sequence_number"] for each in found["messages"]["items"]] == list(range(71, 121))
    cursor = found["messages"]["next_cursor"]
    older = (await shared.get(f"/conversations/{talk}/messages", who, cursor=cursor)).json()["items"]
    assert older[-1]["sequence_number"] == 70


CHANGES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"title": "Plans"}, {"title": "Plans", "title_source": "person"}),
    ({"title": None}, {"title": None, "title_source": "auto"}),
    ({"system_prompt": "Be brief.\0"}, {"system_prompt": "Be brief.\ufffd"}),
    ({"system_prompt": ""}, {"system_prompt": ""}),
    ({"system_prompt": None}, {"system_prompt": None}),
    ({"model": "local/echo"}, {"model": "local/echo"}),
    ({"model": None}, {"model": None}),
    ({"metadata": {"a": 1}}, {"metadata": {"a": 1}}),
    ({"metadata": None}, {"metadata": {}}),
    ({"tags": ["b", " a ", "b"]}, {"tags": ["b", "a"]}),
    ({"tags": ["a,b", '"', "{}", "null"]}, {"tags": ["a,b", '"', "{}", "null"]}),
    ({"tags": []}, {"tags": []}),
    ({"tags": None}, {"tags": []}),
    ({"folder": "Work"}, {"folder": "Work"}),
    ({"folder": None}, {"folder": None}),
    ({"pinned": True}, {"pinned": True}),
    ({"archived": True, "pinned": False}, {"archived": True, "pinned": False}),
]


@pytest.mark.parametrize(("body", "changed"), CHANGES, ids=lambda each: json.dumps(each)[:30])
async def test_named_fields_change_and_the_others_are_kept(
    body: dict[str, Any], changed: dict[str, Any], shared: World
) -> None:
    who = shared.newcomer()
    made = await create_conversation(
        shared, who, title="Before", system_prompt="Rhyme.", model="local/slow", metadata={"z": [1]}
    )
    assert (await patch(shared, made["id"], who, {"tags": ["old"], "folder": "Home", "pinned": True})).is_success
    before = (await shared.get("/conversations", who)).json()["items"][0]

    answer = await patch(shared, made["id"], who, body)

    assert answer.status_code == 200, answer.text
    assert answer.json()["updated_at"] > before["updated_at"]
    assert answer.json() == {**before, **changed, "updated_at": answer.json()["updated_at"]}


async def test_a_title_can_be_set_alone(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 2)

    answer = await shared.http.put(f"/conversations/{talk}/title", json={"title": "Mine"}, headers=shared.headers(who))

    assert (answer.status_code, answer.json()["title"], answer.json()["title_source"]) == (200, "Mine", "person")
    assert answer.json().keys() == ITEM


async def test_an_empty_change_changes_nothing(shared: World) -> None:
    who = shared.newcomer()
    made = await create_conversation(shared, who)

    assert (await patch(shared, made["id"], who, {})).json() == made


async def test_the_second_of_two_concurrent_changes_is_refused(shared: World) -> None:
    who = shared.newcomer()
    made = await create_conversation(shared, who)

    first = await patch(shared, made["id"], who, {"folder": "Work", "updated_at": made["updated_at"]})
    second = await patch(shared, made["id"], who, {"folder": "Home", "updated_at": made["updated_at"]})

    assert (first.status_code, first.json()["folder"]) == (200, "Work")
    assert (second.status_code, second.json()["error"]["code"]) == (412, "precondition_failed")
    again = await patch(shared, made["id"], who, {"folder": "Home", "updated_at": first.json()["updated_at"]})
    assert again.json()["folder"] == "Home"


async def test_a_precondition_date_in_whole_seconds_is_compared_to_the_second(shared: World) -> None:
    who = shared.newcomer()
    made = await create_conversation(shared, who)
    at = datetime.fromisoformat(made["updated_at"]).astimezone(UTC)
    same, older = (format_datetime(each, usegmt=True) for each in (at, at - timedelta(seconds=1)))

    refused = await patch(shared, made["id"], who, {"pinned": True}, **{"if-unmodified-since": older})
    taken = await patch(shared, made["id"], who, {"pinned": True}, **{"if-unmodified-since": same})

    assert (refused.status_code, refused.json()["error"]["code"]) == (412, "precondition_failed")
    assert (taken.status_code, taken.json()["pinned"]) == (200, True)


async def test_a_precondition_reveals_nothing_about_an_unknown_conversation(shared: World) -> None:
    who = shared.newcomer()
    made = await create_conversation(shared, shared.newcomer())

    for talk in (made["id"], str(uuid4())):
        answer = await patch(shared, talk, who, {"pinned": True, "updated_at": made["updated_at"]})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


async def test_a_temporary_conversation_can_be_read_until_it_expires(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 2)
    shared.database.rows("update oneai.conversations set temporary = true where id = %s", talk)
    paths = [f"/conversations/{talk}", f"/conversations/{talk}/messages"]
    assert [(await shared.get(path, who)).status_code for path in paths] == [200, 200]

    shared.database.rows(
        "update oneai.conversations set expires_at = oneai.now() - interval '1 second' where id = %s", talk
    )

    assert [(await shared.get(path, who)).status_code for path in paths] == [404, 404]
    assert (await patch(shared, talk, who, {"pinned": True})).status_code == 404
