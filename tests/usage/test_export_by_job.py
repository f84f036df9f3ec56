"""Usage that no response can carry is written by a job and fetched at a link."""

from datetime import timedelta
from importlib import import_module

import httpx
import pytest

from oneai import usage
from oneai.conversations import archive
from tests.database.team_members import team_of
from tests.workspaces.teams import add_member, in_workspace, remove_member
from tests.world import World

ENOUGH = 30_000


def many(world: World, who: str) -> None:
    """More events than 4.5 MB hold as lines."""
    world.database.rows(
        """
        insert into oneai.usage_events (workspace_id, user_id, created_at, purpose, outcome, subscription_tier,
          quota_key,
          charged, model_asked, model_served, provider, prompt_tokens, cost_micro_usd, price_version, message_id)
        select %s, %s, oneai.now() - n * interval '1 minute', 'answer', 'complete', 'free', 'small_messages', 1,
          'maker/a-model-with-a-name', 'maker/a-model-with-a-name', 'Acme', 10, 1, 'v1', gen_random_uuid()
        from generate_series(1, %s) as n
        """,
        *(world.people[who], world.people[who]),
        ENOUGH,
    )


@pytest.mark.exhaustive
async def test_a_large_export_is_written_by_the_job_with_every_event(world: World) -> None:
    many(world, "asha")
    many(world, "ravi")

    first = await world.get("/user/usage/export", format="jsonl")
    again = await world.get("/user/usage/export", format="jsonl")
    other = await world.get("/user/usage/export", format="csv")

    assert [each.status_code for each in (first, again, other)] == [202, 202, 202]
    assert first.json() == again.json() != other.json()
    state = f"/exports/{first.json()['export_id']}"
    assert (await world.get(state)).json()["state"] == "queued"
    assert (await world.get(state, "ravi")).status_code == 404
    assert (await archive.run_exports_and_imports(900, usage.WRITERS))["exports"] == 2
    done = (await world.get(state)).json()
    assert done["state"] == "done"
    async with httpx.AsyncClient() as browser:
        file = await browser.get(done["url"])
    days = timedelta(minutes=ENOUGH) // timedelta(days=1)
    assert days < 30
    assert len(file.text.splitlines()) == ENOUGH
    assert file.headers["content-type"].startswith("application/jsonl")
    assert "usage-" in file.headers["content-disposition"]


async def test_a_large_export_of_a_team_is_the_teams_for_as_long_as_its_role_lasts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = world.newcomer()
    asha, ravi, meera = (world.people[who] for who in ("asha", "ravi", other))
    tea = team_of(world.database, asha, admin=ravi, member=meera)
    for user, workspace in ((asha, tea), (meera, tea), (meera, tea), (ravi, tea), (ravi, ravi)):
        world.database.rows(
            "insert into oneai.usage_events (workspace_id, user_id, created_at, purpose, outcome, subscription_tier, "
            "model_asked, price_version) "
            "values (%s, %s, oneai.now() - interval '1 day', 'answer', 'complete', 'team', 'maker/a-model', 'v1')",
            *(workspace, user),
        )
    monkeypatch.setattr(import_module("oneai.usage.export"), "DIRECT_BYTES", 0)

    async def asked(who: str) -> str:
        answer = await in_workspace(world, tea, "GET", "/user/usage/export", who=who, format="jsonl")
        assert answer.status_code == 202, answer.text
        return f"/exports/{answer.json()['export_id']}"

    exports = {who: await asked(who) for who in ("ravi", other)}
    own = (await world.get("/user/usage/export", "ravi", format="jsonl")).json()["export_id"]
    await archive.run_exports_and_imports(900, usage.WRITERS)

    async def lines(path: str, who: str) -> int:
        async with httpx.AsyncClient() as browser:
            return len((await browser.get((await world.get(path, who)).json()["url"])).text.splitlines())

    assert [await lines(path, who) for who, path in exports.items()] == [4, 2]
    assert await lines(f"/exports/{own}", "ravi") == 1
    assert (await in_workspace(world, tea, "GET", f"/exports/{own}", who="ravi")).status_code == 404

    add_member(world.database, tea, ravi, "member")
    remove_member(world.database, tea, meera)

    assert [(await world.get(path, who)).status_code for who, path in exports.items()] == [404, 404]
    waiting = await asked("ravi")
    remove_member(world.database, tea, ravi)
    await archive.run_exports_and_imports(900, usage.WRITERS)
    state = "select state from oneai.exports where id::text = %s"
    assert world.database.one(state, waiting.removeprefix("/exports/")) == "failed"
