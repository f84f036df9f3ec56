"""Members choose what they are mailed about their workspaces."""

import hashlib
from typing import Any

from psycopg.types.json import Jsonb

from tests.chatbots.made import insert_chatbot
from tests.workspaces.teams import insert_team, refusal, remove_member
from tests.world import World

PROBLEMS = (
    "select o.kind, (oneai.mail_recipient(o)).problem from oneai.outbox as o "
    "where o.user_id = %s and o.workspace_id = %s order by o.kind"
)
KINDS = ("chatbot_away", "payment_receipt", "payment_reminder", "quota_warning")
ALL_OFF = {"handoff": False, "weekly": False, "budget": False, "billing": False}


async def _switches(world: World, who: str) -> dict[str | None, dict[str, Any]]:
    """Those of each workspace, by its name."""
    items = (await world.get("/user/preferences/workspaces", who)).json()["items"]
    return {each.pop("name"): {key: on for key, on in each.items() if key != "workspace_id"} for each in items}


async def test_a_member_turns_off_mail_about_one_workspace(shared: World) -> None:
    owner, member, viewer, alone = [shared.newcomer() for _ in range(4)]
    people, database = shared.people, shared.database
    team = insert_team(database, people[owner], member=people[member], viewer=people[viewer])
    name = database.one("select name from oneai.workspaces where id = %s", team)
    none: dict[str, bool | None] = {"handoff": None, "weekly": None, "budget": True, "billing": None}
    assert await _switches(shared, owner) == {name: none | {"billing": True}}
    assert await _switches(shared, member) == await _switches(shared, viewer) == {name: none}
    assert await _switches(shared, alone) == {}
    insert_chatbot(database, team)
    insert_chatbot(database, people[alone])
    visited = none | {"handoff": True, "weekly": True}
    assert await _switches(shared, member) == {name: visited}
    assert await _switches(shared, viewer) == {name: none}
    assert await _switches(shared, alone) == {None: visited}

    path = f"/user/preferences/workspaces/{team}"
    for changes, kept in (({"handoff": False}, visited | {"handoff": False}), ({"handoff": True}, visited)):
        saved = await shared.http.patch(path, json=changes, headers=shared.headers(member))
        assert (saved.status_code, {key: saved.json()[key] for key in kept}) == (200, kept)
    assert refusal(await shared.http.patch(path, json=ALL_OFF, headers=shared.headers(alone))) == (404, "not_found")

    # What members turned off is not sent, but a failed payment always is.
    for who in (owner, member):
        for kind in KINDS:
            database.rows(
                "select oneai.enqueue_mail(%s, %s, %s, %s, p_workspace => %s)",
                *(people[who], kind, f"{who} {kind}", Jsonb({}), team),
            )
    assert (await shared.http.patch(path, json=ALL_OFF, headers=shared.headers(owner))).status_code == 200
    unwanted = [(kind, "unwanted" if kind != "payment_reminder" else None) for kind in KINDS]
    assert database.rows(PROBLEMS, people[owner], team) == unwanted
    assert database.rows(PROBLEMS, people[member], team) == [(kind, None) for kind in KINDS]

    # The link in a mail turns off that kind about that workspace alone.
    token = f"token of {member}"
    database.rows(
        "update oneai.outbox set unsubscribe_hash = %s where user_id = %s and kind = 'chatbot_away'",
        *(hashlib.sha256(token.encode()).digest(), people[member]),
    )
    ended = await shared.http.post("/mail/unsubscribe", params={"token": token})
    assert ended.json() == {"unsubscribed": "budget"}
    assert await _switches(shared, member) == {name: visited | {"budget": False}}

    remove_member(database, team, people[member])
    assert database.rows("select from oneai.member_notifications where user_id = %s", people[member]) == []
