"""Reporting what was shared, and an operator who takes it down."""

import asyncio
from typing import Any

import pytest

from tests.conversations.links import Link, create_link, is_closed, open_link
from tests.ops.operators import CommandResult, run
from tests.talks import conversation
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


async def report(world: World, link: Link, reason: str = "It shows my address") -> int:
    """Reports a link without signing in."""
    return (await world.post(f"/shared/{link.token}/report", {"reason": reason}, None)).status_code


def make_takedown(world: World, *arguments: str) -> CommandResult:
    """Runs the command of `make takedown`."""
    return run("takedown", *arguments, database=world.database)


def alerts(world: World, link: Link) -> list[Any]:
    """The alerts about a link: how often each was raised, and whether it is open."""
    return world.database.rows(
        "select count, acknowledged_at is null from oneai.operator_alerts "
        "where kind = 'share_reported' and subject = %s order by id",
        link.id,
    )


async def test_many_concurrent_reports_are_one_counting_alert_and_close_nothing(shared: World) -> None:
    link = await create_link(shared, conversation(shared, "asha", 2))

    assert set(await asyncio.gather(*(report(shared, link) for _ in range(20)))) == {204}

    assert alerts(shared, link) == [(20, True)]
    assert shared.database.one("select report_count from oneai.shares where id = %s", link.id) == 20
    assert (await open_link(shared, link.token)).status_code == 200


async def test_the_first_hundred_reports_keep_their_text(shared: World) -> None:
    link = await create_link(shared, conversation(shared, "asha", 2))
    shared.database.rows("update oneai.shares set report_count = 98 where id = %s", link.id)

    await asyncio.gather(*(report(shared, link, f"Reason {n}") for n in range(10)))

    kept = shared.database.rows("select number from oneai.share_reports where share_id = %s order by number", link.id)
    assert kept == [99, 100]
    assert shared.database.one("select report_count from oneai.shares where id = %s", link.id) == 108


@pytest.mark.parametrize("body", [{}, None, {"reason": ""}, {"reason": " \n"}, {"reason": "x" * 1001}, {"reason": 7}])
async def test_a_report_has_a_reason(body: Any, shared: World) -> None:
    link = await create_link(shared, conversation(shared, "asha", 2))

    answer = await shared.post(f"/shared/{link.token}/report", body, None)

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert alerts(shared, link) == []


async def test_an_operator_reads_a_report_and_takes_the_share_down(shared: World) -> None:
    talk = conversation(shared, "asha", 2)
    reported, quiet = await create_link(shared, talk), await create_link(shared, talk)
    await report(shared, reported, "Escape \x1b[2J \x9b and nothing\0")

    listed = make_takedown(shared)
    assert (listed.returncode, listed.stderr) == (0, "")
    assert reported.id in listed.stdout
    assert quiet.id not in listed.stdout
    assert "'Escape \\x1b[2J \\x9b and nothing\ufffd'" in listed.stdout

    taken = make_takedown(shared, f"--id={reported.id}")
    assert (taken.returncode, f"{reported.id} is taken down" in taken.stdout) == (0, True)
    assert await is_closed(shared, reported.token)
    assert not await is_closed(shared, quiet.token)
    assert alerts(shared, reported) == [(1, False)]
    assert reported.id not in make_takedown(shared).stdout
    assert "had been taken down" in make_takedown(shared, f"--token={reported.token}").stdout


@pytest.mark.parametrize(
    "form", ["{token}", "https://oneai.example/shared/{token}", "https://oneai.example/shared/{token}/"]
)
async def test_a_taken_down_link_is_closed_and_marked(form: str, shared: World) -> None:
    link = await create_link(shared, conversation(shared, "asha", 2), kind="live")

    taken = make_takedown(shared, "--token=" + form.format(token=link.token))

    assert f"{link.id} is taken down" in taken.stdout
    assert await is_closed(shared, link.token)
    listed = (await shared.get(f"/conversations/{link.conversation}/shares")).json()["items"]
    assert listed[0]["taken_down_at"] is not None


async def test_an_unknown_share_cannot_be_taken_down(shared: World) -> None:
    taken = make_takedown(shared, "--token=never-given-out")

    assert (taken.returncode, taken.stdout, taken.stderr) == (1, "", "There is no such share.\n")


async def test_a_report_of_a_deleted_conversation_is_no_longer_an_alert(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 1)
    link = await create_link(shared, talk, who)
    await report(shared, link)
    assert link.id in run("alerts", database=shared.database).stdout

    assert (await shared.http.delete(f"/conversations/{talk}", headers=shared.headers(who))).status_code == 204

    assert link.id not in run("alerts", database=shared.database).stdout
