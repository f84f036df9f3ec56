"""Invitations that are stored, expire, are revoked, and are sent again."""

from uuid import UUID

from tests.workspaces.teams import accept, in_workspace, insert_team, invitation_token, invite, invited, refusal
from tests.world import World

ENDED = (410, "invitation_ended")


def team_of(world: World) -> tuple[UUID, str]:
    """A team with free seats, and its owner."""
    owner = world.newcomer()
    return insert_team(world.database, world.people[owner], seats=5), owner


async def state_of(world: World, token: str) -> str:
    """What a lookup by this token reports."""
    return str((await world.post("/invitations/lookup", {"token": token}, None)).json()["state"])


async def test_the_token_is_stored_as_a_hash_alone(world: World) -> None:
    team, owner = team_of(world)
    token = await invited(world, team, "meera@example.com", who=owner)

    rows = world.database.rows("select i::text from oneai.invitations as i")
    rows += world.database.rows("select o::text from oneai.outbox as o")

    assert token not in str(rows)
    assert len(rows) > 1


async def test_a_revoked_or_expired_invitation_has_ended(world: World) -> None:
    team, owner = team_of(world)
    revoked = await invited(world, team, "asha@example.com", who=owner)
    kept = await invited(world, team, "ravi@example.com", who=owner)
    for each in (await in_workspace(world, team, "GET", "/team/invitations", who=owner)).json()["items"]:
        if each["email"] == "asha@example.com":
            path = f"/team/invitations/{each['id']}"
            assert (await in_workspace(world, team, "DELETE", path, who=owner)).status_code == 204
            assert (await in_workspace(world, team, "DELETE", path, who=owner)).status_code == 204
    world.database.advance(7 * 86_400 + 1)

    assert refusal(await accept(world, revoked, "asha")) == ENDED
    assert refusal(await accept(world, kept, "ravi")) == ENDED
    assert [await state_of(world, token) for token in (revoked, kept)] == ["revoked", "expired"]
    listed = (await in_workspace(world, team, "GET", "/team/invitations", who=owner)).json()["items"]
    assert [each["state"] for each in listed] == ["expired", "revoked"]


async def test_a_resent_invitation_has_a_new_link_and_seven_more_days(world: World) -> None:
    team, owner = team_of(world)
    made = (await invite(world, team, "ravi@example.com", who=owner)).json()
    first = invitation_token(world.database, made["id"])
    world.database.advance(8 * 86_400)

    resent = await in_workspace(world, team, "POST", f"/team/invitations/{made['id']}/resend", who=owner)
    second = invitation_token(world.database, made["id"])

    assert (resent.status_code, resent.json()["state"]) == (200, "open")
    assert refusal(await accept(world, first, "ravi")) == ENDED
    assert (await accept(world, second, "ravi")).status_code == 200
    path = f"/team/invitations/{made['id']}/resend"
    assert refusal(await in_workspace(world, team, "POST", path, who=owner)) == ENDED
