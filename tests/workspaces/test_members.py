"""`/api/team/members`: who is listed, who gives which role, who is removed, and who leaves."""

import asyncio
from uuid import UUID, uuid4

import httpx
import pytest

from tests.workspaces.teams import add_member, in_workspace, insert_team, invite, refusal, remove_member
from tests.world import World

ROLES = ("owner", "admin", "member", "viewer")


def team_with(world: World, *roles: str, seats: int = 10) -> tuple[UUID, str, list[str]]:
    """A team, its owner, and new members with these roles."""
    owner, *people = (world.newcomer() for _ in range(len(roles) + 1))
    team = insert_team(world.database, world.people[owner], seats=seats)
    for who, role in zip(people, roles, strict=True):
        add_member(world.database, team, world.people[who], role)
    return team, owner, people


async def give(world: World, team: UUID, who: str, member: str, role: str) -> httpx.Response:
    """`PUT /team/members/{user_id}` as `who`."""
    path = f"/team/members/{world.people[member]}"
    return await in_workspace(world, team, "PUT", path, {"role": role}, who=who)


async def remove(world: World, team: UUID, who: str, member: str) -> httpx.Response:
    """`DELETE /team/members/{user_id}` as `who`."""
    return await in_workspace(world, team, "DELETE", f"/team/members/{world.people[member]}", who=who)


def role_of(world: World, team: UUID, who: str) -> str | None:
    """The role of `who` in the team."""
    query = "select role from oneai.workspace_members where workspace_id = %s and user_id = %s"
    found = world.database.rows(query, team, world.people[who])
    return str(found[0]) if found else None


async def test_every_member_sees_the_members_in_pages(shared: World) -> None:
    team, owner, people = team_with(shared, "admin", "member", "viewer")

    first = (await in_workspace(shared, team, "GET", "/team/members", who=people[2], limit="2")).json()
    rest = await in_workspace(shared, team, "GET", "/team/members", who=people[2], cursor=first["next_cursor"])

    listed = first["items"] + rest.json()["items"]
    assert [(each["email"], each["role"]) for each in listed] == [
        (f"{owner}@example.com", "owner"),
        *((f"{who}@example.com", role) for who, role in zip(people, ("admin", "member", "viewer"), strict=True)),
    ]
    assert rest.json()["next_cursor"] is None


async def test_a_personal_workspace_has_no_team(shared: World) -> None:
    who = shared.newcomer()
    requests = [
        ("GET", "/team/members", None),
        ("PUT", f"/team/members/{uuid4()}", {"role": "member"}),
        ("DELETE", f"/team/members/{shared.people[who]}", None),
        ("POST", "/team/invite", {"email": "ravi@example.com", "role": "member"}),
        ("GET", "/team/invitations", None),
        ("DELETE", f"/team/invitations/{uuid4()}", None),
        ("POST", f"/team/invitations/{uuid4()}/resend", None),
    ]

    for method, path, body in requests:
        for headers in (shared.headers(who), shared.headers(who) | {"oneai-workspace": str(shared.people[who])}):
            answer = await shared.http.request(method, path, json=body, headers=headers)
            assert refusal(answer) == (409, "personal_workspace"), path
    assert refusal(await shared.post(f"/workspaces/{shared.people[who]}/leave", None, who)) == (
        409,
        "personal_workspace",
    )


@pytest.mark.parametrize("giver", ROLES)
@pytest.mark.parametrize("before", ROLES)
async def test_a_role_is_given_up_to_ones_own_and_not_taken_from_those_above(
    giver: str, before: str, shared: World
) -> None:
    team, _, (who, other) = team_with(shared, giver, before)

    for role in ROLES:
        add_member(shared.database, team, shared.people[other], before)
        answer = await give(shared, team, who, other, role)
        may = giver in ("owner", "admin") and (giver == "owner" or "owner" not in (before, role))
        assert answer.status_code == (200 if may or (giver == "admin" and before == role != "owner") else 403)
        assert role_of(shared, team, other) == (role if answer.is_success else before)
        if answer.status_code == 403:
            assert answer.json()["error"]["required_role"] == ("owner" if giver == "admin" else "admin")


async def test_the_last_owner_is_neither_demoted_nor_removed_and_cannot_leave(shared: World) -> None:
    team, owner, (other,) = team_with(shared, "owner")
    assert (await give(shared, team, owner, other, "admin")).is_success

    for answer in (
        await give(shared, team, owner, owner, "member"),
        await remove(shared, team, owner, owner),
        await shared.post(f"/workspaces/{team}/leave", None, owner),
    ):
        assert refusal(answer) == (409, "last_owner")
    assert role_of(shared, team, owner) == "owner"


async def test_of_two_owners_who_demote_each_other_at_once_one_remains(shared: World) -> None:
    for _ in range(5):
        team, owner, (other,) = team_with(shared, "owner")

        answers = await asyncio.gather(
            give(shared, team, owner, other, "member"), give(shared, team, other, owner, "member")
        )

        assert sorted(answer.status_code for answer in answers) == [200, 403]
        assert sorted(filter(None, (role_of(shared, team, who) for who in (owner, other)))) == ["member", "owner"]


async def test_of_two_owners_who_leave_at_once_one_remains(shared: World) -> None:
    team, owner, (other,) = team_with(shared, "owner")

    answers = await asyncio.gather(*(shared.post(f"/workspaces/{team}/leave", None, who) for who in (owner, other)))

    assert sorted(answer.status_code for answer in answers) == [204, 409]


async def test_of_two_owners_who_remove_each_other_at_once_one_remains(shared: World) -> None:
    team, owner, (other,) = team_with(shared, "owner")

    answers = await asyncio.gather(remove(shared, team, owner, other), remove(shared, team, other, owner))

    assert sorted(answer.status_code for answer in answers) == [204, 404]


async def test_an_admin_removes_members_and_never_an_owner(shared: World) -> None:
    team, owner, (admin, member) = team_with(shared, "admin", "member")

    assert (await remove(shared, team, admin, member)).status_code == 204
    assert refusal(await remove(shared, team, admin, owner)) == (403, "role_insufficient")
    assert refusal(await remove(shared, team, admin, member)) == (404, "not_found")
    assert (role_of(shared, team, owner), role_of(shared, team, member)) == ("owner", None)


@pytest.mark.parametrize("how", ["remove", "leave"])
async def test_access_and_keys_end_with_the_membership(how: str, shared: World) -> None:
    team, owner, (admin,) = team_with(shared, "admin")
    made = await in_workspace(shared, team, "POST", "/user/api-keys", {"name": "Program"}, who=admin)
    own = (await shared.post("/user/api-keys", {"name": "Own"}, admin)).json()["secret"]

    if how == "remove":
        assert (await remove(shared, team, owner, admin)).status_code == 204
    else:
        assert (await shared.post(f"/workspaces/{team}/leave", None, admin)).status_code == 204

    assert refusal(await in_workspace(shared, team, "GET", "/team/members", who=admin)) == (404, "workspace_not_found")
    for secret, status in ((made.json()["secret"], 401), (own, 200)):
        answer = await shared.http.get("/conversations", headers={"authorization": f"Bearer {secret}"})
        assert answer.status_code in (status, 403) if status == 200 else answer.status_code == 401
    revoked = "select revoked_at is not null from oneai.api_keys where workspace_id = %s"
    assert shared.database.rows(revoked, team) == [True]
    (logged,) = shared.database.rows(
        "select actor, user_id, target_id from oneai.audit_log where action = %s and user_id = %s",
        *(f"member.{how}", shared.people[admin]),
    )
    assert logged == (str(shared.people[owner if how == "remove" else admin]), shared.people[admin], str(team))


async def test_a_viewer_who_becomes_a_member_takes_a_seat(shared: World) -> None:
    team, owner, (_, viewer) = team_with(shared, "member", "viewer", seats=2)

    assert refusal(await give(shared, team, owner, viewer, "member")) == (409, "no_seat_left")
    shared.database.rows("update oneai.workspaces set seats = 3 where id = %s", team)
    assert (await give(shared, team, owner, viewer, "member")).is_success
    assert (await give(shared, team, owner, viewer, "admin")).is_success


async def test_a_team_without_a_seat_for_a_role_may_lower_it(shared: World) -> None:
    team, owner, people = team_with(shared, *["viewer"] * 20, "member", seats=3)

    assert refusal(await give(shared, team, owner, people[20], "viewer")) == (409, "no_seat_left")
    remove_member(shared.database, team, shared.people[people[0]])
    assert (await give(shared, team, owner, people[20], "viewer")).is_success


@pytest.mark.parametrize("who", ["stranger", "former"])
async def test_strangers_and_former_members_find_no_team(who: str, shared: World) -> None:
    team, owner, (former,) = team_with(shared, "admin")
    remove_member(shared.database, team, shared.people[former])
    caller = former if who == "former" else shared.newcomer()

    for answer in (
        await in_workspace(shared, team, "GET", "/team/members", who=caller),
        await give(shared, team, caller, owner, "viewer"),
        await remove(shared, team, caller, owner),
        await shared.post(f"/workspaces/{team}/leave", None, caller),
    ):
        assert refusal(answer) == (404, "workspace_not_found")


async def test_leaving_the_personal_workspace_of_another_looks_like_an_unknown_one(shared: World) -> None:
    who, other = shared.newcomer(), shared.newcomer()

    answer = await shared.post(f"/workspaces/{shared.people[other]}/leave", None, who)

    assert refusal(answer) == (404, "workspace_not_found")


async def test_a_team_has_five_viewers_and_five_more_for_each_seat(shared: World) -> None:
    owner = shared.newcomer()
    team = insert_team(shared.database, shared.people[owner], seats=2)
    for _ in range(14):
        add_member(shared.database, team, shared.people[shared.newcomer()], "viewer")

    assert (await invite(shared, team, "fifteenth@example.com", "viewer", owner)).status_code == 201
    refused = await invite(shared, team, "sixteenth@example.com", "viewer", owner)

    assert refusal(refused) == (409, "no_seat_left")
    assert refused.json()["error"]["viewers"] == refused.json()["error"]["viewers_taken"] == 15
