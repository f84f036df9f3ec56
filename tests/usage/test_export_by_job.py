"""Usage that no response can carry is written by a job and fetched at a link."""

from datetime import timedelta

import httpx
import pytest

from oneai import usage
from oneai.conversations import archive
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
