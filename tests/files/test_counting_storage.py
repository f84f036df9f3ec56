"""The storage of users is counted every hour, including what time alone frees."""

from pathlib import Path

from local import template
from local.data_folder import REPOSITORY
from local.events import schedule_event
from local.jobs import Jobs
from local.metrics import Metrics
from oneai import files
from tests.files.storage_data import MB, assert_storage_full, count, storage_status, upload
from tests.talks import conversation
from tests.world import World


async def test_an_expired_upload_frees_its_storage(world: World) -> None:
    assert (await upload(world, "asha", 100 * MB)).status_code == 201
    assert (await upload(world, "asha", 100 * MB)).status_code == 201
    assert_storage_full(await upload(world, "asha", 1), 1)

    world.database.advance(24 * 3600 + 1)

    assert (await storage_status(world, "asha"))["used_bytes"] == 0
    assert (await upload(world, "asha", 100 * MB)).status_code == 201


async def test_the_hourly_job_counts_each_active_user_once(world: World, tmp_path: Path) -> None:
    for name in ("asha", *(world.newcomer() for _ in range(3))):
        conversation(world, name, 4)
    function = template.read(REPOSITORY / "template.yaml").function("maintenance")
    assert function is not None

    outcome = await Jobs(Metrics(tmp_path / "metrics.jsonl")).run(
        function, schedule_event("1", world.database.one("select oneai.now()")) | {"task": "roll_up_usage"}
    )

    assert outcome.status == "succeeded"
    assert (outcome.output["events"], outcome.output["people"]) == (0, 4)
    # One more time, for text that an answer may have written after its conversation last changed; then never again.
    for people in (4, 0):
        world.database.advance(3600)
        assert await files.count_storage(60) == {"people": people}
    conversation(world, "ravi", 1)
    assert await files.count_storage(60) == {"people": 1}


async def test_an_answer_settled_late_is_counted_by_the_next_run(world: World) -> None:
    talk = conversation(world, "asha", 2)
    world.database.rows("update oneai.conversations set updated_at = oneai.now() - interval '14 minutes'")
    await count()
    before = (await storage_status(world, "asha"))["used_bytes"]
    # As a stream does that continues after its lease expired.
    more = "update oneai.chat_messages set content = content || ' and more' where conversation_id = %s and role = %s"
    world.database.rows(more, talk, "assistant")

    world.database.advance(600)
    await count()

    assert (await storage_status(world, "asha"))["used_bytes"] == before + len(" and more")
