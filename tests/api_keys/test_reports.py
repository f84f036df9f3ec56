"""Reports of secret scanners."""

import asyncio

import pytest

from oneai import settings
from oneai.api_keys import secret
from tests.api_keys.keys import code, create, get
from tests.world import World

READ = ["usage:read"]


def mails(world: World) -> list[tuple[str, str]]:
    """The keys whose owners are mailed."""
    return world.database.rows("select cause_key, data ->> 'key_name' from oneai.outbox where kind = 'api_key_leaked'")


async def test_a_reported_key_is_revoked_and_its_owner_mailed_once(world: World) -> None:
    made = await create(world, scopes=READ)
    other = await create(world, scopes=READ)

    answers = await asyncio.gather(*(world.post("/keys/report", [made["secret"]], None) for _ in range(3)))

    assert {(answer.status_code, answer.content) for answer in answers} == {(204, b"")}
    assert code(await get(world, "/user/usage", made["secret"])) == (401, "invalid_api_key")
    assert (await get(world, "/user/usage", other["secret"])).is_success
    assert mails(world) == [(made["id"], "Nightly report")]


async def test_the_report_format_of_github_is_accepted(world: World) -> None:
    made = await create(world, scopes=READ)
    found = {"token": made["secret"], "type": "oneai_api_key", "url": "https://github.com/x", "source": "commit"}

    assert (await world.post("/keys/report", [found], None)).status_code == 204

    assert code(await get(world, "/user/usage", made["secret"])) == (401, "invalid_api_key")


async def test_an_unknown_key_gets_the_same_answer(world: World) -> None:
    made = await create(world, scopes=READ)

    known = await world.post("/keys/report", [made["secret"]], None)
    unknown = await world.post("/keys/report", [secret.generate(), "oneai_sk_x", "", "ghp_1234"], None)

    assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (204, b"")
    assert len(mails(world)) == 1


async def test_a_report_of_a_previous_secret_counts_only_during_its_overlap(world: World) -> None:
    made = await create(world, scopes=READ)
    rotated = (await world.post(f"/user/api-keys/{made['id']}/rotate", {"overlap_seconds": 60})).json()
    world.database.advance(61)
    await world.post("/keys/report", [made["secret"]], None)
    assert (await get(world, "/user/usage", rotated["secret"])).is_success

    await world.post(f"/user/api-keys/{made['id']}/rotate", {"overlap_seconds": 60})
    await world.post("/keys/report", [rotated["secret"]], None)

    assert code(await get(world, "/user/usage", rotated["secret"])) == (401, "invalid_api_key")


async def test_reports_are_limited_by_address(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATE_LIMITS", "sign_in=2/2")
    settings.reset_cache()

    answers = [await world.post("/keys/report", [], None) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [204, 204, 429]
