"""Speed and ratings of models reach the list of models from the roll-ups, with the operators' sections."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oneai.usage import model_figures
from tests.admin.staff import make_staff
from tests.usage.events import insert_event
from tests.world import World

pytestmark = pytest.mark.sampled(0.5)

MINI, SERVED, LLAMA = "openai/gpt-4.1-mini", "openai/gpt-4.1-mini-2025-04-14", "meta-llama/llama-3.3-70b-instruct"
REASON = {"reason": "Ticket 4711"}


@pytest.fixture(autouse=True)
def uncached() -> Iterator[None]:
    """Reads the figures again in each test."""
    model_figures.reset()
    yield
    model_figures.reset()


async def listed(world: World) -> dict[str, Any]:
    """The public list of models."""
    answer: dict[str, Any] = (await world.get("/chat/models", None)).json()
    return answer


def sections(answer: dict[str, Any]) -> dict[str, list[str]]:
    """The ids of each section."""
    return {each["key"]: each["models"] for each in answer["sections"]}


async def test_without_rollups_the_list_has_sections_and_no_speeds(own_world: World) -> None:
    answer = await listed(own_world)

    assert answer["default_model"] == MINI
    assert sections(answer)["recommended"][0] == MINI
    assert list(sections(answer)) == ["recommended", "fast", "smartest", "cheapest"]
    assert {each["first_token_ms"] for each in answer["items"]} == {None}
    known = {each["id"] for each in answer["items"]}
    assert all(set(ids) <= known for ids in sections(answer).values())


async def test_the_speed_of_a_version_is_its_models(own_world: World) -> None:
    world = own_world
    user = world.people["asha"]
    now = world.database.rows("select oneai.now()")[0]
    answer = {"model": SERVED, "completion": 200}
    for _ in range(20):
        insert_event(world.database, user, now - timedelta(days=1), **answer, first=300, duration=2300)
    for _ in range(19):
        insert_event(world.database, user, now, model=LLAMA, first=100, duration=500)
    old = datetime(2026, 1, 1, tzinfo=UTC)
    for _ in range(30):
        insert_event(world.database, user, old, model="openai/gpt-4.1", first=100, duration=500)
    world.database.rows("select oneai.roll_up_usage(1000)")

    items = {each["id"]: each for each in (await listed(world))["items"]}

    assert items[MINI]["first_token_ms"] == pytest.approx(300, rel=0.06)
    assert items[MINI]["tokens_per_second"] == pytest.approx(100, rel=0.06)
    assert items[LLAMA]["first_token_ms"] is items["openai/gpt-4.1"]["tokens_per_second"] is None


async def test_an_admin_changes_a_section_and_the_list_shows_it(own_world: World) -> None:
    world = own_world
    admin, support = make_staff(world), make_staff(world, "support")
    body = {**REASON, "models": ["deepseek/*", LLAMA], "never": [MINI]}

    changed = await world.http.put("/admin/model-sections/recommended", json=body, headers=world.headers(admin))
    refused = await world.http.put("/admin/model-sections/recommended", json=body, headers=world.headers(support))

    assert changed.status_code == 200
    assert refused.status_code == 404
    stored = {each["section"]: each for each in (await world.get("/admin/model-sections", support)).json()["items"]}
    shown = stored["recommended"].pop("shown")
    assert stored["recommended"] == {"section": "recommended", "models": body["models"], "never": [MINI]}
    assert sections(await listed(world))["recommended"] == ["deepseek/deepseek-r1", LLAMA]
    assert [each["id"] for each in shown] == ["deepseek/deepseek-r1", LLAMA]
    recorded = world.database.rows("select action, target_id, reason from oneai.audit_log where action ~ '^model'")
    assert recorded == [("model_sections.change", "recommended", REASON["reason"])]


@pytest.mark.parametrize(
    ("section", "models"),
    [("best", []), ("fast", ["x"] * 21), ("fast", [""]), ("fast", ["x" * 191]), ("fast", None)],
)
async def test_a_section_that_does_not_fit_is_refused(section: str, models: Any, own_world: World) -> None:
    admin = make_staff(own_world)

    answer = await own_world.http.put(
        f"/admin/model-sections/{section}", json={**REASON, "models": models}, headers=own_world.headers(admin)
    )

    assert answer.status_code in (404, 422)
