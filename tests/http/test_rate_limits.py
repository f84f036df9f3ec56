"""Requests per minute: of a user, of an address, by kind; what is refused, and when it is served again."""

import asyncio

import pytest
from psycopg import sql

from oneai import settings
from oneai.http.rate_limits import RateLimitSettings, limit_of, network_of
from oneai.settings import SettingsError
from tests import kept_connections
from tests.world import World


@pytest.fixture
def limits(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world in which a user asks twice a minute, searches once, and does all else three times."""
    monkeypatch.setenv("RATE_LIMITS", "asking=2/2,search=1/1,other=3/3,public=2/2")
    settings.reset_cache()
    return world


async def test_a_request_above_the_rate_is_refused_with_the_time_to_wait(limits: World) -> None:
    for _ in range(3):
        assert (await limits.get("/conversations")).is_success

    answer = await limits.get("/conversations")

    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "rate_limited")
    assert answer.json()["error"]["limit_name"] == "other"
    assert answer.headers["retry-after"] == answer.headers["ratelimit-reset"] == "20"
    assert (answer.headers["ratelimit-limit"], answer.headers["ratelimit-remaining"]) == ("3", "0")


async def test_the_next_request_succeeds_after_the_time_to_wait(limits: World) -> None:
    for _ in range(3):
        await limits.get("/conversations")
    wait = int((await limits.get("/conversations")).headers["retry-after"])

    limits.database.advance(wait)

    assert (await limits.get("/conversations")).is_success
    assert (await limits.get("/conversations")).status_code == 429


async def test_a_clock_that_is_set_back_blocks_no_one(limits: World) -> None:
    limits.database.advance(24 * 3600)
    for _ in range(3):
        assert (await limits.get("/conversations")).is_success

    limits.database.advance(-24 * 3600)

    statuses = [(await limits.get("/conversations")).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]


async def test_kinds_of_requests_and_users_have_separate_limits(limits: World) -> None:
    assert (await limits.get("/search", q="hello")).is_success
    assert (await limits.get("/search", q="hello")).status_code == 429
    assert (await limits.get("/search", "ravi", q="hello")).is_success
    assert (await limits.ask("Hello")).last["state"] == "complete"
    assert (await limits.get("/conversations")).is_success


async def test_a_question_above_the_rate_is_refused_before_anything_is_held(limits: World) -> None:
    for _ in range(2):
        await limits.ask("Hello")
    used = limits.quota()

    answer = await limits.post("/chat/stream", {"message": "Hello"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "rate_limited")
    assert limits.quota() == used


async def test_a_public_route_is_limited_by_address(limits: World) -> None:
    for _ in range(2):
        assert (await limits.get("/shared/no-such-link", None)).status_code == 404

    assert (await limits.get("/shared/no-such-link", None)).status_code == 429
    assert limits.database.one("select subject from oneai.rate_limits where limit_name = 'public'") == "127.0.0.1"
    # Another route that reaches the database, and one that does not.
    assert (await limits.get("/health/ready", None)).status_code == 429
    assert (await limits.get("/health", None)).status_code == 200


async def test_concurrent_requests_pass_exactly_up_to_the_limit(limits: World) -> None:
    answers = await asyncio.gather(*(limits.get("/conversations") for _ in range(20)))

    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [429] * 17


async def test_a_request_refused_later_still_consumes_its_rate(limits: World) -> None:
    for _ in range(3):
        assert (await limits.get("/conversations/00000000-0000-4000-8000-000000000000")).status_code == 404

    assert (await limits.get("/conversations")).status_code == 429


@pytest.mark.parametrize("text", ["asking", "asking=60", "asking=0/1", "asking=1/0", "hearing=1/1", "asking=1/1/1"])
def test_an_invalid_limit_in_the_settings_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATE_LIMITS", text)
    settings.reset_cache()

    with pytest.raises(SettingsError, match="RATE_LIMITS"):
        limit_of("asking")

    settings.reset_cache()


def test_a_limit_without_a_setting_has_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATE_LIMITS", "search=7/8")
    settings.reset_cache()

    assert (limit_of("search").per_minute, limit_of("search").burst) == (7, 8)
    assert (limit_of("asking").per_minute, limit_of("asking").burst) == (60, 120)
    assert settings.read(RateLimitSettings).rate_limits == ("search=7/8",)

    settings.reset_cache()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        (None, "unknown"),
        ("no address", "unknown"),
    ],
)
def test_an_address_is_counted_by_its_network(address: str | None, network: str) -> None:
    assert network_of(address) == network


async def test_a_rate_does_not_wait_for_the_disk_and_admission_and_charge_do(world: World) -> None:
    world.database.rows("create table public.commits (relation text, waits text)")
    world.database.rows("grant insert on public.commits to public")
    world.database.rows(
        "create function public.record_commit() returns trigger language plpgsql as $$ begin "
        "insert into public.commits values (tg_relname, current_setting('synchronous_commit')); return null; end $$"
    )
    for table in ("rate_limits", "chat_messages", "usage_events"):
        trigger = (
            "create constraint trigger record after insert on {} deferrable initially deferred "
            "for each row execute function public.record_commit()"
        )
        world.database.connection.execute(sql.SQL(trigger).format(sql.Identifier("oneai", table)))
    world.database.rows(
        "do $$ begin execute format('alter database %%I set synchronous_commit = on', current_database()); end $$"
    )
    kept_connections.close(world.database)

    await world.ask("Hello")

    assert world.database.rows("select distinct relation, waits from public.commits order by relation") == [
        ("chat_messages", "on"),
        ("rate_limits", "off"),
        ("usage_events", "on"),
    ]
