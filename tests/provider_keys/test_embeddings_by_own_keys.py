"""Vectors that a workspace's own key pays: of questions about documents, and of programs."""

import json
from typing import Any
from uuid import uuid4

import pytest

from oneai import settings
from oneai.documents import question
from oneai.passages import MAX_PASSAGES
from tests.chat.documents import add_document
from tests.credits.test_paying_with_credits import set_order
from tests.database.turns import TERMS
from tests.provider_keys.answering import over, shown, with_key
from tests.provider_keys.every import CASES, Case, running
from tests.provider_keys.rows import insert_key
from tests.world import World

# Too many passages for all of them to be in a prompt, so the question needs a vector.
CLAUSES = [f"Clause {n} of the lease is about pets." for n in range(MAX_PASSAGES + 1)]
# Long enough for its vector to cost a micro-dollar or more.
QUESTION = "What do the clauses of the lease say about pets? " * 8
SMALL = "openai/text-embedding-3-small"


def uses(world: World, who: str) -> list[tuple[str, str, str | None]]:
    """Of each use of a workspace: its purpose, what paid, and the provider."""
    return world.database.rows(
        "select purpose::text, paid_by::text, provider from oneai.usage_events where workspace_id = %s order by id",
        world.people[who],
    )


def counted(world: World, key: object) -> tuple[int, int, int]:
    """Answers and micro-dollars of the key's day, and what of it is still held."""
    found: tuple[int, int, int] = world.database.one(
        "select coalesce(sum(s.answers), 0)::int, coalesce(sum(s.micro_usd), 0)::int, (select count(*)::int "
        "from oneai.provider_key_holds as h where h.provider_key_id = %s and h.settled_at is null) "
        "from oneai.provider_key_sums as s where s.provider_key_id = %s and s.period = 'day'",
        *(key, key),
    )
    return found


def cost(world: World, who: str) -> int:
    """What all uses of a workspace cost."""
    total: int = world.database.one(
        "select coalesce(sum(cost_micro_usd), 0)::int from oneai.usage_events where workspace_id = %s",
        world.people[who],
    )
    return total


def embeds_with(environment: pytest.MonkeyPatch, model: str) -> None:
    """The model of the questions' vectors."""
    environment.setenv("EMBEDDING_MODEL", model)
    settings.reset_cache()
    question.reset_cache()


@pytest.mark.parametrize(
    ("name", "model", "pays"),
    [
        ("openai", SMALL, True),
        ("openrouter", SMALL, True),
        ("gemini", "google/gemini-embedding-001", True),
        ("anthropic", SMALL, False),
        ("gemini", SMALL, False),
    ],
)
async def test_the_key_that_pays_an_answer_embeds_its_question_where_it_has_the_model(
    shared: World, monkeypatch: pytest.MonkeyPatch, *, name: str, model: str, pays: bool
) -> None:
    who, case = shared.newcomer(), CASES[name]
    document = add_document(shared, CLAUSES, who=who)
    async with running(case, monkeypatch) as provider:
        embeds_with(monkeypatch, model)
        key = await with_key(shared, who, **case.fields(provider))
        result = await shared.ask(QUESTION, who, model=case.model, documents=[document])
        await over()

    assert result.last["state"] == "complete"
    assert "sources" in result.names
    assert len(provider.asked) == (2 if pays else 1)
    assert [each[:2] for each in uses(shared, who)] == [
        *([("document_embedding", "own_key")] if pays else []),
        ("answer", "own_key"),
    ]
    assert counted(shared, key) == (1, cost(shared, who), 0)
    if pays:
        assert shared.database.one(
            "select cost_micro_usd > 0 from oneai.usage_events where workspace_id = %s "
            "and purpose = 'document_embedding' and provider_key_id = %s",
            *(shared.people[who], key),
        )
    question.reset_cache()


async def test_a_vector_whose_answer_is_gone_is_still_the_keys(shared: World, monkeypatch: pytest.MonkeyPatch) -> None:
    who, case = shared.newcomer(), CASES["openai"]
    async with running(case, monkeypatch) as provider:
        key = await with_key(shared, who, **case.fields(provider))
    usage = '{"outcome": "complete", "model_asked": "m", "prompt_tokens": 9, "cost_micro_usd": 7, "estimated": false, '
    shared.database.rows(
        "select oneai.record_embedding_usage(%s, %s, gen_random_uuid(), %s, gen_random_uuid())",
        *(shared.people[who], shared.people[who], f'{usage}"price_version": "v1", "provider_key": "{key}"}}'),
    )

    assert uses(shared, who) == [("document_embedding", "own_key", None)]
    assert shared.database.rows(
        "select provider_key_id from oneai.usage_events where workspace_id = %s", shared.people[who]
    ) == [key]


@pytest.fixture(params=["openai", "openrouter"])
def case(request: pytest.FixtureRequest) -> Case:
    """A provider that has the model."""
    return CASES[request.param]


async def embed(world: World, who: str, **fields: Any) -> Any:
    """`POST /v1/embeddings`."""
    body = {"model": SMALL, "input": ["one " * 40, "two " * 40], "dimensions": 16, **fields}
    return await world.http.post("/v1/embeddings", json=body, headers=world.headers(who))


async def test_embeddings_of_a_program_are_paid_by_the_own_key(
    shared: World, monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    who = shared.newcomer()
    async with running(case, monkeypatch) as provider:
        key = await with_key(shared, who, **case.fields(provider), limits={"answers_per_day": 2})
        answered = [await embed(shared, who) for _ in range(3)]

    assert [each.status_code for each in answered] == [200, 200, 429]
    assert [each["index"] for each in answered[0].json()["data"]] == [0, 1]
    assert answered[2].json()["error"]["code"] == "own_key_limit_reached"
    assert answered[2].headers["x-should-retry"] == "false"
    assert [each[:2] for each in uses(shared, who)] == [("embedding", "own_key")] * 2
    assert counted(shared, key) == (2, cost(shared, who), 0)
    assert cost(shared, who) > 0
    assert (shared.quota(who), len(provider.asked)) == ((0, 0), 2)


async def test_embeddings_by_a_key_that_was_revoked_cost_nothing(
    shared: World, monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    who = shared.newcomer()
    async with running(case, monkeypatch) as provider:
        key = await with_key(shared, who, **case.fields(provider))
        provider.is_revoked = True
        refused, again = await embed(shared, who), await embed(shared, who)
        found = await shown(shared, who, key)

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "provider_key_refused")
    assert (again.status_code, again.json()["error"]["code"]) == (403, "own_key_not_usable")
    assert (found["state"], counted(shared, key), cost(shared, who)) == ("refused", (0, 0, 0), 0)
    assert shared.quota(who) == (0, 0)


async def test_embeddings_whose_process_died_count_for_their_key(shared: World) -> None:
    who, request = shared.newcomer(), uuid4()
    workspace = shared.people[who]
    shared.database.rows("select oneai.ensure_user(%s)", workspace)
    key = insert_key(shared.database, workspace, workspace)
    asked = {"model": SMALL, "answers": [{"model": SMALL}], "units": 1, "prompt_tokens": 90}
    route = {
        "provider": "openai",
        "model": "small",
        "terms": {"price_version": "v1", "prompt_micro_usd_per_token": "2"},
    }
    terms = {"free": {"answers": [TERMS]}, "own_key": {"answers": [{**TERMS, "answer_tokens": 0, "routes": [route]}]}}
    admitted = shared.database.one(
        "select oneai.admit_embeddings(%s, %s, %s, %s)", workspace, request, json.dumps(asked), json.dumps(terms)
    )
    shared.database.rows("update oneai.reservations set held_until = oneai.now() where id = %s", request)

    assert admitted["own_key"]["id"] == str(key)
    assert counted(shared, key) == (1, 180, 1)
    assert shared.database.one("select oneai.expire_answer(%s)", request)
    assert counted(shared, key) == (1, 180, 0)
    assert [each[:2] for each in uses(shared, who)] == [("embedding", "own_key")]


@pytest.mark.parametrize(
    ("order", "units", "expected"),
    [
        ("plan,own_key", 1, "plan"),
        ("plan,own_key", 0, "own_key"),
        ("plan,own_key,credits", 0, "own_key"),
        ("own_key,plan", 1, "own_key"),
        ("own_key", 0, "own_key"),
    ],
)
async def test_the_order_of_the_workspace_decides_what_pays_embeddings(
    shared: World, monkeypatch: pytest.MonkeyPatch, *, order: str, units: int, expected: str
) -> None:
    who = shared.newcomer()
    async with running(CASES["openai"], monkeypatch) as provider:
        await with_key(shared, who, **CASES["openai"].fields(provider))
        set_order(shared.database, shared.people[who], order)
        if not units:
            shared.database.rows(
                "update oneai.usage_quotas set used = quota_limit + grace_units, next_reset_at = oneai.now() + "
                "interval '1 day' where workspace_id = %s and quota_key = 'small_messages'",
                shared.people[who],
            )
        answered = await embed(shared, who)

    assert answered.status_code == 200, answered.text
    assert [each[:2] for each in uses(shared, who)] == [("embedding", expected)]


async def test_a_key_without_the_model_leaves_embeddings_to_the_plan(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, case = shared.newcomer(), CASES["anthropic"]
    async with running(case, monkeypatch) as provider:
        await with_key(shared, who, **case.fields(provider))
        by_plan = await embed(shared, who)
        set_order(shared.database, shared.people[who], "own_key")
        refused = await embed(shared, who)

    assert (by_plan.status_code, uses(shared, who)[0][:2]) == (200, ("embedding", "plan"))
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "own_key_missing")
    assert provider.asked == []
