"""What an own key adds to an answer, counted on the wire: nothing at Postgres, and one request to KMS in minutes."""

import pytest

from oneai.clients import kms_data_keys
from oneai.provider_keys import data_keys
from stand_ins import openai as openai_stand_in
from tests.provider_keys.answering import KEY, MODEL, over, provider, with_key
from tests.wire import Wire
from tests.world import World


async def test_an_own_key_adds_no_round_trip_and_asks_kms_once(
    world: World, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[bytes] = []
    open_data_key = kms_data_keys.open_data_key

    async def counted(wrapped: bytes, context: dict[str, str]) -> bytes:
        opened.append(wrapped)
        return await open_data_key(wrapped, context)

    monkeypatch.setattr(kms_data_keys, "open_data_key", counted)
    async with provider(monkeypatch, "OPENAI_BASE_URL", openai_stand_in.create(key=KEY)) as openai:
        await with_key(world, "asha")
        data_keys.forget()
        await world.ask("What is a cat?", model=MODEL)  # opens the connections
        await over()
        wire.trips.clear()

        result = await world.ask("And a dog?", model=MODEL)
        await over()

    admit, settle = wire.trips_without_checkpoints()
    assert ("oneai.admit(" in admit, "oneai.settle(" in settle) == (True, True)
    assert (result.last["usage"]["paid_by"]["source"], len(openai.asked), len(opened)) == ("own_key", 2, 1)
