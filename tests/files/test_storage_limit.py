"""Each plan has room for so much: what brings more is refused, however many come at once; deleting makes room."""

import asyncio

import httpx
import pytest

from tests.chat.pictures import PNG, SEES, image, uploaded
from tests.conversations.archive.trees import insert_tree
from tests.files.storage_data import (
    FREE,
    MB,
    assert_storage_full,
    count,
    fill_storage,
    insert_conversation_with_object,
    storage_status,
    upload,
)
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

# Texts, thoughts and titles.
TRUTH = """
    select coalesce(sum(octet_length(m.content) + coalesce(octet_length(m.reasoning), 0)), 0)::integer + (
      select coalesce(sum(octet_length(c.title)), 0)::integer from oneai.conversations as c where c.user_id = %s)
    from oneai.chat_messages as m where m.user_id = %s
"""


async def test_a_new_user_has_the_whole_storage_of_the_free_plan(shared: World) -> None:
    assert await storage_status(shared, shared.newcomer()) == {"used_bytes": 0, "limit_bytes": FREE}


async def test_messages_count_from_the_next_hour(shared: World) -> None:
    who = shared.newcomer()
    result = await shared.ask("Wie heißt der Monsun auf हिन्दी?", who)
    assert (await storage_status(shared, who))["used_bytes"] == 0

    await count()

    said = shared.database.one(TRUTH, shared.people[who], shared.people[who])
    assert said > len(result.text)
    assert (await storage_status(shared, who))["used_bytes"] == said
    await shared.ask("And in English?", who, conversation_id=result.start["conversation_id"])
    await count()
    assert (
        (await storage_status(shared, who))["used_bytes"]
        == shared.database.one(TRUTH, shared.people[who], shared.people[who])
        > said
    )


async def test_pictures_count_once_and_uploads_until_they_are_used(shared: World) -> None:
    who = shared.newcomer()
    cat = await uploaded(shared, who, PNG, "cat.png", "image/png")
    assert (await storage_status(shared, who))["used_bytes"] == len(PNG)

    result = await shared.ask("Look", who, model=SEES, attachments=[{"type": "image", "upload_id": cat}, image()])
    assert (await storage_status(shared, who))["used_bytes"] == 0
    await shared.ask("Look again", who, model=SEES, edit_of=result.start["user_message_id"])
    await count()

    written, shown = shared.database.one(
        """
        select sum(octet_length(content) + case role when 'user' then octet_length(metadata::text) else 0 end)::integer,
          count(*) filter (where role = 'user')
        from oneai.chat_messages where user_id = %s
        """,
        shared.people[who],
    )
    assert shown == 2
    title = "Look again"
    assert (await storage_status(shared, who))["used_bytes"] == written + len(title) + 2 * len(PNG)


async def test_an_upload_above_the_limit_is_refused_with_a_sentence_and_leaves_nothing(shared: World) -> None:
    who = shared.newcomer()
    fill_storage(shared, who, 3 * MB)

    error = assert_storage_full(await upload(shared, who, 3 * MB + 1), 3 * MB + 1)

    assert error["message"].startswith("This needs 4 MB of storage, and you have 3 of 200 MB left. ")
    assert shared.database.rows("select id from oneai.uploads where user_id = %s", shared.people[who]) == []
    assert (await upload(shared, who, 3 * MB)).status_code == 201
    assert await storage_status(shared, who) == {"used_bytes": FREE, "limit_bytes": FREE}
    assert_storage_full(await upload(shared, who, 1), 1)


async def test_concurrent_uploads_are_accepted_only_as_far_as_they_fit(shared: World) -> None:
    who = shared.newcomer()

    answers = await asyncio.gather(*(upload(shared, who, 45 * MB) for _ in range(12)))

    assert sorted(answer.status_code for answer in answers) == [201] * 4 + [413] * 8
    assert (await storage_status(shared, who))["used_bytes"] == 180 * MB


async def test_a_deletion_frees_storage_at_once(shared: World) -> None:
    who = shared.newcomer()
    talk = insert_conversation_with_object(shared, who, 150 * MB)
    insert_conversation_with_object(shared, who, 40 * MB)
    assert_storage_full(await upload(shared, who, 50 * MB), 50 * MB)

    await shared.http.delete(f"/conversations/{talk}", headers=shared.headers(who))

    assert 40 * MB <= (await storage_status(shared, who))["used_bytes"] < 41 * MB
    assert (await upload(shared, who, 50 * MB)).status_code == 201


async def test_a_larger_plan_has_more_storage_and_a_smaller_one_deletes_nothing(shared: World) -> None:
    who = shared.newcomer()
    talk = fill_storage(shared, who, 0)
    assert_storage_full(await upload(shared, who, 1), 1)
    assign = "select oneai.set_entitled_plan(%s, %s, null, null)"

    shared.database.rows(assign, shared.people[who], "pro")
    assert (await storage_status(shared, who))["limit_bytes"] == 5_000 * MB
    for _ in range(3):
        assert (await upload(shared, who, 90 * MB)).status_code == 201

    shared.database.rows(assign, shared.people[who], "free")
    assert await storage_status(shared, who) == {"used_bytes": FREE + 270 * MB, "limit_bytes": FREE}
    assert_storage_full(await upload(shared, who, 1), 1)
    assert (await shared.get(f"/conversations/{talk}", who)).status_code == 200
    shared.database.rows(assign, shared.people[who], "enterprise")
    assert (await storage_status(shared, who))["limit_bytes"] == 50_000 * MB


async def test_a_question_is_never_refused_for_lack_of_storage(shared: World) -> None:
    who = shared.newcomer()
    fill_storage(shared, who, 0)

    result = await shared.ask("Look", who, model=SEES, attachments=[image()])

    assert result.last["state"] == "complete"
    await count()
    assert (await storage_status(shared, who))["used_bytes"] > FREE


async def test_the_storage_of_each_user_is_separate(shared: World) -> None:
    asha, ravi = shared.newcomer(), shared.newcomer()
    fill_storage(shared, asha, 0)

    assert await storage_status(shared, ravi) == {"used_bytes": 0, "limit_bytes": FREE}
    assert (await upload(shared, ravi, 100 * MB)).status_code == 201


async def test_concurrent_counts_uploads_deletions_and_questions_do_not_deadlock(
    shared: World,
) -> None:
    who = shared.newcomer()
    talks = [insert_tree(shared, who, [(None, True), (0, True)]) for _ in range(24)]
    some = [talks[start::4] for start in range(4)]

    async def delete(ids: list[str]) -> httpx.Response:
        return await shared.post("/conversations/bulk", {"ids": ids, "action": "delete"}, who)

    answers = await asyncio.gather(
        *(delete(ids) for ids in some[:3]),
        *(upload(shared, who, MB) for _ in range(6)),
        shared.ask("Hello", who, conversation_id=talks[3]),
        count(),
        count(),
        shared.http.delete("/conversations", headers=shared.headers(who)),
        count(),
    )

    failed = [each for each in answers if isinstance(each, httpx.Response) and each.status_code >= 500]
    assert failed == []
    await count()
    said = shared.database.one(TRUTH, shared.people[who], shared.people[who])
    assert (await storage_status(shared, who))["used_bytes"] == said + 6 * MB
