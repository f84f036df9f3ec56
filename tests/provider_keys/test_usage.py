"""What a key was used for, by day, as its page shows it."""

from uuid import UUID, uuid4

import pytest

from tests.database.team_members import team_of
from tests.provider_keys.keys import PATH
from tests.provider_keys.rows import insert_key
from tests.world import World


def answer(world: World, workspace: UUID, key: UUID, cost: int) -> None:
    """An answer that the key paid."""
    reservation = uuid4()
    world.database.rows(
        "select oneai.hold_provider_key(w, %s, %s, 1000) from oneai.workspaces as w where w.id = %s",
        *(reservation, key, workspace),
    )
    world.database.rows("select oneai.settle_provider_key(%s, true, %s)", reservation, cost)


@pytest.mark.parametrize("path", [PATH, "/settings/api-keys"])
async def test_the_usage_of_a_key_has_each_day_and_the_month(world: World, path: str) -> None:
    asha = world.people["asha"]
    key = insert_key(world.database, asha, asha)
    for cost in (100, 250):
        answer(world, asha, key, cost)
    world.database.rows(
        "select oneai.count_provider_key_fallback(w, %s) from oneai.workspaces as w where w.id = %s", key, asha
    )
    world.database.rows(
        "select oneai.add_to_provider_key(%s, %s, date_trunc('day', oneai.now() at time zone 'UTC') "
        "at time zone 'UTC' - interval '2 days', date_trunc('month', oneai.now() at time zone 'UTC') "
        "at time zone 'UTC' - interval '40 days', 4, 40, 0)",
        asha,
        key,
    )
    found = (await world.get(f"{path}/{key}/usage", days=3)).json()

    used = [(each["answers"], each["micro_usd"], each["fallback_answers"]) for each in found["days"]]
    assert used == [(4, 40, 0), (0, 0, 0), (2, 350, 1)]
    assert found["days"][2]["day"] == str(world.database.one("select (oneai.now() at time zone 'UTC')::date"))
    assert found["month"] == {"answers": 2, "micro_usd": 350}


async def test_days_are_those_of_the_workspaces_time_zone(world: World) -> None:
    who = world.newcomer()
    user = world.people[who]
    key = insert_key(world.database, user, user)
    world.database.rows("update oneai.workspaces set time_zone = 'Pacific/Kiritimati' where id = %s", user)
    answer(world, user, key, 100)
    (today,) = (await world.get(f"{PATH}/{key}/usage", who, days=1)).json()["days"]

    assert today["day"] == str(world.database.one("select (oneai.now() at time zone 'Pacific/Kiritimati')::date"))
    assert today["micro_usd"] == 100


async def test_only_who_manages_a_workspace_reads_the_usage_of_its_keys(world: World) -> None:
    owner, member = world.newcomer(), world.newcomer()
    team = team_of(world.database, world.people[owner], member=world.people[member])
    key = insert_key(world.database, team, world.people[owner])

    assert (await world.get(f"{PATH}/{key}/usage", owner)).status_code == 200
    assert (await world.get(f"{PATH}/{key}/usage", member)).status_code == 403
    assert (await world.get(f"{PATH}/{key}/usage", world.newcomer())).status_code == 404
    assert (await world.get(f"{PATH}/{key}/usage", owner, days=91)).status_code == 422
