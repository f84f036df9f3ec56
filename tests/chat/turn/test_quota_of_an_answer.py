"""What an answer says of its quota: in its headers, in a refusal, and before it is asked."""

from typing import Any
from uuid import uuid4

from tests.database.rows import all_rows
from tests.world import World

SMALL = "google/gemini-2.5-flash-lite"
BUY = {"kind": "credits"}


def left(world: World, key: str, units: int, who: str = "asha") -> None:
    """Uses all but this many units."""
    world.database.rows(
        "update oneai.usage_quotas set used = quota_limit - %s where workspace_id = %s and quota_key = %s",
        *(units, world.people[who], key),
    )


async def quote(world: World, who: str = "asha", **fields: Any) -> dict[str, Any]:
    """What a question would take."""
    answer = await world.post("/quota/quote", {"message": "Hello", **fields}, who)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_stream_states_the_remaining_quota(world: World) -> None:
    left(world, "small_messages", 10)

    result = await world.ask()

    quoted = {name: int(result.headers[f"ratelimit-{name}"]) for name in ("limit", "remaining", "reset")}
    assert (quoted["limit"], quoted["remaining"]) == (100, 9)
    world.database.advance(quoted["reset"] - 20)
    assert world.quota() == (91, 0)
    again = await world.ask()
    assert int(again.headers["ratelimit-reset"]) <= 20


async def test_compared_answers_state_the_scarcest_quota(world: World) -> None:
    left(world, "large_messages", 3)

    result = await world.ask(compare=["openai/gpt-4.1", "openai/gpt-4.1-mini"])

    assert (result.headers["ratelimit-limit"], result.headers["ratelimit-remaining"]) == ("20", "2")


async def test_a_refused_question_names_every_alternative(world: World) -> None:
    left(world, "large_messages", 0)

    refused = await world.ask("Hello", model="openai/gpt-4.1")

    error = refused.body["error"]
    assert [each["kind"] for each in error["alternatives"]] == ["model", "wait", "credits", "upgrade"]
    other = error["alternatives"][0]
    assert other["quota_key"] == "small_messages"
    assert (await world.ask("Hello", model=other["model"])).status == 200


async def test_waiting_is_an_alternative_only_if_the_limit_fits_the_whole_question(world: World) -> None:
    override = "select oneai.override_quota(%s, %s, %s, 0, null, 'a test')"
    world.database.rows(override, world.people["asha"], "tokens", 1000)

    large = (await world.ask("Hello")).body["error"]
    assert (large["quota_key"], large["used"], large["reserved"], large["alternatives"]) == ("tokens", 0, 0, [BUY])
    assert "units" not in large
    assert (await world.ask("Hello", max_tokens=900)).status == 200
    small = (await world.ask("Hello", max_tokens=990)).body["error"]
    assert small["alternatives"] == [{"kind": "wait", "at": small["resets_at"]}, BUY]

    world.database.rows(override, world.people["ravi"], "small_messages", 1)
    both = await world.ask("Hello", "ravi", compare=["openai/gpt-4.1-mini", SMALL])
    assert "wait" not in [each["kind"] for each in both.body["error"]["alternatives"]]

    world.database.rows(override, world.people["ravi"], "small_messages", 2)
    assert (await world.ask("Hello", "ravi")).status == 200
    again = await world.ask("Hello", "ravi", compare=["openai/gpt-4.1-mini", SMALL])
    assert "wait" in [each["kind"] for each in again.body["error"]["alternatives"]]


async def test_a_quote_equals_the_later_hold_and_stores_nothing(world: World) -> None:
    first = await world.ask("Tell me of the monsoon")
    before = _rows_but_rates(world)
    fields = {"model": "openai/gpt-4.1", "conversation_id": first.start["conversation_id"], "max_tokens": 50}

    quoted = await quote(world, **fields)

    assert _rows_but_rates(world) == before
    assert (quoted["allowed"], quoted["lines"]) == (True, [{"quota_key": "large_messages", "units": 1}])
    result = await world.ask("Hello", **fields)
    query = "select held_micro_usd from oneai.reservations where id = %s"
    assert world.database.one(query, result.start["message_id"]) == quoted["max_cost_micro_usd"]
    (basis,) = quoted["basis"]
    assert (basis["model"], basis["answer_tokens"]) == ("openai/gpt-4.1", 50)
    assert basis["max_cost_micro_usd"] == quoted["max_cost_micro_usd"]


async def test_a_quote_includes_the_conversations_instructions(world: World) -> None:
    first = (await world.ask("Hello")).start["conversation_id"]
    before = await quote(world, model=SMALL, conversation_id=first)
    world.database.rows("update oneai.conversations set system_prompt = repeat('x', 3000)")

    quoted = await quote(world, model=SMALL, conversation_id=first)

    assert quoted["basis"][0]["prompt_tokens"] == before["basis"][0]["prompt_tokens"] + 1000
    result = await world.ask("Hello", model=SMALL, conversation_id=first)
    query = "select held_micro_usd from oneai.reservations where id = %s"
    assert world.database.one(query, result.start["message_id"]) == quoted["max_cost_micro_usd"]


async def test_a_quote_adds_up_compared_answers(world: World) -> None:
    quoted = await quote(world, compare=["openai/gpt-4.1", "openai/gpt-4.1-mini", SMALL])

    assert {each["quota_key"]: each["units"] for each in quoted["lines"]} == {"large_messages": 1, "small_messages": 2}
    assert quoted["max_cost_micro_usd"] == sum(each["max_cost_micro_usd"] for each in quoted["basis"])


async def test_a_quote_says_which_units_are_missing(world: World) -> None:
    left(world, "small_messages", 1)
    both: dict[str, Any] = {"compare": ["openai/gpt-4.1-mini", SMALL]}

    assert (await quote(world, model="openai/gpt-4.1-mini"))["allowed"]
    assert not (await quote(world, **both))["allowed"]
    world.database.rows("select oneai.override_quota(%s, 'tokens', 10, 0, null, 'why not')", world.people["asha"])
    quoted = await quote(world, model="openai/gpt-4.1-mini", max_tokens=30)
    assert {each["quota_key"] for each in quoted["lines"]} == {"small_messages", "tokens"}
    assert not quoted["allowed"]


async def test_a_quote_of_a_regeneration_includes_its_question(world: World) -> None:
    first = await world.ask("Tell me " + "a very long story " * 200, model="openai/gpt-4.1-mini")

    quoted = await quote(world, message=None, regenerate_of=first.start["message_id"])

    (basis,) = quoted["basis"]
    assert basis["model"] == "openai/gpt-4.1-mini"
    assert basis["prompt_tokens"] > 1000


async def test_a_question_refused_when_asked_is_refused_when_quoted(world: World) -> None:
    theirs = (await world.ask("Hello", "ravi")).start["conversation_id"]
    for fields, code in (
        ({"model": "no/such-model"}, "unknown_model"),
        ({"model": "openai/o1-pro"}, "model_not_in_plan"),
        ({"conversation_id": theirs}, "not_found"),
        ({"edit_of": str(uuid4())}, "not_found"),
        ({"message": ""}, "invalid_request"),
        ({"tools": []}, "invalid_request"),
    ):
        answer = await world.post("/quota/quote", {"message": "Hello", **fields})
        assert answer.json()["error"]["code"] == code, fields
        asked = await world.post("/chat/stream", {"message": "Hello", **fields})
        assert (asked.status_code, asked.json()["error"]["code"]) == (answer.status_code, code)


def _rows_but_rates(world: World) -> dict[str, list[str]]:
    """Every row but the rates, which each request takes."""
    return {table: rows for table, rows in all_rows(world.database).items() if table != "rate_limits"}
