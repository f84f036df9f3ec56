"""Files that no data refers to are removed, and no others, even if a run dies."""

import json
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from local import template
from local.data_folder import REPOSITORY
from local.jobs import Jobs
from local.metrics import Metrics
from oneai import files
from oneai.clients import s3
from oneai.errors import Busy, NotFound
from tests.talks import conversation
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

HOUR = 3600
A_DAY = 24 * HOUR


async def talk_with_files(world: World, who: str, *keys: str) -> str:
    """A conversation of two messages, whose answer shows these objects; they are in the storage."""
    talk = conversation(world, who, 2)
    for key in keys:
        await s3.put(key, b"a picture", "image/png")
    shown = [{"key": key, "media_type": "image/png"} for key in keys]
    world.database.rows(
        "update oneai.chat_messages set metadata = jsonb_build_object('images', %s::jsonb) "
        "where conversation_id = %s and role = 'assistant'",
        *(json.dumps(shown), talk),
    )
    return talk


def key_of(world: World, who: str, name: str) -> str:
    return f"users/{world.people[who]}/messages/{name}"


async def there(key: str) -> bool:
    try:
        await s3.head(key)
    except NotFound:
        return False
    return True


def delete(world: World, talk: str) -> None:
    world.database.rows("delete from oneai.conversations where id = %s", talk)


async def test_files_of_a_deleted_conversation_are_removed_and_others_kept(world: World) -> None:
    one, other = key_of(world, "asha", "1/0.png"), key_of(world, "asha", "2/0.png")
    gone = await talk_with_files(world, "asha", one)
    await talk_with_files(world, "asha", other)

    delete(world, gone)
    assert await files.remove_unreferenced() == {"expired": 0, "removed": 0}
    world.database.advance(HOUR)

    assert await files.remove_unreferenced() == {"expired": 0, "removed": 1}
    assert (await there(one), await there(other)) == (False, True)
    assert await files.remove_unreferenced() == {"expired": 0, "removed": 0}
    assert world.database.rows("select key from oneai.files_to_remove") == []


async def test_a_file_shown_by_another_message_is_kept_until_that_is_deleted_too(world: World) -> None:
    key = key_of(world, "asha", "1/0.png")
    first = await talk_with_files(world, "asha", key)
    second = await talk_with_files(world, "asha", key)

    delete(world, first)
    world.database.advance(HOUR)
    assert await files.remove_unreferenced() == {"expired": 0, "removed": 0}
    assert await there(key)

    delete(world, second)
    world.database.advance(HOUR)
    assert await files.remove_unreferenced() == {"expired": 0, "removed": 1}
    assert not await there(key)


async def test_metadata_that_names_a_file_of_another_user_removes_nothing(world: World) -> None:
    ashas = key_of(world, "asha", "1/0.png")
    await s3.put(ashas, b"a picture", "image/png")
    ravis = await talk_with_files(world, "ravi", ashas, "uploads/x/y")

    delete(world, ravis)
    world.database.advance(HOUR)

    assert await files.remove_unreferenced() == {"expired": 0, "removed": 0}
    assert await there(ashas)


async def test_metadata_of_any_shape_prevents_no_deletion(world: World) -> None:
    talk = conversation(world, "asha", 4)
    shapes = ['{"images": ["data:,"]}', '{"images": 3}', '{"attachments": {"key": {}}}', '{"attachments": [[1], null]}']
    for n, shape in enumerate(shapes, 1):
        world.database.rows(
            "update oneai.chat_messages set metadata = %s where conversation_id = %s and sequence_number = %s",
            *(shape, talk, n),
        )

    delete(world, talk)

    assert world.database.rows("select key from oneai.files_to_remove") == []


async def test_a_deleted_account_leaves_no_file(world: World) -> None:
    key = key_of(world, "asha", "1/0.png")
    await talk_with_files(world, "asha", key)
    upload = (await world.post("/uploads", {"name": "cat", "type": "image/png", "size": 9})).json()["upload_id"]
    sent = f"uploads/{world.people['asha']}/{upload}"
    await s3.put(sent, b"a picture", "image/png")

    world.database.rows("delete from auth.users where id = %s", world.people["asha"])
    world.database.advance(HOUR)

    assert await files.remove_unreferenced() == {"expired": 0, "removed": 2}
    assert not await there(key)
    assert not await there(sent)


async def test_an_upload_is_removed_after_a_day_even_if_used(world: World) -> None:
    ids = [
        (await world.post("/uploads", {"name": "cat", "type": "image/png", "size": 9})).json()["upload_id"]
        for _ in range(2)
    ]
    keys = [f"uploads/{world.people['asha']}/{one}" for one in ids]
    for key in keys:
        await s3.put(key, b"a picture", "image/png")
    world.database.rows("update oneai.uploads set used_at = now() where id = %s", ids[0])

    world.database.advance(A_DAY - 60)
    assert await files.remove_unreferenced() == {"expired": 0, "removed": 0}
    world.database.advance(120)
    assert (await files.remove_unreferenced())["expired"] == 2
    world.database.advance(HOUR)
    assert (await files.remove_unreferenced())["removed"] == 2

    assert [await there(key) for key in keys] == [False, False]


async def test_a_run_interrupted_halfway_is_completed_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [key_of(world, "asha", f"{n}/0.png") for n in range(5)]
    delete(world, await talk_with_files(world, "asha", *keys))
    world.database.advance(HOUR)
    monkeypatch.setattr(files.removal, "BATCH", 2)
    really = s3.delete
    calls = 0

    async def dies(*some: str) -> None:
        nonlocal calls
        calls += 1
        await really(*some)
        if calls == 2:
            raise Busy

    monkeypatch.setattr(s3, "delete", dies)
    assert await files.remove_unreferenced() == {"expired": 0, "removed": 2}
    assert len(world.database.rows("select key from oneai.files_to_remove")) == 3

    assert (await files.remove_unreferenced())["removed"] == 3
    assert [await there(key) for key in keys] == [False] * 5


async def test_the_job_runs_under_the_lambda_runtime(world: World, tmp_path: Path) -> None:
    key = key_of(world, "asha", "1/0.png")
    delete(world, await talk_with_files(world, "asha", key))
    world.database.advance(HOUR)
    function = template.read(REPOSITORY / "template.yaml").function("remove_files")
    assert function is not None

    outcome = await Jobs(Metrics(tmp_path / "metrics.jsonl")).run(
        function, (REPOSITORY / "events/remove_files/every_quarter.json").read_text()
    )

    assert (outcome.status, outcome.output) == ("succeeded", {"expired": 0, "removed": 1})
    assert not await there(key)


async def test_the_check_whether_a_file_is_needed_uses_the_index(world: World) -> None:
    world.database.rows("set enable_seqscan = off")
    plan = world.database.rows(
        "explain select from oneai.chat_messages as m where m.metadata ?| array['attachments', 'images'] "
        "and oneai.file_keys(m.metadata) @> array[%s]",
        f"users/{UUID(int=1)}/messages/{uuid4()}",
    )
    assert "chat_messages_with_files" in "".join(plan)
