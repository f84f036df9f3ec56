"""Invitations: made, looked up, accepted once by the invited address, and ended."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.workspaces.teams import (
    accept,
    add_member,
    in_workspace,
    insert_team,
    invitation_token,
    invite,
    invited,
    refusal,
    remove_member,
)
from tests.world import World

FIELDS = {"id", "email", "role", "state", "inviter", "created_at", "expires_at"}
ENDED = (410, "invitation_ended")


def team_of(world: World, seats: int = 5, owner: str | None = None, **members: str) -> tuple[UUID, str]:
    """A team and its owner, a new user."""
    owner = owner or world.newcomer()
    team = insert_team(world.database, world.people[owner], seats=seats)
    for role, who in members.items():
        add_member(world.database, team, world.people[who], role)
    return team, owner


def address(who: str) -> str:
    """The email address of a test's user."""
    return f"{who}@example.com"


async def look_up(world: World, token: str) -> dict[str, Any]:
    """`POST /invitations/lookup`, without a sign-in."""
    answer = await world.post("/invitations/lookup", {"token": token}, None)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def roles(world: World, team: UUID) -> list[str]:
    """The roles of a team's members."""
    return sorted(world.database.rows("select role from oneai.workspace_members where workspace_id = %s", team))


async def test_an_invited_address_joins_with_the_token_of_its_mail(shared: World) -> None:
    team, owner = team_of(shared)
    who = shared.newcomer()

    made = await invite(shared, team, f" {address(who).upper()} ", "admin", owner)
    token = invitation_token(shared.database, made.json()["id"])
    seen = await look_up(shared, token)
    joined = await accept(shared, token, who)

    assert (made.status_code, set(made.json()), made.json()["email"]) == (201, FIELDS, address(who))
    assert token not in made.text
    name = shared.database.one("select name from oneai.workspaces where id = %s", team)
    assert seen.pop("expires_at") == made.json()["expires_at"]
    assert seen == {
        "workspace": {"name": name},
        "role": "admin",
        "inviter": "p•••@e•••.com",
        "email_hint": "p•••@e•••.com",
        "members_may_download": True,
        "state": "open",
    }
    assert (joined.status_code, joined.json()) == (200, {"workspace_id": str(team), "role": "admin"})
    assert (await look_up(shared, token))["state"] == "accepted"
    assert str(team) in [each["id"] for each in (await shared.get("/me", who)).json()["workspaces"]]


async def test_another_address_cannot_accept_and_learns_a_hint(shared: World) -> None:
    team, owner = team_of(shared)
    who, other = shared.newcomer(), shared.newcomer()
    token = await invited(shared, team, address(who), who=owner)

    refused = await accept(shared, token, other)

    assert refusal(refused) == (403, "invitation_for_another_address")
    assert refused.json()["error"]["email_hint"] == "p•••@e•••.com"
    assert address(who) not in refused.text
    assert (await accept(shared, token, who)).status_code == 200


async def test_an_unconfirmed_address_cannot_accept(shared: World) -> None:
    team, owner = team_of(shared)
    who = shared.newcomer()
    token = await invited(shared, team, address(who), who=owner)
    shared.database.rows("update auth.users set email_confirmed_at = null where id = %s", shared.people[who])

    assert refusal(await accept(shared, token, who)) == (403, "email_not_confirmed")

    shared.database.rows("update auth.users set email_confirmed_at = now() where id = %s", shared.people[who])
    assert (await accept(shared, token, who)).status_code == 200


async def test_an_acceptance_repeated_by_the_member_returns_the_same(shared: World) -> None:
    team, owner = team_of(shared)
    who = shared.newcomer()
    token = await invited(shared, team, address(who), who=owner)

    answers = await asyncio.gather(*(accept(shared, token, who) for _ in range(4)))
    answers.append(await accept(shared, token, who))

    assert {(answer.status_code, answer.text) for answer in answers} == {(200, answers[0].text)}
    assert roles(shared, team) == ["member", "owner"]
    accepted = "select count(*) from oneai.audit_log where action = 'invitation.accept' and user_id = %s"
    assert shared.database.one(accepted, shared.people[who]) == 1


async def test_a_used_invitation_brings_a_removed_member_back_no_more(shared: World) -> None:
    team, owner = team_of(shared)
    who = shared.newcomer()
    token = await invited(shared, team, address(who), who=owner)
    await accept(shared, token, who)
    remove_member(shared.database, team, shared.people[who])

    assert refusal(await accept(shared, token, who)) == ENDED
    assert roles(shared, team) == ["owner"]


@pytest.mark.parametrize("token", ["", "none-such", "x" * 201, "\u0000", "٣" * 43])
async def test_an_unknown_token_is_no_invitation(token: str, shared: World) -> None:
    for path, who in (("/invitations/lookup", None), ("/invitations/accept", "asha")):
        answer = await shared.post(path, {"token": token}, who)
        assert refusal(answer) == (ENDED if 0 < len(token) <= 200 else (422, "invalid_request"))


async def test_another_invitation_of_an_address_ends_the_one_before(shared: World) -> None:
    team, owner = team_of(shared, seats=2)
    who = shared.newcomer()
    first = await invited(shared, team, address(who), "member", owner)
    second = await invited(shared, team, address(who), "admin", owner)

    assert refusal(await accept(shared, first, who)) == ENDED
    assert (await accept(shared, second, who)).json()["role"] == "admin"


@pytest.mark.parametrize("change", ["removed", "demoted", "suspended", "deleting"])
async def test_an_invitation_is_void_when_its_inviter_may_invite_no_more(change: str, shared: World) -> None:
    admin, who = shared.newcomer(), shared.newcomer()
    team, owner = team_of(shared, admin=admin)
    token = await invited(shared, team, address(who), who=admin)
    path = f"/team/members/{shared.people[admin]}"
    if change == "removed":
        assert (await in_workspace(shared, team, "DELETE", path, who=owner)).status_code == 204
    elif change == "demoted":
        assert (await in_workspace(shared, team, "PUT", path, {"role": "member"}, who=owner)).is_success
    elif change == "suspended":
        query = "update oneai.users set suspended_at = oneai.now() where id = %s"
        shared.database.rows(query, shared.people[admin])
    else:
        shared.database.rows("update oneai.workspaces set deletes_at = oneai.now() where id = %s", team)

    assert (await look_up(shared, token))["state"] == "revoked"
    assert refusal(await accept(shared, token, who)) == ENDED


async def test_twenty_people_who_accept_the_last_seat_at_once_are_one(shared: World) -> None:
    team, owner = team_of(shared, seats=30)
    people = [shared.newcomer() for _ in range(20)]
    tokens = [await invited(shared, team, address(who), who=owner) for who in people]
    # The plan has fewer seats by now.
    shared.database.rows("update oneai.workspaces set seats = 2 where id = %s", team)

    answers = await asyncio.gather(*(accept(shared, token, who) for token, who in zip(tokens, people, strict=True)))

    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 19]
    assert {refusal(answer)[1] for answer in answers if answer.status_code == 409} == {"no_seat_left"}
    assert roles(shared, team) == ["member", "owner"]
    late = next(token for token, answer in zip(tokens, answers, strict=True) if answer.status_code == 409)
    assert (await look_up(shared, late))["state"] == "full"


async def test_open_invitations_take_seats_until_they_end(shared: World) -> None:
    team, owner = team_of(shared, seats=2)
    made = await invite(shared, team, "one@example.com", who=owner)

    assert refusal(await invite(shared, team, "two@example.com", who=owner)) == (409, "no_seat_left")
    assert (await invite(shared, team, "three@example.com", "viewer", owner)).status_code == 201
    await in_workspace(shared, team, "DELETE", f"/team/invitations/{made.json()['id']}", who=owner)
    assert (await invite(shared, team, "two@example.com", who=owner)).status_code == 201


async def test_many_concurrent_invitations_take_no_more_seats_than_there_are(shared: World) -> None:
    team, owner = team_of(shared, seats=4)

    answers = await asyncio.gather(*(invite(shared, team, f"p{n}@example.com", who=owner) for n in range(12)))

    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 9


async def test_many_are_invited_at_once_and_each_refusal_is_its_own(shared: World) -> None:
    team, owner = team_of(shared, seats=3)
    body = {
        "invitations": [
            {"email": "zoe@example.com", "role": "member"},
            {"email": "not an address", "role": "member"},
            {"email": f"{'क' * 200}@example.com", "role": "member"},
            {"email": f"zoe@{'x' * 64}.com", "role": "member"},
            {"email": "Zoe@Example.com", "role": "viewer"},
            {"email": address(owner), "role": "member"},
            {"email": "amy@example.com", "role": "admin"},
            {"email": "bea@example.com", "role": "member"},
            {"email": "cy@example.com", "role": "viewer"},
        ]
    }

    answer = await in_workspace(shared, team, "POST", "/team/invite", body, who=owner)

    items = answer.json()["items"]
    assert (answer.status_code, [each["email"] for each in items]) == (
        201,
        [
            *("zoe@example.com", "not an address", f"{'क' * 200}@example.com", f"zoe@{'x' * 64}.com"),
            *("Zoe@Example.com", address(owner)),
            *("amy@example.com", "bea@example.com", "cy@example.com"),
        ],
    )
    assert [each["error"] and each["error"]["code"] for each in items] == [
        *("no_seat_left", *["invalid_request"] * 5, None, None, None)
    ]
    assert items[5]["error"]["message"] == "Somebody with this address is already a member."
    too_many = {"invitations": [{"email": f"p{n}@example.com", "role": "viewer"} for n in range(51)]}
    refused = await in_workspace(shared, team, "POST", "/team/invite", too_many, who=owner)
    assert refusal(refused) == (422, "invalid_request")


@pytest.mark.parametrize("role", ["admin", "member", "viewer"])
async def test_an_invitation_is_made_by_admins_up_to_their_own_role(role: str, shared: World) -> None:
    who = shared.newcomer()
    team, _ = team_of(shared)
    add_member(shared.database, team, shared.people[who], role)

    for given in ("owner", "admin", "member", "viewer"):
        answer = await invite(shared, team, f"{given}-{uuid4().hex[:6]}@example.com", given, who)
        if role == "admin" and given != "owner":
            assert answer.status_code == 201
        else:
            assert refusal(answer) == (403, "role_insufficient")


async def test_an_admin_cannot_touch_the_invitation_of_an_owner(shared: World) -> None:
    admin = shared.newcomer()
    team, owner = team_of(shared, admin=admin)
    made = (await invite(shared, team, "new-owner@example.com", "owner", owner)).json()

    for method, path in (("DELETE", ""), ("POST", "/resend")):
        answer = await in_workspace(shared, team, method, f"/team/invitations/{made['id']}{path}", who=admin)
        assert refusal(answer) == (403, "role_insufficient")


async def test_an_invitation_of_another_team_is_not_found(shared: World) -> None:
    (team, owner), (other, stranger) = team_of(shared), team_of(shared)
    made = (await invite(shared, team, "meera@example.com", who=owner)).json()

    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/resend")):
        answer = await in_workspace(shared, other, method, f"/team/invitations/{made['id']}{path}", who=stranger)
        assert refusal(answer) == (404, "not_found")


async def test_a_member_who_is_invited_to_a_higher_role_gets_it(shared: World) -> None:
    who = shared.newcomer()
    team, owner = team_of(shared)
    token = await invited(shared, team, address(who), "member", owner)
    add_member(shared.database, team, shared.people[who], "viewer")

    assert (await accept(shared, token, who)).json()["role"] == "member"
    assert refusal(await invite(shared, team, address(who), "admin", owner)) == (422, "invalid_request")


async def test_an_address_gets_three_invitations_a_day_from_a_team_and_twenty_from_all(shared: World) -> None:
    name = uuid4().hex
    teams = [team_of(shared) for _ in range(3)]

    async def code_of(of: int, email: str) -> int | tuple[str, int]:
        team, owner = teams[of]
        answer = await invite(shared, team, email, "viewer", owner)
        error = answer.json().get("error", {})
        return answer.status_code if answer.is_success else (error["limit_name"], error["limit"])

    addresses = [f"{name}@example.com", *(f"{name}+{n}@example.com" for n in range(3))]
    codes = [await code_of(0, each) for each in addresses]
    assert codes == [201, 201, 201, ("invitations_to_address", 3)]
    assert await code_of(1, addresses[0]) == 201
    shared.database.rows(
        "select oneai.take_daily(encode(oneai.address_hash(%s), 'hex'), 'invitations_to_address_of_all', 20) "
        "from generate_series(1, 16)",
        addresses[0],
    )
    assert await code_of(2, addresses[0]) == ("invitations_to_address_of_all", 20)
    assert shared.database.one("select count(*) from oneai.invitations where email ~ %s", name) == 4


async def test_a_team_sends_a_hundred_and_twenty_invitations_a_day(shared: World) -> None:
    team, owner = team_of(shared, seats=500)

    async def invite_many(first: int, count: int) -> list[str | None]:
        many = [{"email": f"p{n}-{team}@example.com", "role": "member"} for n in range(first, first + count)]
        answer = await in_workspace(shared, team, "POST", "/team/invite", {"invitations": many}, who=owner)
        return [each["error"] and each["error"]["code"] for each in answer.json()["items"]]

    assert await invite_many(0, 50) == [None] * 50
    assert await invite_many(50, 50) == [None] * 50
    assert sorted(map(str, await invite_many(100, 50))) == ["None"] * 20 + ["rate_limited"] * 30
