"""A conversation that was exported, deleted and imported again is the one it was."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from jsonschema import Draft202012Validator

from local.data_folder import REPOSITORY
from oneai.conversations.archive import document
from tests import effort
from tests.conversations.archive.trees import Shape, conversation_ids, import_file, insert_tree, run_job, stored_tree
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

TREES = effort.sample(8, 50)
SCHEMA = REPOSITORY / "docs" / "export.schema.json"
# A question, its three answers, two edits of it with answers of their own, and a longer branch.
BRANCHES: Shape = [
    *((None, True), (0, True), (0, True), (0, False), (1, True), (4, True), (None, True), (6, True), (None, False)),
    *((8, True), (7, True), (10, True), (2, True)),
]


@some.composite
def shapes(draw: some.DrawFn) -> Shape:
    """Any tree of up to thirty messages."""
    size = draw(some.integers(0, 30))
    return [
        (draw(some.none() | some.integers(0, place - 1)) if place else None, draw(some.booleans()))
        for place in range(size)
    ]


async def exported(world: World, talk: str, who: str = "asha") -> bytes:
    answer = await world.get(f"/conversations/{talk}/export", who)
    assert answer.status_code == 200, answer.text
    return answer.content


async def away_and_back(world: World, shape: Shape, who: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The tree before and after."""
    talk = insert_tree(world, who, shape)
    before = stored_tree(world, talk)
    file = await exported(world, talk, who)
    world.database.rows("delete from oneai.conversations where id = %s", talk)

    result = await import_file(world, file, who)

    assert (result["state"], result["imported"], result["errors"]) == ("done", 1, []), result
    (back,) = conversation_ids(world, who)
    return before, stored_tree(world, back)


async def test_a_deleted_conversation_is_restored_exactly(shared: World) -> None:
    before, after = await away_and_back(shared, BRANCHES, shared.newcomer())

    assert after == before
    assert len(after["messages"]) == len(BRANCHES)


async def test_any_tree_is_restored_exactly(shared: World) -> None:
    loop = asyncio.get_running_loop()
    waiting: list[Shape] = []

    @settings(max_examples=TREES, suppress_health_check=list(HealthCheck))
    @given(shapes())
    def collect(shape: Shape) -> None:
        waiting.append(shape)

    await loop.run_in_executor(None, collect)
    assert len(waiting) >= TREES
    for shape in waiting:
        before, after = await away_and_back(shared, shape, shared.newcomer())
        assert after == before


async def test_an_import_costs_nothing_and_counts_toward_no_quota(shared: World) -> None:
    who = shared.newcomer()
    await away_and_back(shared, BRANCHES, who)

    (talk,) = conversation_ids(shared, who)
    user = shared.people[who]
    assert shared.database.one("select total_cost_micro_usd from oneai.conversations where id = %s", talk) == 0
    costs = shared.database.rows(
        "select distinct usage -> 'cost_micro_usd' from oneai.chat_messages where user_id = %s and usage is not null",
        user,
    )
    assert costs == [0]
    assert shared.database.rows("select id from oneai.usage_events where user_id = %s", user) == []
    asked = "select title_requested_at is not null and title_source = 'person' from oneai.conversations where id = %s"
    assert shared.database.one(asked, talk) is True


async def test_an_existing_conversation_is_not_imported_again(shared: World) -> None:
    who = shared.newcomer()
    talk = insert_tree(shared, who, BRANCHES)
    file = await exported(shared, talk, who)

    result = await import_file(shared, file, who)
    assert (result["state"], result["imported"], result["skipped"]) == ("done", 0, 1)
    assert conversation_ids(shared, who) == [talk]


async def test_importing_a_file_twice_imports_everything_once(shared: World) -> None:
    who = shared.newcomer()
    talk = insert_tree(shared, who, BRANCHES)
    file = await exported(shared, talk, who)
    shared.database.rows("delete from oneai.conversations where id = %s", talk)

    first, second = await import_file(shared, file, who), await import_file(shared, file, who)

    assert (first["imported"], first["skipped"], second["imported"], second["skipped"]) == (1, 0, 0, 1)
    assert len(conversation_ids(shared, who)) == 1


async def test_another_user_may_import_the_same_file(shared: World) -> None:
    asha, ravi = shared.newcomer(), shared.newcomer()
    talk = insert_tree(shared, asha, BRANCHES)
    file = await exported(shared, talk, asha)

    result = await import_file(shared, file, ravi)

    assert result["imported"] == 1
    (theirs,) = conversation_ids(shared, ravi)
    assert theirs != talk
    assert stored_tree(shared, theirs) == stored_tree(shared, talk)
    metadata = "select metadata::text from oneai.chat_messages where conversation_id = %s"
    assert not [said for said in shared.database.rows(metadata, theirs) if "secret" in said]


async def test_a_full_export_is_restored_whole(shared: World) -> None:
    who = shared.newcomer()
    talks = [insert_tree(shared, who, BRANCHES, title=title) for title in ("Trees", "Trees", "पेड़", "../../etc/passwd")]
    before = [stored_tree(shared, talk) for talk in talks]
    accepted = await shared.post("/exports", None, who)
    await run_job()
    link = (await shared.get(f"/exports/{accepted.json()['export_id']}", who)).json()["url"]
    archive = (await shared.http.get(link)).content
    shared.database.rows("delete from oneai.conversations where user_id = %s", shared.people[who])

    result = await import_file(shared, archive, who, "application/zip")

    assert (result["state"], result["imported"], result["errors"]) == ("done", 4, [])
    after = [stored_tree(shared, talk) for talk in conversation_ids(shared, who)]
    order = lambda each: (each["created_at"], each["title"])  # noqa: E731
    assert sorted(after, key=order) == sorted(before, key=order)


async def test_an_export_matches_its_schema(shared: World) -> None:
    who = shared.newcomer()
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    talk = insert_tree(shared, who, BRANCHES)
    answer = shared.database.one(
        "select id from oneai.chat_messages where conversation_id = %s and role = 'assistant' limit 1", talk
    )
    await shared.http.put(
        f"/conversations/{talk}/messages/{answer}/feedback",
        json={"rating": -1, "note": "No."},
        headers=shared.headers(who),
    )

    value = json.loads(await exported(shared, talk, who))

    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)
    assert (value["format"], value["version"]) == ("oneai.conversation", 1)
    assert len(value["messages"]) == len(BRANCHES)
    assert [said["feedback"] for said in value["messages"] if said["feedback"]] == [{"rating": -1, "note": "No."}]
    assert "users/other" not in json.dumps(value)


async def test_the_schema_matches_what_is_written() -> None:
    """`python -m tests.conversations.archive.test_round_trip` regenerates the schema."""
    assert json.loads(SCHEMA.read_text()) == document.schema()


def _write(into: Path) -> None:
    into.write_text(json.dumps(document.schema(), indent=2) + "\n")


if __name__ == "__main__":
    _write(SCHEMA)
