"""The status shows the remaining units of a plan at any moment."""

from datetime import UTC, datetime, timedelta
from typing import Any

from oneai.quota.status import MemberUsage, QuotaUsage
from tests.world import World


async def quotas(world: World, who: str = "asha") -> dict[str, Any]:
    """The quotas of `who`, by key."""
    answer = await world.get("/quota/status", who)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()["quotas"]
    return found


def left(quota: dict[str, Any]) -> tuple[int, int, int, float]:
    """`(used, reserved, remaining, percentage_used)`."""
    return quota["used"], quota["reserved"], quota["remaining"], quota["percentage_used"]


async def test_a_new_user_has_the_whole_free_plan(world: World) -> None:
    found = await quotas(world)

    assert {key: (each["limit"], each["frequency"], *left(each)) for key, each in found.items()} == {
        "small_messages": (100, "monthly", 0, 0, 100, 0.0),
        "large_messages": (20, "monthly", 0, 0, 20, 0.0),
        "image_generation": (5, "3hour", 0, 0, 5, 0.0),
        "web_searches": (10, "monthly", 0, 0, 10, 0.0),
    }
    now = datetime.now(UTC)
    monthly = datetime.fromisoformat(found["small_messages"]["resets_at"])
    assert (monthly.day, monthly.hour, monthly.minute, monthly.second) == (1, 0, 0, 0)
    assert now < monthly <= now + timedelta(days=32)
    assert now < datetime.fromisoformat(found["image_generation"]["resets_at"]) <= now + timedelta(hours=3)


async def test_an_answer_being_written_holds_its_unit_and_then_uses_it(world: World) -> None:
    async with world.asking("Go on", model="local/slow") as stream:
        assert await stream.next() is not None
        assert left((await quotas(world))["small_messages"]) == (0, 1, 99, 0.0)
        assert await stream.next() is not None
        await world.post("/chat/stop", {"message_id": stream.result.start["message_id"]})
        while await stream.next() is not None:
            pass

    assert left((await quotas(world))["small_messages"]) == (1, 0, 99, 1.0)
    assert stream.result.last["quota"]["remaining"] == 99
    assert left((await quotas(world, "ravi"))["small_messages"]) == (0, 0, 100, 0.0)


async def test_each_model_counts_against_its_own_quota_alone(world: World) -> None:
    await world.ask("Hello", model="openai/gpt-4.1")
    await world.ask("Hello", model="google/gemini-2.5-flash-image")

    found = await quotas(world)
    assert {key: each["used"] for key, each in found.items()} == {
        "small_messages": 0,
        "large_messages": 1,
        "image_generation": 1,
        "web_searches": 0,
    }


def test_units_that_a_members_answers_hold_are_not_available_to_them() -> None:
    quota = QuotaUsage(
        used=1,
        reserved=0,
        limit=10,
        grace_units=0,
        remaining=9,
        percentage_used=10.0,
        resets_at=datetime(2026, 12, 1, tzinfo=UTC),
        resets_in=1,
        frequency="monthly",
        member=MemberUsage(used=1, reserved=2, limit=5),
    )

    assert quota.available == 2
    # The pool has nine units left.
    assert [quota.refusal(units)["of"] for units in (3, 9, 10)] == ["member", "member", "workspace"]


async def test_an_elapsed_window_is_shown_as_a_new_one_before_its_first_use(world: World) -> None:
    await world.ask("Hello", model="google/gemini-2.5-flash-image")
    before = (await quotas(world))["image_generation"]

    world.database.advance(3 * 3600)
    after = (await quotas(world))["image_generation"]
    world.database.advance(30 * 3600)
    much_later = (await quotas(world))["image_generation"]

    first, second, later = (datetime.fromisoformat(each["resets_at"]) for each in (before, after, much_later))
    assert (left(before)[0], left(after), left(much_later)) == (1, (0, 0, 5, 0.0), (0, 0, 5, 0.0))
    assert second - first == timedelta(hours=3)
    assert later - first == timedelta(hours=33), "on the user's own grid of three hours"


async def test_the_remaining_units_are_never_negative(world: World) -> None:
    world.database.rows(
        "update oneai.usage_quotas set used = 30 where workspace_id = %s and quota_key = 'large_messages'",
        world.people["asha"],
    )

    assert left((await quotas(world))["large_messages"]) == (30, 0, 0, 150.0)
    refused = await world.post("/chat/stream", {"message": "Hello", "model": "openai/gpt-4.1"})
    assert (refused.status_code, refused.headers["ratelimit-remaining"]) == (429, "0")


async def test_an_incomplete_sign_up_is_completed(world: World) -> None:
    for who in ("asha", "ravi"):
        world.database.rows("delete from oneai.users where id = %s", world.people[who])

    assert set(await quotas(world, "asha")) == {
        "small_messages",
        "large_messages",
        "image_generation",
        "web_searches",
    }
    assert (await world.ask("Hello", "ravi")).last["quota"]["remaining"] == 99


async def test_a_token_of_a_deleted_user_gets_401(world: World) -> None:
    world.database.rows("delete from auth.users where id = %s", world.people["asha"])

    for answer in (
        await world.get("/quota/status"),
        await world.post("/chat/stream", {"message": "Hello"}),
        await world.get("/conversations"),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthenticated")
