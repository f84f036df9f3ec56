"""`/api/chatbots`: what a team edits, what it publishes, and who may do which."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx

from tests.chatbots.test_avatars import address, png
from tests.workspaces.teams import add_member, in_workspace, insert_team, refusal
from tests.world import World

NEW: dict[str, Any] = {"name": "Help", "model": "openai/gpt-4.1-mini"}


async def _team(world: World, **members: str) -> tuple[str, str]:
    """A team with a plan, and its owner."""
    owner = world.newcomer()
    team = insert_team(world.database, world.people[owner], tier="team", seats=2)
    for role, who in members.items():
        add_member(world.database, team, world.people[who], role)
    return str(team), owner


async def _created(world: World, team: str, who: str, **fields: Any) -> dict[str, Any]:
    answer = await in_workspace(world, team, "POST", "/chatbots", NEW | fields, who=who)
    assert answer.status_code == 201, answer.text
    chatbot: dict[str, Any] = answer.json()
    return chatbot


async def _send(world: World, who: str, method: str, path: str, body: Any = None) -> httpx.Response:
    return await world.http.request(method, path, json=body, headers=world.headers(who))


async def test_a_draft_is_edited_and_visitors_keep_what_was_published(shared: World) -> None:
    team, owner = await _team(shared)
    made = await _created(shared, team, owner, widget={"title": "Ask us", "domains": ["Example.com", "*.example.org"]})
    path = f"/chatbots/{made['id']}"
    assert (made["status"], made["version"], made["published"]) == ("draft", None, None)
    assert made["domains"] == ["https://example.com", "https://*.example.org"]
    assert made["draft"]["widget"]["title"] == "Ask us"

    assert (await _send(shared, owner, "POST", f"{path}/publish")).json() == {"version": 1, "worse": []}
    changes = {"provider": "openrouter", "systemPrompt": "Be brief.", "widget": {"radius": 3}}
    changed = (await _send(shared, owner, "PATCH", path, changes)).json()
    assert (changed["draft"]["system_prompt"], changed["published"]["system_prompt"]) == ("Be brief.", "")
    assert changed["draft"]["widget"] == made["draft"]["widget"] | {"radius": 3}
    assert changed["published"]["widget"]["radius"] == 12
    assert (await _send(shared, owner, "POST", f"{path}/publish")).json() == {"version": 2, "worse": []}
    assert (await _send(shared, owner, "POST", f"{path}/publish")).json() == {"version": 2, "worse": []}

    picture = {"widget": {"avatar": address(png(64, 64)), "placeholder": "  Ask \n us "}}
    drawn = (await _send(shared, owner, "PATCH", path, picture)).json()["draft"]["widget"]
    assert (drawn["avatar"], drawn["placeholder"]) == (address(png(64, 64)), "Ask us")
    # It would be most of a list, and in the configuration it is not there before it is published.
    listed = (await in_workspace(shared, team, "GET", "/chatbots", who=owner)).json()["items"]
    assert [each["draft"]["widget"]["avatar"] for each in listed] == [None]
    shown = f"/widget/{made['public_id']}"
    assert (await shared.get(shown, None)).json()["avatar"] is None
    assert (await _send(shared, owner, "POST", f"{path}/publish")).json() == {"version": 3, "worse": []}
    assert (await shared.get(shown, None)).json()["avatar"] == drawn["avatar"]
    await _send(shared, owner, "PATCH", path, {"widget": {"avatar": None, "placeholder": ""}})
    assert (await _send(shared, owner, "POST", f"{path}/publish")).json() == {"version": 4, "worse": []}

    versions = (await _send(shared, owner, "GET", f"{path}/versions")).json()["items"]
    assert [each["version"] for each in versions] == [4, 3, 2, 1]
    assert versions[1]["configuration"]["widget"]["avatar"] is None
    compared = (await _send(shared, owner, "GET", f"{path}/versions/1/compare")).json()
    assert compared == {
        "before": 1,
        "after": "draft",
        "differences": [
            {"field": "system_prompt", "before": "", "after": "Be brief."},
            {"field": "widget.radius", "before": 12, "after": 3},
        ],
    }
    same = (await _send(shared, owner, "GET", f"{path}/versions/2/compare?with=2")).json()
    assert (same["after"], same["differences"]) == (2, [])
    missing = await _send(shared, owner, "GET", f"{path}/versions/2/compare?with=7")
    assert refusal(missing) == (404, "chatbot_not_found")
    restored = (await _send(shared, owner, "POST", f"{path}/versions/1/restore")).json()
    assert (restored["draft"]["system_prompt"], restored["version"]) == ("", 4)
    assert refusal(await _send(shared, owner, "POST", f"{path}/versions/9/restore")) == (404, "chatbot_not_found")


async def test_embed_codes_name_the_chatbot_and_are_safe_to_paste(shared: World) -> None:
    team, owner = await _team(shared)
    title = """<b>Ask</b> "us" & 'them'"""
    made = await _created(shared, team, owner, use_case="faq", widget={"title": title, "color": "#0f766e"})
    assert made["draft"]["system_prompt"].startswith("You answer frequent questions")

    code = (await _send(shared, owner, "GET", f"/chatbots/{made['id']}/embed-code")).json()

    assert code["url"].endswith(f"/chat/{made['public_id']}")
    assert f'data-chatbot="{made["public_id"]}" data-color="#0f766e" data-position="right"' in code["html"]
    assert code["html"] in code["wordpress"]
    assert made["public_id"] in code["react"]
    assert [f"data-{name}" in code["html"] for name in ("color", "language")] == [True, True]
    assert '"language": "en"' in code["react"]
    assert "<b>" not in code["link"]
    assert code["qr_code"].startswith("<svg")

    # A chatbot of several languages speaks the page's or the visitor's, so its code chooses none.
    path = f"/chatbots/{made['id']}"
    await _send(shared, owner, "PATCH", path, {"widget": {"languages": ["en", "hi"]}})
    several = (await _send(shared, owner, "GET", f"{path}/embed-code")).json()
    assert not any("language" in several[kind] for kind in ("html", "react", "wordpress"))


async def test_pausing_deleting_and_restoring_change_what_visitors_find(shared: World) -> None:
    team, owner = await _team(shared)
    path = f"/chatbots/{(await _created(shared, team, owner))['id']}"

    assert refusal(await _send(shared, owner, "POST", f"{path}/toggle")) == (409, "chatbot_not_published")
    await _send(shared, owner, "POST", f"{path}/publish")
    assert (await _send(shared, owner, "POST", f"{path}/toggle")).json() == {"status": "paused"}
    assert (await _send(shared, owner, "POST", f"{path}/toggle")).json() == {"status": "published"}
    assert [(await _send(shared, owner, "DELETE", path)).status_code for _ in range(2)] == [204, 204]
    listed = await in_workspace(shared, team, "GET", "/chatbots", who=owner)
    assert listed.json() == {"items": [], "next_cursor": None}
    assert refusal(await _send(shared, owner, "PATCH", path, {"name": "New"})) == (404, "chatbot_not_found")
    restored = (await _send(shared, owner, "POST", f"{path}/restore")).json()
    assert (restored["status"], restored["deletes_at"]) == ("paused", None)


async def test_members_edit_drafts_and_admins_decide_what_is_shown(shared: World) -> None:
    admin, member, viewer, stranger = (shared.newcomer() for _ in range(4))
    team, owner = await _team(shared, admin=admin, member=member, viewer=viewer)
    made = await _created(shared, team, member)
    path = f"/chatbots/{made['id']}"
    elsewhere = str(insert_team(shared.database, shared.people[owner]))

    for who, code in ((viewer, (403, "role_insufficient")), (stranger, (404, "workspace_not_found"))):
        assert refusal(await in_workspace(shared, team, "POST", "/chatbots", NEW, who=who)) == code
    for managed in (
        {"widget": {"domains": ["example.com"]}},
        {"widget": {"proof_of_work": "never"}},
        {"limits": {"answers_per_day": 100_000}},
    ):
        asked = await in_workspace(shared, team, "POST", "/chatbots", NEW | managed, who=member)
        assert refusal(asked) == (403, "role_insufficient"), managed
    assert (await _send(shared, member, "PATCH", path, {"name": "Ask"})).json()["name"] == "Ask"
    for body in (
        {"limits": {"answers_per_day": 5}},
        {"widget": {"domains": ["example.com"]}},
        {"widget": {"proof_of_work": "always"}},
    ):
        assert refusal(await _send(shared, member, "PATCH", path, body)) == (403, "role_insufficient")
        assert (await _send(shared, admin, "PATCH", path, body)).status_code == 200
    for act in ("publish", "toggle", "reset", "restore"):
        assert refusal(await _send(shared, member, "POST", f"{path}/{act}")) == (403, "role_insufficient"), act
    assert (await _send(shared, viewer, "GET", path)).status_code == 200
    assert refusal(await _send(shared, stranger, "GET", path)) == (404, "chatbot_not_found")
    assert refusal(await in_workspace(shared, elsewhere, "GET", path, who=owner)) == (404, "chatbot_not_found")
    shown = (await _send(shared, member, "GET", path)).json()
    assert (shown["limits"]["answers_per_day"], shown["limits"]["visitor_per_hour"]) == (5, 20)


async def test_a_private_collection_is_named_by_its_owner_alone_and_kept_by_others(shared: World) -> None:
    member = shared.newcomer()
    team, owner = await _team(shared, member=member)
    mine = {"name": "Mine", "visibility": "private"}
    made = await in_workspace(shared, team, "POST", "/collections", mine, who=member)
    path = f"/chatbots/{(await _created(shared, team, owner))['id']}"
    named = {"knowledge": {"collections": [made.json()["id"]]}}

    refused = await _send(shared, owner, "PATCH", path, named)
    assert refusal(refused) == (422, "invalid_request")
    assert "Mine" not in refused.text
    assert (await _send(shared, member, "PATCH", path, named)).status_code == 200
    changed = await _send(shared, owner, "PATCH", path, {"temperature": 0.2})
    assert changed.json()["draft"]["knowledge"]["collections"] == named["knowledge"]["collections"]
    assert (await _send(shared, owner, "POST", f"{path}/publish")).json() == {"version": 1, "worse": []}


async def test_a_team_without_a_plan_has_one_chatbot_and_publishes_none(shared: World) -> None:
    owner = shared.newcomer()
    team = str(insert_team(shared.database, shared.people[owner]))

    answers = await asyncio.gather(*(in_workspace(shared, team, "POST", "/chatbots", NEW, who=owner) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    (made,) = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    assert refusal(await _send(shared, owner, "POST", f"/chatbots/{made}/publish")) == (
        *(409, "plan_publishes_no_chatbot"),
    )
    assert refusal(await _send(shared, owner, "POST", f"/chatbots/{made}/duplicate")) == (409, "chatbot_limit_reached")


async def test_a_copy_has_the_draft_and_only_on_request_the_knowledge(shared: World) -> None:
    team, owner = await _team(shared)
    collection = await in_workspace(shared, team, "POST", "/collections", {"name": "Manuals"}, who=owner)
    knowledge = {"collections": [collection.json()["id"]]}
    made = await _created(shared, team, owner, knowledge=knowledge, widget={"domains": ["example.com"]})

    for with_knowledge, collections in ((False, []), (True, knowledge["collections"])):
        body = {"with_knowledge": with_knowledge}
        copy = (await _send(shared, owner, "POST", f"/chatbots/{made['id']}/duplicate", body)).json()
        assert (copy["name"], copy["status"], copy["domains"]) == ("Help (copy)", "draft", [])
        assert copy["draft"]["knowledge"]["collections"] == collections
        assert copy["public_id"] != made["public_id"]


async def test_what_a_chatbot_cannot_have_is_refused_by_field(shared: World) -> None:
    team, owner = await _team(shared)
    refused: dict[str, Any] = {
        "model": {"model": "local/nothing"},
        "fallbacks.0": {"fallbacks": ["gryphe/mythomax-l2-13b"]},
        "knowledge.documents": {"knowledge": {"documents": [str(uuid4())]}},
        "knowledge.collections": {"knowledge": {"collections": [str(uuid4())]}},
        "widget.domains.0": {"widget": {"domains": ["*.com/path"]}},
        "widget.color": {"widget": {"color": "red"}},
        "widget.avatar": {"widget": {"avatar": "data:image/svg+xml;base64,PHN2Zz48L3N2Zz4="}},
        "widget.placeholder": {"widget": {"placeholder": "a" * 81}},
        "widget.proof_of_work": {"widget": {"proof_of_work": "sometimes"}},
        "limits.answers_per_day": {"limits": {"answers_per_day": -1}},
    }
    for field, fields in refused.items():
        answer = await in_workspace(shared, team, "POST", "/chatbots", NEW | fields, who=owner)
        assert answer.status_code == 422, (field, answer.text)
        assert [each["field"] for each in answer.json()["error"]["details"]] == [field]
