"""What a chat asks of Postgres, counted on the wire: connections and round trips are what a function pays for."""

import asyncio

from tests.second_process import OtherProcess
from tests.wire import Wire
from tests.world import World, remaining_events


async def test_an_answer_takes_one_round_trip_before_the_upstream_and_one_afterwards(world: World, wire: Wire) -> None:
    await world.ask()  # opens the connections
    wire.trips.clear()

    await world.ask("Count to 2000", model="local/long")

    admit, settle = wire.trips_without_checkpoints()
    assert "oneai.admit(" in admit
    assert wire.trips[0] == admit
    assert "oneai.settle(" in settle
    assert wire.trips[-1] == settle


async def test_a_follow_up_takes_no_more_round_trips(world: World, wire: Wire) -> None:
    first = await world.ask()
    wire.trips.clear()

    await world.ask(conversation_id=first.start["conversation_id"])

    assert len(wire.trips_without_checkpoints()) == 2


async def test_an_answer_that_arrives_at_once_opens_no_connection_to_cancel_its_checkpoint(
    world: World, wire: Wire
) -> None:
    await world.ask("Say 1", model="local/long")
    opened = wire.connections

    for _ in range(20):
        result = await world.ask("Say 1", model="local/long")
        assert result.last["state"] == "complete"

    # A cancellation would open one for each answer; a slow machine may have one more in use at once.
    assert wire.connections < opened + 10


async def test_following_an_answer_of_this_process_takes_one_round_trip(world: World, wire: Wire) -> None:
    async with world.asking(model="local/slow", max_tokens=8) as answer:
        await answer.next()
        wire.trips.clear()

        await world.resume(answer.result.start["message_id"])

    follow, settle = wire.trips_without_checkpoints()
    assert "oneai.follow(" in follow
    assert "oneai.settle(" in settle


async def test_following_an_answer_of_another_process_takes_only_its_reads(
    world: World, other_process: OtherProcess, wire: Wire
) -> None:
    async with other_process.asking(model="local/slow", max_tokens=8) as answer:
        await answer.next()
        wire.trips.clear()

        await world.resume(answer.result.start["message_id"])

    assert len(wire.trips) > 1
    for trip in wire.trips:
        assert "oneai.answer_pieces" in trip
        assert "oneai.follow(" in trip


async def test_no_transaction_is_open_while_an_answer_streams(world: World) -> None:
    seen = []
    async with world.asking(model="local/slow", max_tokens=6) as answer:
        async for _ in remaining_events(answer):
            seen += world.database.rows(
                "select state from pg_stat_activity where datname = current_database() and usename = 'oneai_app'"
            )
            await asyncio.sleep(0.05)

    assert answer.result.last["state"] == "complete"
    assert "idle" in seen
    assert not [state for state in seen if state.startswith("idle in transaction")]
