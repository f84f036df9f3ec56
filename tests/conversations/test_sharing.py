"""Sharing a conversation: what a link shows, to whom, and for how long."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.conversations.links import create_link, insert_revision, is_closed, open_link, read_link
from tests.talks import conversation
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


async def test_a_snapshot_never_changes_and_a_live_link_follows(shared: World) -> None:
    who = shared.newcomer()
    talk = (await shared.ask("First", who)).start["conversation_id"]
    await shared.ask("Second", who, conversation_id=talk)
    snapshot, live = await create_link(shared, talk, who), await create_link(shared, talk, who, "live")
    then = await read_link(shared, snapshot.token)
    assert len(then) == 4
    assert then == await read_link(shared, live.token)

    insert_revision(shared, talk, 3, "Second, but better")
    assert await read_link(shared, snapshot.token) == then
    assert await read_link(shared, live.token) == [*then[:2], "Second, but better"]

    shared.database.rows("update oneai.conversations set title = 'Another' where id = %s", talk)
    assert (await open_link(shared, snapshot.token)).json()["title"] != "Another"
    assert (await open_link(shared, live.token)).json()["title"] == "Another"


async def test_later_messages_are_not_in_a_snapshot(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 4)
    snapshot, live = await create_link(shared, talk, who), await create_link(shared, talk, who, "live")

    await shared.ask("And then?", who, conversation_id=talk)

    assert await read_link(shared, snapshot.token) == ["1", "2", "3", "4"]
    assert (await read_link(shared, live.token))[4] == "And then?"


async def test_an_answer_being_written_is_in_a_live_link_and_in_no_snapshot(shared: World) -> None:
    async with shared.asking("Go on", model="local/slow") as stream:
        for _ in range(3):
            assert await stream.next() is not None
        start = stream.result.start
        snapshot = await create_link(shared, start["conversation_id"])
        live = await create_link(shared, start["conversation_id"], kind="live")
        messages = (await open_link(shared, live.token)).json()["messages"]["items"]
        assert [message["state"] for message in messages] == ["complete", "streaming"]
        assert await read_link(shared, snapshot.token) == ["Go on"]
        await shared.post("/chat/stop", {"message_id": start["message_id"]})
        while await stream.next() is not None:
            pass
    assert await read_link(shared, snapshot.token) == ["Go on"]
    assert await read_link(shared, live.token) == ["Go on", stream.result.text]


async def test_a_snapshot_keeps_a_truncated_answer_that_grows_later(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 2)
    shared.database.rows(
        "update oneai.chat_messages set content = 'Half', state = 'truncated' "
        "where conversation_id = %s and role = 'assistant'",
        talk,
    )
    snapshot = await create_link(shared, talk, who)

    shared.database.rows(
        "update oneai.chat_messages set content = 'Half and more', state = 'complete' "
        "where conversation_id = %s and role = 'assistant'",
        talk,
    )

    answer = (await open_link(shared, snapshot.token)).json()["messages"]["items"][1]
    assert (answer["content"], answer["state"]) == ("Half", "truncated")


async def test_the_owners_name_is_shown_only_on_request(shared: World) -> None:
    who = shared.newcomer()
    shared.database.rows("update oneai.users set name = 'Asha Rao' where id = %s", shared.people[who])
    talk = conversation(shared, who, 2)
    hidden = await create_link(shared, talk, who)
    snapshot = await create_link(shared, talk, who, show_name=True)
    live = await create_link(shared, talk, who, "live", show_name=True)

    shared.database.rows("update oneai.users set name = 'Asha R.' where id = %s", shared.people[who])

    names = [(await open_link(shared, link.token)).json()["name"] for link in (hidden, snapshot, live)]
    assert names == [None, "Asha Rao", "Asha R."]


async def test_a_link_shows_only_the_text_of_the_conversation(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 2, system_prompt="Speak like my lawyer")
    shared.database.rows('update oneai.conversations set metadata = \'{"folder": "hidden"}\' where id = %s', talk)
    shared.database.rows(
        "update oneai.chat_messages set usage = '{\"cost_micro_usd\": 77777}', provider = 'hidden', "
        "generation_id = 'gen-hidden', reasoning = 'hidden', metadata = %s where conversation_id = %s",
        json.dumps(
            {
                "attachments": [
                    {"type": "file", "name": "plan.txt", "media_type": "text/plain", "size": 12, "text": "hidden"},
                    {"type": "image", "name": "a.png", "key": "hidden", "upload_id": "hidden", "url": "hidden"},
                ],
                "images": ["data:image/png;base64,hidden", {"key": "hidden"}],
            }
        ),
        talk,
    )
    for kind in ("snapshot", "live"):
        link = await create_link(shared, talk, who, kind)

        answer = await open_link(shared, link.token)

        page = answer.json()
        assert set(page) == {"kind", "title", "name", "fork", "created_at", "expires_at", "messages"}
        (question, reply) = page["messages"]["items"]
        assert (
            set(question)
            == set(reply)
            == {
                *("sequence_number", "role", "content", "state", "requested_model", "model"),
                *("adjust", "edited", "attachments", "images", "sources", "created_at"),
                *("reasoning", "reasoning_length", "reasoning_is_cut"),
            }
        )
        assert question["attachments"][0] == {
            "type": "file",
            "name": "plan.txt",
            "media_type": "text/plain",
            "size": 12,
        }
        assert (reply["images"], reply["reasoning"]) == (2, None)
        for private in ("hidden", "lawyer", "77777", talk, str(shared.people[who]), link.id, "@"):
            assert private not in answer.text, private


@pytest.mark.parametrize("path", ["", "/report", "/fork"])
async def test_a_shared_page_is_excluded_from_robots_referrers_and_caches(path: str, shared: World) -> None:
    link = await create_link(shared, conversation(shared, "asha", 2))
    for token in (link.token, "never-given-out"):
        method, body = ("POST", {"reason": "Wrong"}) if path else ("GET", None)
        for headers in ({}, shared.headers()):
            answer = await shared.http.request(method, f"/shared/{token}{path}", json=body, headers=headers)
            assert answer.headers["x-robots-tag"] == "noindex"
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["cache-control"] == "no-store"


async def test_a_token_is_stored_as_a_hash_and_listed_for_its_owner_alone(shared: World) -> None:
    talk = conversation(shared, "asha", 2)
    link = await create_link(shared, talk)

    assert link.url == f"https://oneai.example/shared/{link.token}"
    assert len(link.token) >= 43  # 256 bits
    stored = shared.database.one("select token_hash from oneai.shares where id = %s", link.id)
    assert stored == hashlib.sha256(link.token.encode()).digest()
    rows = shared.database.rows("select s::text from oneai.shares as s where id = %s", link.id)
    listed = await shared.get(f"/conversations/{talk}/shares")
    assert link.token not in rows[0]
    assert set(listed.json()["items"][0]) == set(link.fields) - {"token"}
    assert (await shared.get(f"/conversations/{talk}/shares", shared.newcomer())).status_code == 404


async def test_links_are_listed_for_their_owner_until_they_are_revoked(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 2)
    assert (await shared.get(f"/conversations/{talk}/shares", who)).json() == {"items": []}
    first, second = await create_link(shared, talk, who), await create_link(shared, talk, who, "live", fork=False)

    items = (await shared.get(f"/conversations/{talk}/shares", who)).json()["items"]
    assert [(item["id"], item["kind"], item["fork"]) for item in items] == [
        (first.id, "snapshot", True),
        (second.id, "live", False),
    ]

    revoked = await shared.http.delete(f"/shares/{first.id}", headers=shared.headers(who))
    assert (revoked.status_code, revoked.content) == (204, b"")
    items = (await shared.get(f"/conversations/{talk}/shares", who)).json()["items"]
    assert [item["id"] for item in items] == [second.id]
    again = await shared.http.delete(f"/shares/{first.id}", headers=shared.headers(who))
    assert again.status_code == 404


@pytest.mark.parametrize("kind", ["snapshot", "live"])
@pytest.mark.parametrize("end", ["revoked", "deleted", "suspended", "taken down", "gone"])
async def test_a_link_closed_for_any_reason_is_closed_to_the_next_reader(end: str, kind: str, shared: World) -> None:
    who = shared.newcomer()
    link = await create_link(shared, conversation(shared, who, 2), who, kind)
    assert not await is_closed(shared, link.token)

    if end == "revoked":
        await shared.http.delete(f"/shares/{link.id}", headers=shared.headers(who))
    elif end == "deleted":
        shared.database.rows("delete from oneai.conversations where id = %s", link.conversation)
    elif end == "suspended":
        shared.database.rows("update oneai.users set suspended_at = now() where id = %s", shared.people[who])
    elif end == "taken down":
        shared.database.rows("update oneai.shares set taken_down_at = now() where id = %s", link.id)
    else:
        shared.database.rows("delete from auth.users where id = %s", shared.people[who])

    assert await is_closed(shared, link.token)


async def test_a_link_expires_to_the_second(shared: World) -> None:
    now: datetime = shared.database.one("select oneai.now()")
    talk = conversation(shared, "asha", 2)
    link = await create_link(shared, talk, expires_at=(now + timedelta(hours=1)).isoformat())
    shared.database.advance(3000)
    assert not await is_closed(shared, link.token)

    shared.database.advance(600)

    assert await is_closed(shared, link.token)
    listed = (await shared.get(f"/conversations/{talk}/shares")).json()["items"]
    assert [item["id"] for item in listed] == [link.id]


async def test_a_link_may_expire_after_a_number_of_seconds_of_the_servers_clock(shared: World) -> None:
    talk = conversation(shared, "asha", 2)
    before: datetime = shared.database.one("select oneai.now()")
    answer = await shared.post(f"/conversations/{talk}/share", {"kind": "live", "expires_in": 86_400})

    expires_at = datetime.fromisoformat(answer.json()["expires_at"])
    assert timedelta(days=1) <= expires_at - before < timedelta(days=1, minutes=5)
    for wrong in ({"expires_in": 0}, {"expires_in": -5}, {"expires_in": 10**18}, {"expires_in": "1"}):
        refused = await shared.post(f"/conversations/{talk}/share", {"kind": "live", **wrong})
        assert refused.json()["error"]["details"][0]["field"] == "expires_in"
    both = {"kind": "live", "expires_in": 60, "expires_at": expires_at.isoformat()}
    assert (await shared.post(f"/conversations/{talk}/share", both)).status_code == 422


@pytest.mark.parametrize(
    "expires_at",
    [
        *("yesterday", "2020-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", 1e300, "", []),
        "2090-01-01T12:00:00",  # no timezone
    ],
)
async def test_an_expiry_in_the_past_or_without_a_zone_is_refused(expires_at: Any, shared: World) -> None:
    talk = conversation(shared, "asha", 2)

    answer = await shared.post(f"/conversations/{talk}/share", {"kind": "live", "expires_at": expires_at})

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert answer.json()["error"]["details"][0]["field"].startswith("expires_at")


@pytest.mark.parametrize("body", [{}, {"kind": "forever"}, {"kind": "live", "token": "mine"}, [], None])
async def test_an_invalid_share_is_refused(body: Any, shared: World) -> None:
    answer = await shared.post(f"/conversations/{conversation(shared, 'asha', 2)}/share", body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")


async def test_foreign_and_temporary_conversations_cannot_be_shared(shared: World) -> None:
    hers, passing = conversation(shared, "asha", 2), conversation(shared, "asha", 2)
    shared.database.rows("update oneai.conversations set temporary = true where id = %s", passing)
    link = await create_link(shared, hers)

    for talk, who in ((hers, "ravi"), (passing, "asha"), (str(uuid4()), "asha")):
        assert (await shared.post(f"/conversations/{talk}/share", {"kind": "live"}, who)).status_code == 404
        assert (await shared.get(f"/conversations/{talk}/shares", who)).status_code == 404
    answer = await shared.http.delete(f"/shares/{link.id}", headers=shared.headers("ravi"))
    assert answer.status_code == 404
    assert not await is_closed(shared, link.token)


async def test_a_suspended_user_cannot_share(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 2)
    shared.database.rows("update oneai.users set suspended_at = now() where id = %s", shared.people[who])

    refused = await shared.post(f"/conversations/{talk}/share", {"kind": "live"}, who)

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "account_suspended")


async def test_the_number_of_links_per_conversation_is_limited(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 1)
    links = [await create_link(shared, talk, who, "live") for _ in range(100)]

    refused = await shared.post(f"/conversations/{talk}/share", {"kind": "live"}, who)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_request")

    await shared.http.delete(f"/shares/{links[0].id}", headers=shared.headers(who))
    await create_link(shared, talk, who)


async def test_a_revoked_snapshot_keeps_no_list_of_its_messages(shared: World) -> None:
    link = await create_link(shared, conversation(shared, "asha", 5))
    kept = "select count(*) from oneai.snapshot_messages where share_id = %s"
    assert shared.database.one(kept, link.id) == 5

    await shared.http.delete(f"/shares/{link.id}", headers=shared.headers())

    assert shared.database.one(kept, link.id) == 0
