"""The deep check asks what answers depend on, tells everyone whether it is there, and staff in how long."""

from collections.abc import Iterator

import pytest

from oneai import __version__, health, settings
from oneai.clients import s3
from oneai.clients.openrouter import lookup
from oneai.models import providers
from oneai.postgres import db, pool
from tests.admin.staff import make_staff
from tests.patience import PATIENCE
from tests.wire import Wire
from tests.world import World

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _asked_long_ago(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # The machine may be busy; what is not there refuses at once.
    monkeypatch.setattr(health, "SECONDS_ALLOWED", PATIENCE)
    monkeypatch.setattr(s3, "REACH_SECONDS", PATIENCE)
    monkeypatch.setattr(lookup, "REACH_SECONDS", PATIENCE)
    health.reset_cache()
    yield
    settings.reset_cache()
    health.reset_cache()


async def test_the_public_deep_check_returns_ok_alone(world: World) -> None:
    answer = await world.get("/health", None, deep=True)

    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "version": __version__, "checks": None})
    assert (await world.get("/health", "ravi", deep=True)).json() == answer.json()
    wrong = await world.http.get("/health?deep=true", headers={"authorization": "Bearer nonsense"})
    assert wrong.json() == answer.json()


async def test_staff_see_each_component_with_its_milliseconds(world: World) -> None:
    checks = (await world.get("/health", make_staff(world, "support"), deep=True)).json()["checks"]

    assert [(each["name"], each["ok"]) for each in checks] == [
        ("database", True),
        ("storage", True),
        ("upstream", True),
    ]
    assert all(each["ms"] >= 0 for each in checks)


@pytest.mark.parametrize(
    ("variable", "part"), [("OPENROUTER_BASE_URL", "upstream"), ("STORAGE_ENDPOINT_URL", "storage")]
)
async def test_an_unreachable_component_is_503_and_only_staff_see_which(
    world: World, monkeypatch: pytest.MonkeyPatch, variable: str, part: str
) -> None:
    who = make_staff(world, "support")
    monkeypatch.setenv(variable, NOWHERE)
    settings.reset_cache()
    await providers.close()

    everyone, staff = await world.get("/health", None, deep=True), await world.get("/health", who, deep=True)

    assert (everyone.status_code, everyone.json()["error"]["code"]) == (503, "busy")
    assert "checks" not in everyone.json()["error"]
    assert NOWHERE not in staff.text
    assert [each["name"] for each in staff.json()["error"]["checks"] if not each["ok"]] == [part]


async def test_the_deep_check_fails_without_a_database_and_the_shallow_one_does_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Wire(world.database).strung() as wire:
        monkeypatch.setenv("DATABASE_URL", wire.url)
        monkeypatch.setattr(pool, "WAIT_SECONDS", 1)
        settings.reset_cache()
        await db.close()
        wire.break_()

        deep, shallow = await world.get("/health", deep=True), await world.get("/health", None)
        await db.close()

    assert (deep.status_code, deep.json()["error"].keys()) == (503, {"code", "message"})
    assert shallow.status_code == 200


async def test_the_deep_check_is_cached_for_ten_seconds(world: World) -> None:
    assert (await world.get("/health", None, deep=True)).status_code == 200
    first = await health.check_all()

    assert (await world.get("/health", None, deep=True)).status_code == 200
    assert await health.check_all() is first


async def test_the_shallow_check_connects_to_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_BASE_URL", NOWHERE)
    monkeypatch.setenv("DATABASE_URL", "postgresql://nowhere")
    settings.reset_cache()

    answer = await world.get("/health", None)

    assert (answer.status_code, answer.json()["checks"]) == (200, None)
