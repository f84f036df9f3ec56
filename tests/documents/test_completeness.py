"""A document says how much of its file was read, which pages are pictures, and what its text takes of the storage."""

import json
from typing import Any

import pytest

from oneai.documents.steps import OVER_STORAGE
from tests.documents.library import listed, request, shown, uploaded
from tests.documents.reader import Reader, answered, piece
from tests.documents.runs import chunks, failed, run
from tests.files.storage_data import fill_storage, storage_status
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


def letters(in_file: int, read: int) -> dict[str, int]:
    """The counts as the reading function answers them."""
    return {"in_file": in_file, "read": read}


async def test_a_share_below_98_percent_makes_the_document_ready_with_a_problem(world: World, reader: Reader) -> None:
    document = await uploaded(world, "asha")
    reader.answers.append(answered(piece("The notice period is days."), letters=letters(1000, 979)))

    await run()

    found = await shown(world, "asha", document)
    assert (found["status"], found["problem_code"]) == ("ready", "text_incomplete")
    assert found["text_share"] == pytest.approx(0.979)
    assert found["problem"].startswith("About 97% of the text of this file was read.")
    (item,) = (await listed(world, "asha"))["items"]
    assert (item["problem_code"], item["problem"]) == ("text_incomplete", found["problem"])


@pytest.mark.parametrize(("in_file", "read"), [(1000, 980), (1000, 1000), (1000, 1400), (0, 0)])
async def test_a_share_of_98_percent_or_unknown_has_no_problem(
    world: World, reader: Reader, in_file: int, read: int
) -> None:
    document = await uploaded(world, "asha")
    reader.answers.append(answered(piece("All of it."), letters=letters(in_file, read)))

    await run()

    found = await shown(world, "asha", document)
    assert (found["status"], found["problem"], found["problem_code"]) == ("ready", None, None)
    assert found["text_share"] == (None if in_file == 0 else pytest.approx(min(1, read / in_file)))


async def test_the_share_is_that_of_the_whole_file_and_not_of_its_last_range(world: World, reader: Reader) -> None:
    document = await uploaded(world, "asha")
    reader.answers += [
        answered(piece("One", 1), position={"page": 2}, progress=0.5, pages=2, letters=letters(900, 300)),
        answered(piece("Two", 2), pages=2, letters=letters(1000, 400)),
    ]

    await run()

    found = await shown(world, "asha", document)
    assert (found["problem_code"], found["text_share"]) == ("text_incomplete", pytest.approx(0.4))
    assert chunks(world, document) == ["One", "Two"]


async def test_reading_again_replaces_share_pictures_and_text(world: World, reader: Reader) -> None:
    document = await uploaded(world, "asha")
    reader.answers.append(answered(piece("Some", 1), pages=2, picture_pages=[2], letters=letters(10, 4)))
    await run()
    before = await storage_status(world, "asha")
    assert (await shown(world, "asha", document))["text_share"] == pytest.approx(0.4)

    assert (await request(world, "POST", f"/documents/{document}/reprocess", "asha")).status_code == 202
    reader.answers.append(answered(piece("Some more", 1), pages=2, letters=letters(10, 10)))
    await run()

    found = await shown(world, "asha", document)
    assert (found["problem"], found["text_share"], found["picture_pages"]) == (None, 1, 0)
    assert (await storage_status(world, "asha"))["used_bytes"] == before["used_bytes"] + len(" more")


async def test_picture_pages_count_as_unread_and_keep_their_words(world: World, reader: Reader) -> None:
    document = await uploaded(world, "asha")
    pieces = [piece("The lease begins in April.", 1), piece("RECEIVED 3 May", 2), piece("RECEIVED 4 May", 3)]
    reader.answers.append(answered(*pieces, pages=3, pages_without_text=2, picture_pages=[2, 3]))

    await run()

    found = await shown(world, "asha", document)
    assert (found["status"], found["problem_code"], found["picture_pages"]) == ("ready", "pages_not_read", 2)
    assert found["problem"] == "2 pages are images and were not read. A model with vision can read them."
    assert (found["metadata"]["pages_without_text"], found["metadata"]["unread_pages"]) == (2, 2)
    assert any("RECEIVED 4 May" in each for each in chunks(world, document))
    sent = await request(world, "POST", f"/documents/{document}/reprocess", "asha", {"read_pages": True})
    assert sent.status_code == 202, sent.text
    await run()
    found = await shown(world, "asha", document)
    assert (found["problem"], found["picture_pages"], found["metadata"]["unread_pages"]) == (None, 0, 0)


@pytest.mark.parametrize(
    "answer",
    [
        {"letters": {"in_file": -1, "read": 0}},
        {"letters": {"in_file": 10**13, "read": 0}},
        {"letters": {"in_file": "many", "read": 0}},
        {"picture_pages": [-1]},
        {"picture_pages": list(range(10_001))},
    ],
    ids=json.dumps,
)
async def test_impossible_counts_make_an_answer_invalid(world: World, reader: Reader, answer: dict[str, Any]) -> None:
    document = await uploaded(world, "asha")
    reader.answers += [answered(piece("text", 1), pages=1, **answer) for _ in range(3)]

    await run()

    assert "too much time" in await failed(world, document)


async def test_text_counts_as_storage_in_addition_to_the_file(world: World, reader: Reader) -> None:
    document = await uploaded(world, "asha", content=b"tiny")
    reader.answers.append(answered(*(piece("row " * 500, 1) for _ in range(40)), pages=1))

    await run()

    text = sum(len(each.encode()) for each in chunks(world, document))
    assert text > 70_000
    assert (await storage_status(world, "asha"))["used_bytes"] == len(b"tiny") + text
    assert (await request(world, "DELETE", f"/documents/{document}", "asha")).is_success
    assert (await storage_status(world, "asha"))["used_bytes"] == 0


async def test_text_that_exceeds_the_storage_fails_and_uses_none(world: World, reader: Reader) -> None:
    document = await uploaded(world, "asha", content=b"tiny")
    fill_storage(world, "asha", 10_004)
    reader.answers.append(answered(piece("row " * 5_000, 1), pages=1))
    used = (await storage_status(world, "asha"))["used_bytes"]

    await run()

    assert await failed(world, document) == OVER_STORAGE
    assert (await storage_status(world, "asha"))["used_bytes"] == used
