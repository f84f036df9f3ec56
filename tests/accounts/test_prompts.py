"""Saved prompts: created alone and in bulk, searched, changed and deleted, by their owner alone, within limits."""

import asyncio
from typing import Any

import httpx
import pytest

from oneai import cursors
from oneai.accounts.prompts import MAX_PROMPTS
from tests.documents.library import insert
from tests.world import World


async def save(world: World, who: str, *prompts: tuple[str, str], **fields: Any) -> httpx.Response:
    """Stores prompts, each a name and a text."""
    body = {"prompts": [{"name": name, "content": content} for name, content in prompts], **fields}
    return await world.post("/user/prompts", body, who)


async def change(world: World, who: str, prompt: str, **fields: Any) -> httpx.Response:
    """Changes fields of a prompt."""
    return await world.http.patch(f"/user/prompts/{prompt}", json=fields, headers=world.headers(who))


async def names(world: World, who: str, **params: Any) -> list[str]:
    """The names on all pages, two on each."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await world.get("/user/prompts", who, limit=2, **params, **cursor)).raise_for_status().json()
        found += [item["name"] for item in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


async def stored_bytes(world: World, who: str) -> int:
    """The storage that the user uses."""
    return int((await world.get("/quota/status", who)).json()["storage"]["used_bytes"])


def fill(world: World, who: str, count: int, content: str = "x") -> None:
    """Stores many prompts directly."""
    world.database.rows(
        "insert into oneai.prompts (user_id, name, content) "
        "select %s, 'Prompt ' || n, %s from generate_series(1, %s) as n",
        *(world.people[who], content, count),
    )


def field_errors(answer: httpx.Response) -> list[tuple[str, str]]:
    """The fields and codes of a refusal."""
    return [(each["field"], each["code"]) for each in answer.json()["error"]["details"]]


async def test_prompts_are_listed_by_name_in_pages(shared: World) -> None:
    who = shared.newcomer()
    made = await save(
        shared, who, ("beta", "B"), ("Alpha", "A"), ("गद्य", "हिन्दी {{शहर}}"), ("Émile", "É"), ("delta", "D")
    )

    assert made.status_code == 201
    assert {item["name"]: item["content"] for item in made.json()["items"]}["गद्य"] == "हिन्दी {{शहर}}"
    listed = await names(shared, who)
    assert sorted(listed) == sorted(["Alpha", "beta", "delta", "Émile", "गद्य"])
    assert [name for name in listed if name.isascii()] == ["Alpha", "beta", "delta"]
    assert await names(shared, shared.newcomer()) == []


async def test_a_search_needs_every_word_and_ranks_names_that_start_with_it(shared: World) -> None:
    who = shared.newcomer()
    await save(
        shared, who, ("Answer a mail", "1"), ("Mail to a friend", "2"), ("mailing list", "3"), ("50% off_er", "4")
    )

    assert await names(shared, who, q="MAIL") == ["Mail to a friend", "mailing list", "Answer a mail"]
    assert await names(shared, who, q="  a   mail ") == ["Answer a mail", "Mail to a friend", "mailing list"]
    assert await names(shared, who, q="%") == ["50% off_er"]
    assert await names(shared, who, q="o__e") == []
    assert (await shared.get("/user/prompts", who, q="x" * 201)).status_code == 422
    for cursor in ("garbage", cursors.encode("0", "a"), cursors.encode(0, 1)):
        assert (await shared.get("/user/prompts", who, cursor=cursor)).status_code == 422
    for rank in (-(10**30), 10**30):
        assert (await shared.get("/user/prompts", who, q="a", cursor=cursors.encode(rank, "a"))).status_code == 200


async def test_a_text_is_stored_without_invisible_characters_and_outer_blank_lines(shared: World) -> None:
    who = shared.newcomer()
    (item,) = (await save(shared, who, ("  Two\nlines\u200b ", "\n\n a\r\n\tb \n\n"))).json()["items"]

    assert (item["name"], item["content"]) == ("Two lines", "a\n\tb")


@pytest.mark.parametrize(
    ("prompts", "expected"),
    [
        ([], ("prompts", "too_few")),
        ([("a", "b")] * 101, ("prompts", "too_many")),
        ([("", "b")], ("prompts.0.name", "empty")),
        ([("\u200b", "b")], ("prompts.0.name", "empty")),
        ([("a", " \n ")], ("prompts.0.content", "empty")),
        ([("x" * 101, "b")], ("prompts.0.name", "too_long")),
        ([("a", "x" * 10_001)], ("prompts.0.content", "too_long")),
        ([("a", "b"), ("c", "d"), ("A", "e")], ("prompts.2.name", "repeated")),
        ([("\u0130", "b"), ("i\u0307", "d"), ("i\u0307", "e")], ("prompts.2.name", "repeated")),
    ],
)
async def test_invalid_prompts_are_refused_by_field_and_none_is_stored(
    shared: World, prompts: list[tuple[str, str]], expected: tuple[str, str]
) -> None:
    who = shared.newcomer()
    refused = await save(shared, who, *prompts)

    assert refused.status_code == 422
    assert expected in field_errors(refused)
    assert await names(shared, who) == []


async def test_a_used_name_is_refused_skipped_or_replaced_as_asked(shared: World) -> None:
    who = shared.newcomer()
    (first,) = (await save(shared, who, ("Plan", "old"))).json()["items"]

    refused = await save(shared, who, ("new", "n"), ("PLAN", "new"))
    assert field_errors(refused) == [("prompts.1.name", "repeated")]
    assert await names(shared, who) == ["Plan"]
    skipped = (await save(shared, who, ("new", "n"), ("PLAN", "new"), if_exists="skip")).json()["items"]
    assert [item["name"] for item in skipped] == ["new"]
    assert (await save(shared, who, ("PLAN", "new"), if_exists="skip")).json() == {"items": []}
    (replaced,) = (await save(shared, who, ("PLAN", "new"), if_exists="replace")).json()["items"]
    assert (replaced["id"], replaced["name"], replaced["content"]) == (first["id"], "PLAN", "new")
    assert (await save(shared, who, ("x", "x"), if_exists="guess")).status_code == 422


async def test_a_change_is_partial_and_keeps_names_unique(shared: World) -> None:
    who = shared.newcomer()
    plan, mail = (await save(shared, who, ("Plan", "p"), ("Mail", "m"))).json()["items"][::-1]

    assert field_errors(await change(shared, who, plan["id"], name="MAIL")) == [("name", "repeated")]
    renamed = (await change(shared, who, plan["id"], name="PLAN")).json()
    assert (renamed["name"], renamed["content"]) == ("PLAN", "p")
    assert (await change(shared, who, plan["id"], content="q")).json()["content"] == "q"
    assert (await change(shared, who, plan["id"], name=None)).json()["name"] == "PLAN"
    assert (await change(shared, who, plan["id"], bytes=1)).status_code == 422
    assert (await change(shared, shared.newcomer(), mail["id"], name="mine")).status_code == 404
    for status in (204, 404):
        assert (
            await shared.http.delete(f"/user/prompts/{mail['id']}", headers=shared.headers(who))
        ).status_code == status
    assert await names(shared, who) == ["PLAN"]


async def test_prompts_count_as_storage_until_they_are_deleted(shared: World) -> None:
    who = shared.newcomer()
    before = await stored_bytes(shared, who)
    (item,) = (await save(shared, who, ("नाम", "हिन्दी"))).json()["items"]
    assert await stored_bytes(shared, who) - before == len("नामहिन्दी".encode())

    await change(shared, who, item["id"], content="x")
    assert await stored_bytes(shared, who) - before == len("नामx".encode())
    await shared.http.delete(f"/user/prompts/{item['id']}", headers=shared.headers(who))
    assert await stored_bytes(shared, who) == before


async def test_a_full_storage_refuses_larger_prompts_and_accepts_smaller_ones(shared: World) -> None:
    who = shared.newcomer()
    limit = (await shared.get("/quota/status", who)).json()["storage"]["limit_bytes"]
    insert(shared, who, size=limit - 10)
    (item,) = (await save(shared, who, ("1234", "123456"))).json()["items"]

    assert (await save(shared, who, ("a", "b"))).json()["error"]["code"] == "storage_full"
    assert (await change(shared, who, item["id"], content="1234567")).status_code == 413
    assert (await save(shared, who, ("1234", "1234567"), if_exists="replace")).status_code == 413
    insert(shared, who, size=1000)  # more than fits, as after a change to a smaller plan
    assert (await change(shared, who, item["id"], content="12345")).status_code == 200
    assert (await save(shared, who, ("1234", "1234"), if_exists="replace")).status_code == 201
    assert await names(shared, who) == ["1234"]


async def test_concurrent_saves_never_exceed_the_limit_of_prompts(shared: World) -> None:
    who = shared.newcomer()
    fill(shared, who, MAX_PROMPTS - 1)

    answers = await asyncio.gather(*(save(shared, who, (f"More {n}", "x")) for n in range(4)))

    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422]
    refused = next(answer for answer in answers if answer.status_code == 422)
    assert field_errors(refused) == [("prompts", "too_many")]
    assert (await save(shared, who, ("Prompt 1", "new"), if_exists="replace")).status_code == 201


async def test_a_page_of_the_largest_prompts_fits_into_one_response(shared: World) -> None:
    who = shared.newcomer()
    fill(shared, who, 100, "🌧" * 10_000)
    page = await shared.get("/user/prompts", who, limit=100)

    assert page.status_code == 200
    assert len(page.json()["items"]) == 100
