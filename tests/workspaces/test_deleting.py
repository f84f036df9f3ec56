"""Owners delete and restore a team over HTTP: what they are shown, who is refused, and what ends at once."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from oneai.accounts.team_deletion_job import delete_due_workspaces
from oneai.conversations import archive
from tests.workspaces.ending import DAY, GRACE_DAYS, code, delete, deletes_at, slug_of, team_of
from tests.workspaces.full_team import create_full_team
from tests.world import World


async def test_a_preview_says_what_a_deletion_erases_and_changes_nothing(world: World) -> None:
    team = await create_full_team(world, "asha", (world.people["ravi"], "member"))

    seen = (await delete(world, team, preview=1)).json()

    assert seen["confirm"] == slug_of(world.database, team)
    erased = seen["erased"]
    assert (erased["members"], erased["conversations"], erased["documents"], erased["api_keys"]) == (2, 1, 1, 1)
    assert seen["kept"]["payments"] == 1
    assert deletes_at(world.database, team) is None


async def test_a_deleted_team_is_read_by_its_owners_alone_until_it_is_erased(world: World) -> None:
    team = team_of(world.database, world.people["asha"], (world.people["ravi"], "admin"))

    accepted = await delete(world, team)

    assert accepted.status_code == 202
    shown = await world.get(f"/workspaces/{team}")
    assert shown.json()["deletes_at"] == accepted.json()["deletes_at"]
    assert code(await world.get(f"/workspaces/{team}", "ravi")) == (404, "workspace_not_found")
    assert (await delete(world, team)).json() == accepted.json()

    world.database.advance(GRACE_DAYS * DAY)
    assert (await delete_due_workspaces(600))["deleted"] == 1
    assert code(await world.get(f"/workspaces/{team}")) == (404, "workspace_not_found")


async def test_an_owner_restores_a_team_by_its_slug(world: World) -> None:
    team = team_of(world.database, world.people["asha"], (world.people["ravi"], "admin"))
    slug = slug_of(world.database, team)
    await delete(world, team)

    assert code(await world.post(f"/workspaces/{slug}/restore", None, "ravi")) == (404, "workspace_not_found")
    assert (await world.post(f"/workspaces/{slug}/restore", None)).status_code == 204

    assert deletes_at(world.database, team) is None
    assert (await world.get(f"/workspaces/{slug}", "ravi")).status_code == 200
    assert (await world.post(f"/workspaces/{slug}/restore", None)).status_code == 204


async def test_a_restore_after_the_grace_period_is_final(world: World) -> None:
    team = team_of(world.database, world.people["asha"])
    await delete(world, team)
    world.database.advance(GRACE_DAYS * DAY)

    assert code(await world.post(f"/workspaces/{team}/restore", None)) == (409, "deletion_final")


@pytest.mark.parametrize("confirm", ["", "tea", "DELETE", "x" * 101])
async def test_a_wrong_confirmation_deletes_no_team(confirm: str, world: World) -> None:
    team = team_of(world.database, world.people["asha"])

    answer = await delete(world, team, confirm=confirm)

    assert code(answer) == (422, "invalid_request")
    assert [each["field"] for each in answer.json()["error"]["details"]] == ["confirm"]
    assert deletes_at(world.database, team) is None


async def test_a_deletion_without_a_body_is_refused(world: World) -> None:
    team = team_of(world.database, world.people["asha"])

    answer = await world.http.delete(f"/workspaces/{team}", headers=world.headers())

    assert code(answer) == (422, "invalid_request")


async def test_the_slug_is_confirmed_in_any_case(world: World) -> None:
    team = team_of(world.database, world.people["asha"])

    assert (await delete(world, team, confirm=f" {slug_of(world.database, team).upper()} ")).status_code == 202


async def test_a_personal_workspace_is_not_deleted_this_way(world: World) -> None:
    asha = world.people["asha"]
    for query in ({}, {"preview": 1}):
        answer = await world.http.request(
            "DELETE", f"/workspaces/{asha}", json={"confirm": "asha"}, params=query, headers=world.headers()
        )
        assert code(answer) == (409, "personal_workspace")
        assert answer.json()["error"]["message"] == "Your personal workspace is deleted with your account."


@pytest.mark.parametrize(
    ("who", "refusal"), [("ravi", (403, "role_insufficient")), ("stranger", (404, "workspace_not_found"))]
)
async def test_admins_and_strangers_delete_restore_and_offer_no_team(
    world: World, who: str, refusal: tuple[int, str]
) -> None:
    team = team_of(world.database, world.people["asha"], (world.people["ravi"], "admin"))
    world.people["stranger"] = world.database.user("stranger@example.com")

    assert code(await delete(world, team, who)) == refusal
    assert code(await delete(world, team, who, preview=1)) == refusal
    assert code(await world.post(f"/workspaces/{team}/restore", None, who)) == refusal
    offer = {"user_id": str(world.people["ravi"])}
    assert code(await world.post(f"/workspaces/{team}/transfer", offer, who)) == refusal


@pytest.mark.parametrize("amr", [None, [], "password", [{"method": "password"}], [{"timestamp": 2_000_000_000.5}]])
async def test_a_token_that_does_not_say_when_its_user_signed_in_deletes_no_team(amr: Any, world: World) -> None:
    team = team_of(world.database, world.people["asha"])

    answer = await _delete_with(world, team, amr)

    assert code(answer) == (403, "recent_sign_in_required")
    assert answer.json()["error"]["within_minutes"] == 60


async def test_a_sign_in_counts_as_recent_for_an_hour(world: World) -> None:
    team, now = team_of(world.database, world.people["asha"]), int(time.time())

    stale = await _delete_with(world, team, [{"method": "password", "timestamp": now - 3700}])
    # The session is old, and its second factor was shown now.
    fresh = await _delete_with(
        world, team, [{"method": "password", "timestamp": now - 9000}, {"method": "totp", "timestamp": now - 3000}]
    )

    assert code(stale) == (403, "recent_sign_in_required")
    assert fresh.status_code == 202


async def _delete_with(world: World, team: Any, amr: Any) -> Any:
    token = world.signer.token(world.people["asha"], "asha@example.com", amr=amr)
    return await world.http.request(
        "DELETE",
        f"/workspaces/{team}",
        json={"confirm": slug_of(world.database, team)},
        headers={"authorization": f"Bearer {token}"},
    )


async def test_files_with_a_teams_conversations_end_with_its_suspension_or_deletion(world: World) -> None:
    team = team_of(world.database, world.people["asha"], (world.people["ravi"], "member"))

    async def states_after(close: Callable[[], Awaitable[object]]) -> list[str]:
        made = {who: (await world.post("/exports", None, who)).json()["export_id"] for who in ("asha", "ravi")}

        async def states() -> list[str]:
            return [(await world.get(f"/exports/{made[who]}", who)).json()["state"] for who in made]

        await archive.run_exports_and_imports(900, {})
        assert await states() == ["done", "done"]
        await close()
        return await states()

    async def suspend() -> None:
        for suspended in (True, False):
            world.database.rows("select oneai.set_workspace_suspended(%s, %s)", team, suspended)

    assert await states_after(suspend) == ["expired", "expired"]
    assert await states_after(lambda: delete(world, team)) == ["done", "expired"]
