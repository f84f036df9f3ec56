"""Changes of a team that meet: whichever comes first, the team has an owner, and each thing one outcome."""

import asyncio

from tests.patience import PATIENCE
from tests.workspaces.teams import in_workspace
from tests.workspaces.test_members import role_of, team_with
from tests.world import World


async def test_a_team_keeps_one_owner_if_its_next_owner_leaves_or_is_removed_meanwhile(shared: World) -> None:
    for number in range(4):
        team, owner, (heir,) = team_with(shared, "member")
        await shared.post(f"/workspaces/{team}/transfer", {"user_id": str(shared.people[heir])}, owner)
        accepting = shared.post(f"/workspaces/{team}/transfer/accept", None, heir)
        member = shared.people[heir]
        leaving = (
            in_workspace(shared, team, "DELETE", f"/team/members/{member}", who=owner)
            if number % 2
            else shared.post(f"/workspaces/{team}/leave", None, heir)
        )

        accepted, left = await asyncio.wait_for(asyncio.gather(accepting, leaving), PATIENCE)

        assert accepted.status_code in (200, 404), accepted.text
        assert left.status_code in (204, 403, 409), left.text
        roles = [role for who in (owner, heir) if (role := role_of(shared, team, who))]
        assert roles.count("owner") == 1
        assert (accepted.status_code == 200) == (len(roles) == 2)


async def test_of_two_removals_with_different_heirs_one_counts_for_all_documents(shared: World) -> None:
    team, owner, (leaver, first, second) = team_with(shared, "member", "member", "admin")
    for number in range(6):
        shared.database.rows(
            "insert into oneai.documents (id, workspace_id, user_id, visibility, name, media_type, size, "
            "upload_expires_at, arrived_at) "
            "values (gen_random_uuid(), %s, %s, 'private', %s, 'text/plain', 6, oneai.now(), oneai.now())",
            *(team, shared.people[leaver], f"{number}.txt"),
        )
    path = f"/team/members/{shared.people[leaver]}"

    answers = await asyncio.wait_for(
        asyncio.gather(
            *(
                in_workspace(shared, team, "DELETE", path, who=who, heir_user_id=str(shared.people[heir]))
                for who, heir in ((owner, first), (second, second), (owner, second))
            )
        ),
        PATIENCE,
    )

    assert sorted(answer.status_code for answer in answers) == [204, 404, 404]
    authors = shared.database.rows("select distinct user_id from oneai.documents where workspace_id = %s", team)
    (author,) = authors
    assert author in (shared.people[first], shared.people[second])
