"""Admins list, show and suspend workspaces."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.admin.staff import make_staff
from tests.ops.operators import command
from tests.world import World

REASON = {"reason": "Payment fraud"}


def team_of(world: World, who: str, **members: str) -> UUID:
    """A new team of `who`, with these members by role."""
    name = f"tea-{uuid4().hex[:8]}"
    team: UUID = world.database.one(
        "insert into oneai.workspaces (kind, name, slug, subscription_tier) values ('team', %s, %s, 'none') "
        "returning id",
        *(name.capitalize(), name),
    )
    for role, member in {"owner": who, **members}.items():
        world.database.rows(
            "insert into oneai.workspace_members (user_id, workspace_id, role) values (%s, %s, %s)",
            *(world.people[member], team, role),
        )
    return team


async def listed(world: World, admin: str, **filters: Any) -> list[str]:
    """The ids of the listed workspaces."""
    answer = await world.get("/admin/workspaces", admin, **filters)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["items"]]


async def as_member(world: World, team: UUID, who: str) -> tuple[int, str]:
    """Status and code of a request of `who` in the team."""
    headers = world.headers(who) | {"oneai-workspace": str(team)}
    answer = await world.http.get("/conversations", headers=headers)
    return answer.status_code, answer.json().get("error", {}).get("code", "")


async def test_workspaces_are_found_by_name_slug_id_and_owner(shared: World) -> None:
    admin, who = make_staff(shared), shared.newcomer()
    team, own = team_of(shared, who), shared.people[who]
    slug, email = shared.database.rows(
        "select w.slug::text, u.email from oneai.workspaces as w, oneai.users as u where w.id = %s and u.id = %s",
        *(team, own),
    )[0]

    for q in (slug, slug.upper(), str(team), slug[:10]):
        assert await listed(shared, admin, q=q) == [str(team)]
    assert await listed(shared, admin, q=email) == [str(team), str(own)]
    assert await listed(shared, admin, q=email, kind="personal") == [str(own)]
    assert await listed(shared, admin, q=email, state="suspended") == []
    assert await listed(shared, admin, q="%") == []
    pages = [await shared.get("/admin/workspaces", admin, q=email, limit=1)]
    pages.append(await shared.get("/admin/workspaces", admin, q=email, limit=1, cursor=pages[0].json()["next_cursor"]))
    assert [each["id"] for page in pages for each in page.json()["items"]] == [str(team), str(own)]


async def test_one_workspace_is_shown_with_its_members(shared: World) -> None:
    admin, who, other = make_staff(shared), shared.newcomer(), shared.newcomer()
    team = team_of(shared, who, member=other)

    shown = (await shared.get(f"/admin/workspaces/{team}", admin)).json()

    assert (shown["kind"], shown["owner_id"], shown["members"]) == ("team", str(shared.people[who]), 2)
    assert {(each["user_id"], each["role"]) for each in shown["people"]} == {
        (str(shared.people[who]), "owner"),
        (str(shared.people[other]), "member"),
    }
    assert shown["use"] == {"conversations": 0, "documents": 0, "api_keys": 0}
    assert (await shared.get(f"/admin/workspaces/{uuid4()}", admin)).status_code == 404


async def test_members_of_a_suspended_team_are_refused_there_alone(shared: World) -> None:
    admin, who, other = make_staff(shared), shared.newcomer(), shared.newcomer()
    team = team_of(shared, who, member=other)
    assert (await as_member(shared, team, other))[0] == 200

    for _ in range(2):
        assert (await shared.post(f"/admin/workspaces/{team}/suspend", REASON, admin)).status_code == 204
    refused = await as_member(shared, team, other)
    at_home = await shared.get("/conversations", other)
    assert (await shared.post(f"/admin/workspaces/{team}/unsuspend", REASON, admin)).status_code == 204

    assert refused[0] in (403, 404), refused
    assert at_home.status_code == 200
    assert (await as_member(shared, team, other))[0] == 200
    acts = "select action, user_id, reason from oneai.audit_log where target_id = %s order by id"
    assert shared.database.rows(acts, str(team)) == [
        (action, shared.people[who], "Payment fraud") for action in ("workspace.suspend", "workspace.unsuspend")
    ]


async def test_a_personal_workspace_is_not_suspended_without_its_user(shared: World) -> None:
    admin, who = make_staff(shared), shared.newcomer()

    refused = await shared.post(f"/admin/workspaces/{shared.people[who]}/suspend", REASON, admin)

    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "personal_workspace")
    assert (await shared.get("/conversations", who)).status_code == 200


async def test_support_reads_workspaces_and_suspends_none(shared: World) -> None:
    support, who = make_staff(shared, "support"), shared.newcomer()
    team = team_of(shared, who)

    assert str(team) in await listed(shared, support, q=str(team))
    assert (await shared.post(f"/admin/workspaces/{team}/suspend", REASON, support)).status_code == 404
    assert (await shared.get("/admin/workspaces", who)).status_code == 404


@pytest.mark.parametrize("by", ["slug", "id"])
async def test_commands_take_the_slug_or_id_of_a_team(by: str, own_world: World) -> None:
    team = team_of(own_world, "asha")
    slug = own_world.database.one("select slug::text from oneai.workspaces where id = %s", team)
    name = slug if by == "slug" else str(team)

    suspended = await command("suspend", f"--id={name}", "--reason=fraud", database=own_world.database)
    granted = await command("grant", "add", name, "enterprise", "--reason=contract 17", database=own_world.database)
    overridden = await command(
        "override", "add", name, "small_messages", "--extra=5", "--reason=contract 17", database=own_world.database
    )

    assert (suspended.returncode, granted.returncode) == (0, 0), suspended.stderr + granted.stderr
    assert slug in granted.stdout
    tier = "select subscription_tier, suspended_at is not null from oneai.workspaces where id = %s"
    assert own_world.database.rows(tier, team) == [("enterprise", True)]
    assert overridden.returncode == 0, overridden.stderr
    acts = "select distinct action, user_id from oneai.audit_log where actor_kind = 'operator' order by action"
    assert own_world.database.rows(acts) == [
        (action, own_world.people["asha"])
        for action in ("plan_grant.create", "quota_override.create", "workspace.suspend")
    ]
