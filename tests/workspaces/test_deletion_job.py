"""The job erases teams after their grace period, despite failures on the way."""

import asyncio
from itertools import count
from uuid import UUID

import pytest

from oneai.accounts.team_deletion_job import delete_due_workspaces
from oneai.conversations.archive import Owner
from oneai.errors import DeletionFinal
from oneai.workspaces import deletion
from tests.accounts.rows_of_users import LEDGER
from tests.accounts.test_erasing import Killed, dying
from tests.database.rows import all_rows
from tests.workspaces.ending import DAY, GRACE_DAYS, HALF_AN_HOUR, mails, request, team_of
from tests.workspaces.full_team import ask_in, create_full_team, has_files, rows_naming
from tests.world import World

pytestmark = pytest.mark.sampled(0.6)

# What remains of a team: payments as they are, what was audited, and slugs, which no other team gets.
STAYING = {"payments", "audit_log", *LEDGER}


async def test_invoices_ledger_and_audit_log_alone_remain_of_a_team(world: World) -> None:
    asha, ravi = world.people["asha"], world.people["ravi"]
    team = await create_full_team(world, "asha", (ravi, "member"))
    other = await create_full_team(world, "ravi", (asha, "member"))
    before = world.database.rows("select id from oneai.invoices")
    assert len(before) > 1
    request(world.database, asha, team)

    assert await delete_due_workspaces(600) == {"deleted": 0, "failed": 0}
    world.database.advance(GRACE_DAYS * DAY)
    assert await delete_due_workspaces(600) == {"deleted": 1, "failed": 0}

    assert rows_naming(world.database, team) <= STAYING | {"outbox"}
    assert set(world.database.rows("select id from oneai.invoices")) >= set(before)
    assert (await has_files(team), await has_files(other)) == (False, True)
    assert world.database.rows("select workspace_id from oneai.conversations") == [other]
    assert (asha, "erased") in mails(world.database)


async def test_sums_of_usage_are_the_same_after_a_team_is_erased(world: World) -> None:
    asha = world.people["asha"]
    team = await create_full_team(world, "asha")
    await ask_in(world, team, "asha")
    sums = (
        "select sum(messages), sum(charged), sum(cost_micro_usd) from oneai.usage_rollups "
        "union all select count(*), sum(charged), sum(cost_micro_usd) from oneai.usage_events "
        "union all select count(*), 0, 0 from oneai.active_days"
    )
    world.database.rows("select oneai.roll_up_usage(1000)")
    before = world.database.rows(sums)
    await ask_in(world, team, "asha")
    request(world.database, asha, team, 0)
    await delete_due_workspaces(600)
    world.database.rows("select oneai.roll_up_usage(1000)")

    rollups, events, days = world.database.rows(sums)
    assert rollups == events
    assert (events[0], days[0]) == (before[1][0] + 1, before[2][0])
    world.database.rows("select oneai.rebuild_rollups()")
    world.database.rows("select oneai.roll_up_usage(1000)")
    assert world.database.rows(sums)[0] == rollups


async def test_an_answer_of_a_team_being_erased_is_stopped_and_charged(world: World) -> None:
    asha = world.people["asha"]
    team = team_of(world.database, asha)
    talk = await ask_in(world, team, "asha")
    async with world.asking("Go on", model="local/slow", conversation_id=talk) as answer:
        for _ in range(3):
            await answer.next()
        request(world.database, asha, team, 0)
        erasing = asyncio.create_task(delete_due_workspaces(600))
        await answer.to_the_end()
        assert (await erasing)["deleted"] == 1

    assert answer.result.last["state"] == "stopped"
    assert world.database.rows("select outcome from oneai.usage_events order by id") == ["complete", "stopped"]
    assert world.database.rows("select user_id from oneai.usage_events") == [None, None]
    assert world.database.one("select sum(held_micro_usd)::bigint from oneai.daily_spend") == 0


async def test_a_later_run_completes_an_erasure_interrupted_at_any_point(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for after in count():
        team = await create_full_team(world, world.newcomer())
        (owner,) = world.database.rows("select user_id from oneai.workspace_members where workspace_id = %s", team)
        request(world.database, owner, team, 0)
        died = False
        with monkeypatch.context() as patch:
            dying(after, patch)
            try:
                await delete_due_workspaces(600)
            except Killed:
                died = True
        if not died:
            break
        world.database.advance(HALF_AN_HOUR)
        await delete_due_workspaces(600)
        assert rows_naming(world.database, team) <= STAYING | {"outbox"}, after
        assert not await has_files(team), after
    assert after > 8
    assert world.database.rows("select workspace_id from oneai.workspace_deletions") == []


async def test_concurrent_runs_and_a_restore_have_one_outcome(world: World) -> None:
    asha = world.people["asha"]
    team = await create_full_team(world, "asha")
    request(world.database, asha, team)
    world.database.advance(GRACE_DAYS * DAY - 0.2)

    restoring = asyncio.create_task(_restored(asha, team))
    runs = await asyncio.gather(*(delete_due_workspaces(600) for _ in range(3)))
    world.database.advance(5)
    runs.append(await delete_due_workspaces(600))

    assert sum(run["deleted"] for run in runs) == (0 if await restoring else 1)
    assert bool(world.database.rows("select id from oneai.workspaces where id = %s", team)) == await restoring


async def _restored(user: UUID, team: UUID) -> bool:
    """Whether the owner was in time."""
    try:
        await deletion.restore_workspace(Owner(user), str(team))
    except DeletionFinal:
        return False
    return True


async def test_one_team_that_cannot_be_erased_does_not_stop_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await create_full_team(world, "asha"), await create_full_team(world, "ravi")
    request(world.database, world.people["asha"], first, 0)
    world.database.advance(1)
    request(world.database, world.people["ravi"], second, 0)

    with monkeypatch.context() as patch:
        _fail_for(first, patch)
        assert await delete_due_workspaces(600) == {"deleted": 1, "failed": 1}
    assert world.database.rows(
        "select subject from oneai.operator_alerts where kind = 'workspace_deletion_failed'"
    ) == [str(first)]
    world.database.advance(HALF_AN_HOUR)
    assert await delete_due_workspaces(600) == {"deleted": 1, "failed": 0}
    assert {table for table, rows in all_rows(world.database).items() if any(str(first) in row for row in rows)} <= (
        STAYING | {"outbox"}
    )


def _fail_for(team: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    """The storage refuses to delete the files of this team."""
    from oneai.clients import s3

    delete_all = s3.delete_all

    async def refusing(prefix: str) -> int:
        if str(team) in prefix:
            raise OSError("the storage is away")
        return await delete_all(prefix)

    monkeypatch.setattr(s3, "delete_all", refusing)
