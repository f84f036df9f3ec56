"""With several OpenRouter keys an answer goes on where one is refused, and is recorded under the key that it used."""

import asyncio
import threading

import pytest

from oneai import settings
from oneai.clients import secrets_manager
from oneai.clients.openrouter import keys, management
from stand_ins.openrouter.keys import MANAGEMENT_KEY
from tests.patience import PATIENCE, until
from tests.world import World

EVENTS = "select purpose, openrouter_key from oneai.usage_events order by id"


@pytest.fixture
def world(emptied: World) -> World:
    """One stack is enough for all of these."""
    keys.reset()
    return emptied


async def use_new_keys(monkeypatch: pytest.MonkeyPatch, *disabled: bool) -> list[str]:
    """Creates this many keys; OpenRouter refuses some of them."""
    texts = []
    for refused in disabled:
        info, text = await management.create_key(MANAGEMENT_KEY, "ours", {})
        if refused:
            await management.disable_key(MANAGEMENT_KEY, info.hash)
        texts.append(text)
    configure(monkeypatch, texts)
    return texts


def configure(monkeypatch: pytest.MonkeyPatch, texts: list[str]) -> None:
    """Has these keys set."""
    monkeypatch.setenv("OPENROUTER_API_KEY", ", ".join(texts))
    settings.reset_cache()


async def test_the_costs_of_an_answer_and_a_title_are_recorded_by_key(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTO_TITLES", "true")
    (key,) = await use_new_keys(monkeypatch, False)

    await world.ask()

    events = await until(lambda: len(rows := world.database.rows(EVENTS)) == 2 and rows)
    assert events == [("answer", keys.key_id(key)), ("title", keys.key_id(key))]
    assert key not in str(world.database.rows("select e::text from oneai.usage_events as e"))


async def test_a_refused_key_is_alerted_and_not_shown_to_the_user(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, accepted = await use_new_keys(monkeypatch, True, False)

    results = [await world.ask(), await world.ask()]

    assert [each.last["state"] for each in results] == ["complete", "complete"]
    assert world.database.rows(EVENTS) == [("answer", keys.key_id(accepted))] * 2
    (alert,) = world.database.rows("select kind, subject, count, detail from oneai.operator_alerts")
    assert alert[:3] == ("openrouter_key_refused", "openrouter", 1)
    assert alert[3]["keys"] == [keys.key_id(refused)]
    assert refused not in str(alert)


async def test_concurrent_answers_all_use_the_key_that_the_secret_has_by_then(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (old,) = await use_new_keys(monkeypatch, True)
    _, new = await management.create_key(MANAGEMENT_KEY, "new", {})
    both_refused, configured = threading.Barrier(2, timeout=PATIENCE), threading.Event()

    def refresh() -> bool:
        """One of them reads the secret; the other is refused a second read."""
        if both_refused.wait():
            return not configured.wait(PATIENCE)
        configure(monkeypatch, [new])
        configured.set()
        return True

    monkeypatch.setattr(secrets_manager, "refresh", refresh)

    result = await world.ask(compare=["local/echo", "openai/gpt-4.1-mini"])

    ends = [data for name, data, _ in result.events if name in ("done", "error")]
    assert [end.get("state") for end in ends] == ["complete", "complete"]
    assert set(world.database.rows(EVENTS)) == {("answer", keys.key_id(new))}
    assert old != new


async def test_an_answer_fails_for_free_if_every_key_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await use_new_keys(monkeypatch, True, True)

    results = await asyncio.gather(world.ask(), world.ask(who="ravi"))

    assert {each.code for each in results} == {"operator_notified"}
    assert world.database.rows("select kind, count from oneai.operator_alerts") == [("openrouter_key_refused", 2)]
    assert world.database.one("select sum(charged) + sum(cost_micro_usd) from oneai.usage_events") == 0
