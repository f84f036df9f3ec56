"""`GET`, `PUT` and `PATCH /api/workspaces`: lists, figures, settings, and what is changed elsewhere."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.chat.documents import add_document
from tests.chatbots.made import insert_chatbot
from tests.workspaces.teams import add_member, create_team, insert_team
from tests.world import World


async def patch(world: World, team: str, who: str = "asha", **fields: Any) -> httpx.Response:
    """`PATCH /workspaces/{id}`."""
    return await world.http.patch(f"/workspaces/{team}", json=fields, headers=world.headers(who))


async def test_a_list_has_the_personal_workspace_and_every_team(shared: World) -> None:
    who, other = shared.newcomer(), shared.newcomer()
    first = await create_team(shared, who, "Zebra", viewer=other)
    second = await create_team(shared, who, "Aster")

    page = (await shared.get("/workspaces", who)).json()

    assert [each["name"] for each in page["items"]] == [f"{who}@example.com", "Aster", "Zebra"]
    assert [each["kind"] for each in page["items"]] == ["personal", "team", "team"]
    assert [each["plan"] for each in page["items"]] == ["free", "none", "none"]
    assert [each["members"] for each in page["items"]] == [1, 1, 2]
    assert page["items"][0]["usage"]["small_messages"] == {"used": 0, "limit": 100}
    assert page["next_cursor"] is None
    seen = (await shared.get("/workspaces", other)).json()["items"]
    assert [(each["id"], each["role"]) for each in seen] == [
        (str(shared.people[other]), "owner"),
        (first["id"], "viewer"),
    ]
    assert second["id"] not in str(seen)


async def test_a_list_is_filtered_by_plan_and_sorted(shared: World) -> None:
    who, other = shared.newcomer(), shared.newcomer()
    await create_team(shared, who, "Aster")
    await create_team(shared, who, "Birch", member=other)

    async def names(**params: str) -> list[str]:
        return [each["name"] for each in (await shared.get("/workspaces", who, **params)).json()["items"]]

    assert await names(plan="none") == ["Aster", "Birch"]
    assert await names(plan="none", sort="created_at") == ["Birch", "Aster"]
    assert await names(plan="none", sort="members") == ["Birch", "Aster"]
    assert await names(plan="enterprise") == []
    assert (await shared.get("/workspaces", who, sort="size")).status_code == 422


async def test_a_user_in_a_hundred_workspaces_pages_through_all_once(shared: World) -> None:
    who, owner = shared.newcomer(), shared.newcomer()
    teams = {str(insert_team(shared.database, shared.people[owner], member=shared.people[who])) for _ in range(100)}
    seen: list[str] = []
    cursor: dict[str, str] = {}

    while True:
        page = (await shared.get("/workspaces", who, limit=30, **cursor)).json()
        seen += [each["id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
        # The list goes on behind a workspace that the user has left meanwhile.
        shared.database.rows(
            "delete from oneai.workspace_members where user_id = %s and workspace_id = %s and role = 'member'",
            *(shared.people[who], seen[-1]),
        )

    assert sorted(seen) == sorted({str(shared.people[who]), *teams})
    assert len((await shared.get("/me", who)).json()["workspaces"]) == 101 - 3


async def test_an_invalid_cursor_is_refused(shared: World) -> None:
    refused = await shared.get("/workspaces", cursor="WzEsIngiXQ")

    assert (refused.status_code, refused.json()["error"]["details"][0]["code"]) == (422, "not_a_cursor")


async def test_a_workspace_is_shown_by_its_id_and_by_its_slug(shared: World) -> None:
    who = shared.newcomer()
    team = await create_team(shared, who)

    by_id, by_slug = [(await shared.get(f"/workspaces/{name}", who)).json() for name in (team["id"], team["slug"])]

    assert by_id == by_slug
    assert by_id["stats"] == {"messages": 0, "chatbots": 0, "documents": 0, "storage_bytes": 0}
    assert (by_id["members"], by_id["settings"], by_id["hours"]["monday"]) == (1, {}, [])
    personal = (await shared.get(f"/workspaces/{shared.people[who]}", who)).json()
    assert (personal["kind"], personal["slug"], personal["seats"]) == ("personal", None, None)


@pytest.mark.parametrize(
    "reference", ["unknown-team", "0b6f2f1e-3c47-4a9b-9d53-7c1e5a9f8008", "%00", "नीलगिरि", "x" * 900, "null"]
)
async def test_a_workspace_that_is_not_there_is_not_found(shared: World, reference: str) -> None:
    missing = await shared.get(f"/workspaces/{reference}")

    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "workspace_not_found")


async def test_a_strangers_workspace_answers_as_one_that_does_not_exist(shared: World) -> None:
    who, stranger = shared.newcomer(), shared.newcomer()
    team = await create_team(shared, who)

    answers = [await shared.get(f"/workspaces/{name}", stranger) for name in (team["id"], team["slug"], uuid4())]

    assert len({(answer.status_code, str(answer.json()["error"])) for answer in answers}) == 1
    assert answers[0].status_code == 404


async def test_answers_of_this_month_are_counted_before_and_after_they_are_added_up(shared: World) -> None:
    who = shared.newcomer()
    await shared.ask("Hello", who)

    async def counted() -> int:
        return int((await shared.get(f"/workspaces/{shared.people[who]}", who)).json()["stats"]["messages"])

    before = await counted()
    shared.database.rows("select oneai.roll_up_usage(1000)")

    assert (before, await counted()) == (1, 1)


async def test_the_figures_of_a_workspace_count_its_chatbots_documents_and_bytes(shared: World) -> None:
    who = shared.newcomer()
    team = await create_team(shared, who)
    insert_chatbot(shared.database, team["id"])
    add_document(shared, who=who, workspace=UUID(team["id"]))

    stats = (await shared.get(f"/workspaces/{team['id']}", who)).json()["stats"]

    assert (stats["chatbots"], stats["documents"]) == (1, 1)
    assert stats["storage_bytes"] == shared.database.one("select oneai.storage_of(%s)", team["id"]) > 0


async def test_put_and_patch_change_the_given_fields(shared: World) -> None:
    who = shared.newcomer()
    team = await create_team(shared, who)
    hours = {"monday": [{"opens": "09:00", "closes": "17:30"}]}
    changes = {
        "name": "Tea of the Hills",
        "industry": "Food",
        "time_zone": "Asia/Kolkata",
        "language": "hi",
        "currency": "INR",
        "billing_email": " Accounts@Example.COM ",
        "hours": hours,
        "settings": {"theme": {"accent": "#336600"}},
    }

    put = await shared.http.put(f"/workspaces/{team['id']}", json=changes, headers=shared.headers(who))
    patched = (await patch(shared, team["id"], who, industry=None, name=None)).json()

    assert put.status_code == 200, put.text
    assert patched["industry"] is None
    assert {name: patched[name] for name in changes if name not in ("industry", "hours")} == {
        **{name: changes[name] for name in changes if name not in ("industry", "hours")},
        "billing_email": "accounts@example.com",
    }
    assert patched["hours"]["monday"] == hours["monday"]
    assert patched["slug"] == team["slug"]


@pytest.mark.parametrize("field", ["plan", "plan_id", "subscription_tier", "seats", "quota", "quotas", "limits"])
async def test_a_plan_or_a_quota_in_a_change_is_refused_with_its_route(shared: World, field: str) -> None:
    who = shared.newcomer()
    team = await create_team(shared, who)

    for value in (None, 5, {"small_messages": 9_000}):
        refused = await patch(shared, team["id"], who, name="Other", **{field: value})
        (detail,) = refused.json()["error"]["details"]
        assert (refused.status_code, detail["field"], detail["code"]) == (422, field, "changed_elsewhere")
        assert "/api/subscription/" in detail["message"]
    assert (await shared.get(f"/workspaces/{team['id']}", who)).json()["name"] == team["name"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"time_zone": "Asia/Nilgiri"}, "unknown_time_zone"),
        ({"language": "fr"}, "not_a_choice"),
        ({"currency": "EUR"}, "not_a_choice"),
        ({"billing_email": "accounts"}, "wrong_format"),
        ({"billing_email": "a@b.c, d@e.f"}, "wrong_format"),
        ({"billing_email": "a@b.com\r\nBcc: c@d.com"}, "wrong_format"),
        ({"hours": {"monday": [{"opens": "18:00", "closes": "09:00"}]}}, "out_of_order"),
        ({"hours": {"monday": [{"opens": "9", "closes": "17:00"}]}}, "wrong_format"),
        ({"hours": {"someday": []}}, "unknown_field"),
        ({"settings": {"note": "x" * 16_001}}, "too_large"),
        ({"settings": {"note": "\u0000"}}, "not_text"),
        ({"kind": "personal"}, "unknown_field"),
    ],
)
async def test_a_setting_that_cannot_be_is_refused(shared: World, changes: dict[str, Any], code: str) -> None:
    refused = await patch(shared, str(shared.people["asha"]), **changes)

    assert (refused.status_code, refused.json()["error"]["details"][0]["code"]) == (422, code)


@pytest.mark.parametrize(
    ("slug", "code"),
    [
        ("admin", "reserved"),
        ("oneai-help", "reserved"),
        ("c7d2f1a0-84b3-4e6f-9a15-3d6b8e2f7010", "reserved"),
        ("c7d2f1a084b34e6f9a153d6b8e2f7010", "reserved"),
        ("xn--tea", "wrong_format"),
        ("te", "too_short"),
        ("tea--spice", "wrong_format"),
        ("-tea", "wrong_format"),
        ("tea_spice", "wrong_format"),
        ("çay-evi", "wrong_format"),
        ("нилгири", "wrong_format"),
        ("n" * 41, "wrong_format"),
        ("n" * 1000, "too_long"),
        ("tea\u0000", "wrong_format"),
    ],
)
async def test_a_slug_that_cannot_be_is_refused(shared: World, slug: str, code: str) -> None:
    who = shared.newcomer()
    team = await create_team(shared, who)

    refused = await patch(shared, team["id"], who, slug=slug)

    assert (refused.status_code, refused.json()["error"]["details"][0]["code"]) == (422, code)


async def test_a_personal_workspace_has_settings_but_no_name_of_its_own(shared: World) -> None:
    who = shared.newcomer()
    own = str(shared.people[who])

    for field in ({"name": "Mine"}, {"slug": "mine"}):
        refused = await patch(shared, own, who, **field)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "personal_workspace")
    assert (await patch(shared, own, who, time_zone="Asia/Kolkata")).json()["time_zone"] == "Asia/Kolkata"


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("admin", 200), ("member", 403), ("viewer", 403)])
async def test_owners_and_admins_change_a_workspace_and_others_do_not(shared: World, role: str, status: int) -> None:
    owner, who = shared.newcomer(), shared.newcomer()
    team = await create_team(shared, owner)
    await patch(shared, team["id"], owner, billing_email="accounts@example.com")
    add_member(shared.database, team["id"], shared.people[who], role)

    answer = await patch(shared, team["id"], who, industry="Tea")

    assert answer.status_code == status
    if status == 403:
        assert answer.json()["error"]["code"] == "role_insufficient"
        assert answer.json()["error"]["required_role"] == "admin"
    seen = (await shared.get(f"/workspaces/{team['id']}", who)).json()["billing_email"]
    assert seen == ("accounts@example.com" if status == 200 else None)


async def test_a_name_of_another_team_of_the_same_owner_is_refused(shared: World) -> None:
    who = shared.newcomer()
    await create_team(shared, who, "Aster")
    team = await create_team(shared, who, "Birch")

    refused = await patch(shared, team["id"], who, name="ASTER")

    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "name_taken")
    assert (await patch(shared, team["id"], who, name="birch")).status_code == 200


async def test_an_api_key_manages_no_workspaces(shared: World) -> None:
    who = shared.newcomer()
    key = (await shared.post("/user/api-keys", {"name": "Program"}, who)).json()["secret"]

    for method, path in (("GET", "/workspaces"), ("POST", "/workspaces"), ("GET", f"/workspaces/{uuid4()}")):
        answer = await shared.http.request(method, path, json={}, headers={"authorization": f"Bearer {key}"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "insufficient_scope")
