"""Where the time of answers goes is recorded with each of them, and the slowest stage is shown to operators."""

import pytest

from tests.admin.staff import make_staff
from tests.world import World

ROLL_UP = "select oneai.roll_up_usage(1000)"


def answer(world: World, admission: int, preparation: int | None, first: int | None, duration: int | None) -> None:
    """An answer with these milliseconds."""
    world.database.rows(
        """
        insert into oneai.usage_events (created_at, workspace_id, user_id, message_id, purpose, outcome,
          subscription_tier, model_asked, price_version, admission_ms, preparation_ms, first_token_ms, duration_ms)
        values (oneai.now() - interval '1 day', %s, %s, gen_random_uuid(), 'answer', 'complete', 'free', 'local/echo',
          'test', %s, %s, %s, %s)
        """,
        *(world.people["asha"], world.people["asha"]),
        admission,
        preparation,
        first,
        duration,
    )


async def test_an_answer_records_when_it_was_admitted_and_when_the_model_was_asked(own_world: World) -> None:
    world = own_world

    await world.post("/chat/stream", {"message": "Hello"})

    ((admission, preparation, first, duration),) = world.database.rows(
        "select admission_ms, preparation_ms, first_token_ms, duration_ms from oneai.usage_events "
        "where purpose = 'answer'"
    )
    assert admission >= 0
    assert 0 <= preparation <= first <= duration + 1


async def test_the_stage_with_the_highest_95th_percentile_is_the_slowest(own_world: World) -> None:
    world = own_world
    admin = make_staff(world)
    for _ in range(3):
        answer(world, 20, 5, 505, 900)
    world.database.rows(ROLL_UP)

    overview = (await world.get("/admin/overview", admin, days=7)).json()
    report = (await world.get("/admin/analytics/performance", admin)).json()

    assert overview["slowest_stage"]["stage"] == "model"
    assert overview["slowest_stage"]["ms_p95"] == pytest.approx(500, rel=0.06)
    assert [(each["stage"], each["ms_p50"]) for each in report["stages"]] == [
        ("admission", pytest.approx(20, rel=0.06)),
        ("preparation", pytest.approx(5, rel=0.06)),
        ("model", pytest.approx(500, rel=0.06)),
        ("writing", pytest.approx(395, rel=0.06)),
    ]


async def test_a_stage_that_no_answer_reached_is_left_out(own_world: World) -> None:
    world = own_world
    admin = make_staff(world)
    before = (await world.get("/admin/overview", admin, days=7)).json()
    answer(world, 20, None, None, None)
    world.database.rows(ROLL_UP)

    after = (await world.get("/admin/overview", admin, days=7)).json()
    report = (await world.get("/admin/analytics/performance", admin)).json()

    assert before["slowest_stage"] is None
    assert after["slowest_stage"]["stage"] == "admission"
    assert [each["stage"] for each in report["stages"]] == ["admission"]
