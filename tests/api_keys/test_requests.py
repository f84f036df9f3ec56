"""Requests with an API key instead of a token."""

import asyncio
import logging
from typing import Any
from uuid import uuid4

import pytest

from oneai.api_keys import secret
from tests.api_keys.keys import code, create, get
from tests.wire import Wire
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

READ = ["usage:read", "conversations:read"]


async def test_a_key_takes_no_more_round_trips_than_a_token(world: World, wire: Wire) -> None:
    conversation = (await world.ask("Tell me of monsoons")).start["conversation_id"]
    made = await create(world, scopes=READ)
    messages = f"/conversations/{conversation}/messages"
    for path, query in (
        *(("/user/usage", {}), ("/conversations", {}), (messages, {})),
        # Words are indexed under their user, whom only the database knows; a typo takes a statement more.
        *(("/search", {"q": q}) for q in ("monsoons", "of", "mansoons", '"of monsoons"', "?")),
        *((path, {"q": "monsoons"}) for path in ("/chat/history", "/conversations", messages)),
    ):
        wire.trips.clear()
        answer = await world.get(path, **query)
        by_token = answer.json()
        trips_of_token = len(wire.trips)
        wire.trips.clear()

        by_key = (await get(world, path, made["secret"], **query)).json()

        assert answer.is_success
        assert {**by_key, "to": None, "from": None} == {**by_token, "to": None, "from": None}
        assert len(wire.trips) == trips_of_token, wire.trips
        assert "oneai.take_api_key_rate(" in wire.trips[0]
        assert "oneai.begin_api_key_request(" in wire.trips[0]
        assert all("api_key_rate" not in trip for trip in wire.trips[1:])


async def test_a_search_with_a_key_covers_its_owners_messages(world: World) -> None:
    await world.ask("Tell me of monsoons")
    made = await create(world, scopes=READ)

    results = (await get(world, "/search", made["secret"], q="monsoons")).json()

    assert results["items"]
    assert results["items"] == (await world.get("/search", q="monsoons")).json()["items"]


async def test_a_key_writes_within_its_scopes(world: World) -> None:
    made = await create(world, scopes=["conversations:write"])
    headers = {"authorization": f"Bearer {made['secret']}"}

    created = await world.http.post("/conversations", json={"title": "Plans"}, headers=headers)

    assert created.status_code == 201
    assert (await world.get(f"/conversations/{created.json()['id']}")).json()["title"] == "Plans"
    assert code(await world.http.get("/conversations", headers=headers)) == (403, "insufficient_scope")


async def test_a_key_finds_nothing_of_another_user(world: World) -> None:
    conversation = (await world.ask("Hello", "ravi")).start["conversation_id"]
    made = await create(world, scopes=READ)

    assert code(await get(world, f"/conversations/{conversation}", made["secret"])) == (404, "not_found")
    assert (await get(world, "/conversations", made["secret"])).json()["items"] == []


async def test_a_malformed_key_is_refused_without_the_database(world: World, wire: Wire) -> None:
    made = await create(world, scopes=READ)
    wire.trips.clear()

    for wrong in (made["secret"][:-1] + ("a" if made["secret"][-1] != "a" else "b"), made["secret"] + "a", "oneai_sk_"):
        assert code(await get(world, "/user/usage", wrong)) == (401, "invalid_api_key")

    assert wire.trips == []


async def test_an_unknown_key_is_refused_like_a_revoked_one_and_consumes_its_addresss_rate(world: World) -> None:
    made = await create(world, scopes=READ)
    await world.http.delete(f"/user/api-keys/{made['id']}", headers=world.headers())

    unknown = await get(world, "/user/usage", secret.generate())
    revoked = await get(world, "/user/usage", made["secret"])

    assert code(unknown) == (401, "invalid_api_key")
    assert unknown.json()["error"] == revoked.json()["error"]
    assert world.database.one("select limit_name from oneai.rate_limits where subject = '127.0.0.1'") == "public"


async def test_a_key_is_refused_from_other_addresses(world: World) -> None:
    elsewhere = await create(world, scopes=READ, ip_ranges=["203.0.113.0/24", "2001:db8::/32"])
    here = await create(world, scopes=READ, ip_ranges=["203.0.113.0/24", "127.0.0.1"])

    assert code(await get(world, "/user/usage", elsewhere["secret"])) == (403, "ip_not_allowed")
    assert (await get(world, "/user/usage", here["secret"])).is_success


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ("update oneai.users set suspended_at = oneai.now() where id = %s", "account_suspended"),
        ("update oneai.users set deletes_at = oneai.now() where id = %s", "account_deleting"),
    ],
)
async def test_the_key_of_a_closed_account_is_refused(world: World, change: Any, refusal: str) -> None:
    made = await create(world, scopes=READ)
    world.database.rows(change, world.people["asha"])

    assert code(await get(world, "/user/usage", made["secret"])) == (403, refusal)


async def test_a_key_has_its_own_limit_of_requests_per_minute(world: World) -> None:
    made = await create(world, scopes=READ, limits={"requests_per_minute": 2})
    other = await create(world, scopes=READ)

    answers = await asyncio.gather(*(get(world, "/user/usage", made["secret"]) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [200] * 2 + [429] * 4
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["error"]["limit_name"] == "api_key_requests"
    assert refused.headers["retry-after"] == "30"
    assert (await get(world, "/user/usage", other["secret"])).is_success
    world.database.advance(30)
    assert (await get(world, "/user/usage", made["secret"])).is_success


async def test_the_last_use_of_a_key_is_recorded_at_most_once_a_minute(world: World) -> None:
    made = await create(world, scopes=READ)

    def last_used() -> Any:
        return world.database.one("select last_used_at from oneai.api_keys where id = %s", made["id"])

    assert last_used() is None
    await get(world, "/user/usage", made["secret"])
    first = last_used()
    assert first is not None
    await get(world, "/user/usage", made["secret"])
    assert last_used() == first
    world.database.advance(61)
    await get(world, "/user/usage", made["secret"])
    assert last_used() > first


async def test_a_change_takes_effect_from_the_next_request(world: World) -> None:
    made = await create(world, scopes=READ)
    assert (await get(world, "/conversations", made["secret"])).is_success

    await world.http.patch(f"/user/api-keys/{made['id']}", json={"scopes": ["usage:read"]}, headers=world.headers())

    refused = await get(world, "/conversations", made["secret"])
    assert code(refused) == (403, "insufficient_scope")
    assert refused.json()["error"]["scope"] == "conversations:read"


async def test_the_usage_of_a_key_is_reported_separately(world: World) -> None:
    made = await create(world)
    await world.ask("Hello")
    world.database.rows("update oneai.usage_events set api_key_id = %s", made["id"])
    await world.ask("Hello again")

    of_key = (await world.get(f"/user/api-keys/{made['id']}/usage", group_by="key")).json()
    of_all = (await world.get("/user/usage")).json()

    assert (of_key["totals"]["messages"], of_all["totals"]["messages"]) == (1, 2)
    assert [item["key"] for item in of_key["items"]] == [made["id"]]


async def test_no_log_line_holds_the_secret(
    world: World, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = await create(world, scopes=READ)
    headers = {"authorization": f"Bearer {made['secret']}"}
    world.database.rows("revoke execute on function oneai.begin_api_key_request from oneai_app")

    assert (await world.http.get("/user/usage", headers=headers)).status_code == 500
    assert (await world.http.get(f"/shared/{uuid4()}", headers=headers)).status_code == 404
    assert (await world.http.post("/keys/report", json=[made["secret"]])).status_code == 204

    written = caplog.text + capsys.readouterr().out
    assert "a request could not be served" in written
    assert made["secret"].removeprefix("oneai_sk_") not in written
