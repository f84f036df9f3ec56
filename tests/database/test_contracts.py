"""What Python sends to admit, quote and settle has the keys that Postgres knows, and an unknown one is refused."""

import dataclasses
import json
import re
from typing import Any, LiteralString, cast
from uuid import UUID, uuid4

import psycopg
import pytest

from oneai.chat.turn.question_request import AnswerRequest, AttachedFile, QuestionRequest
from oneai.models.outcome import Outcome, OutcomeUsage
from oneai.plans.request_terms import AnswerTerms, ModelRequest, TierTerms, terms_to_json
from tests.database.turns import TERMS, TurnClient
from tests.world import Database

# Each domain, the class that builds it, and which list of keys of its check that class has.
CONTRACTS: list[tuple[str, int, Any, set[str]]] = [
    ("question_request", 0, QuestionRequest, set()),
    ("model_request", 0, ModelRequest, {"answers"}),
    ("tier_terms", 0, TierTerms, set()),
    ("answer_terms", 0, AnswerTerms, set()),
    ("answer_outcome", 0, Outcome, set()),
    ("answer_outcome", 1, OutcomeUsage, set()),
]
READERS = ("question_request", "model_request", "answer_terms", "tier_terms", "answer_outcome")


def check_of(database: Database, domain: str) -> str:
    """The condition of a domain."""
    return str(
        database.one(
            "select pg_get_constraintdef(c.oid) from pg_constraint as c join pg_type as t on t.oid = c.contypid "
            "where t.typname = %s",
            domain,
        )
    )


def lists_of(check: str) -> list[set[str]]:
    """The lists of keys in a condition."""
    return [set(re.findall(r"'(\w+)'", each)) for each in re.findall(r"ARRAY\[([^\]]*)\]", check)]


@pytest.mark.parametrize(("domain", "number", "kind", "more"), CONTRACTS)
def test_a_class_has_the_keys_of_its_type_in_postgres(
    database: Database, domain: str, number: int, kind: Any, more: set[str]
) -> None:
    keys = {each.name for each in dataclasses.fields(kind)} | more

    assert lists_of(check_of(database, domain))[number] == keys


@pytest.mark.parametrize(("field", "kind"), [("answers", AnswerRequest), ("attached", AttachedFile)])
def test_a_class_has_the_keys_of_the_elements_of_a_request(database: Database, field: str, kind: Any) -> None:
    (path,) = re.findall(rf'\$\."?{field}"?\[\*\]\.keyvalue\(\)\?\((.*?)\)\'', check_of(database, "question_request"))

    assert set(re.findall(r'@\."key" != "(\w+)"', path)) == {each.name for each in dataclasses.fields(kind)}


def test_every_key_that_a_function_reads_of_them_is_one_of_theirs(database: Database) -> None:
    lists = {name: lists_of(check_of(database, name)) for name in READERS}
    # The second list of terms has what Postgres adds to them itself.
    known = {name: found[0].union(*(found[1:] if name.endswith("terms") else [])) for name, found in lists.items()}
    functions = database.rows(
        "select p.proname, p.prosrc, pg_get_function_arguments(p.oid) from pg_proc as p "
        "join pg_namespace as n on n.oid = p.pronamespace where n.nspname = 'oneai'"
    )
    read = 0
    for name, body, arguments in functions:
        typed = re.findall(rf"(\w+) (?:constant )?oneai\.({'|'.join(READERS)})\b", f"{arguments}\n{body}")
        for variable, domain in typed:
            keys = set(re.findall(rf"\b{variable} ->>? '(\w+)'", body))
            keys |= set(re.findall(rf"\b{variable} #>>? '{{(\w+)", body))
            read += len(keys)
            assert keys <= known[domain], (name, variable, keys - known[domain])
    assert read > 40


@pytest.mark.parametrize(
    "change",
    [
        {"mesage": "Hello"},
        {"answers": [{"id": str(uuid4()), "modl": "maker/small"}]},
        {"attached": [{"id": str(uuid4()), "name": "a"}]},
    ],
)
async def test_a_misspelt_key_of_a_question_is_refused(client: TurnClient, asha: UUID, change: dict[str, Any]) -> None:
    message = str(uuid4())
    request = {"message": "Hello", "fingerprint": "f", "answers": [{"id": message, "model": "maker/small"}]}
    terms = json.dumps({"free": {"history_bytes": 0, "answers": [TERMS]}})
    calls: list[tuple[LiteralString, list[Any]]] = [
        ("select oneai.admit(%s, %s, %s, %s)", [asha, message, json.dumps(request | change), terms]),
        ("select oneai.quote(%s, %s, %s)", [asha, json.dumps(request | change), terms]),
    ]
    for call, params in calls:
        with pytest.raises(psycopg.errors.CheckViolation):
            await client.call(call, *params)


@pytest.mark.parametrize("terms", [{"fre": True}, {"answers": [TERMS | {"answer_token": 5}]}])
async def test_a_misspelt_key_of_terms_is_refused(client: TurnClient, asha: UUID, terms: dict[str, Any]) -> None:
    message = uuid4()
    request = {"message": "Hello", "fingerprint": "f", "answers": [{"id": str(message), "model": "maker/small"}]}
    by_tier = {"free": {"history_bytes": 0, "answers": [TERMS]} | terms}
    with pytest.raises(psycopg.errors.CheckViolation):
        await client.call("select oneai.admit(%s, %s, %s, %s)", asha, message, json.dumps(request), json.dumps(by_tier))


@pytest.mark.parametrize("change", [{"unit": 3}, {"usage": {"cost": 5}}])
async def test_a_misspelt_key_of_an_outcome_is_refused_and_nothing_is_settled(
    database: Database, client: TurnClient, asha: UUID, change: dict[str, Any]
) -> None:
    turn = await client.admit(asha)
    with pytest.raises(psycopg.errors.CheckViolation):
        await client.call("select oneai.settle(%s, %s)", turn.message_id, json.dumps({"state": "complete"} | change))
    with pytest.raises(psycopg.errors.CheckViolation):
        await client.call("select oneai.settle(%s, %s)", turn.message_id, '{"content": "without a state"}')

    assert database.one("select settled_at from oneai.reservations where id = %s", turn.message_id) is None


async def test_a_misspelt_key_of_embeddings_is_refused(client: TurnClient, asha: UUID) -> None:
    request = {"model": "maker/small", "answers": [{"model": "maker/small"}], "unit": 1, "prompt_tokens": 9}
    terms = json.dumps({"free": {"free": True, "answers": [TERMS]}})
    with pytest.raises(psycopg.errors.CheckViolation):
        await client.call("select oneai.admit_embeddings(%s, %s, %s, %s)", asha, uuid4(), json.dumps(request), terms)


@pytest.mark.parametrize("kind", [QuestionRequest, ModelRequest, AnswerTerms, TierTerms, Outcome, OutcomeUsage])
def test_python_refuses_a_misspelt_key_too(kind: Any) -> None:
    with pytest.raises(TypeError, match="mesage"):
        kind(mesage="Hello")


def test_what_is_not_stated_is_not_sent() -> None:
    request = QuestionRequest(fingerprint="f", require_confirmed=False, spend_limit_micro_usd=None, passages_bytes=0)

    assert None not in cast(dict[str, Any], json.loads(request.to_json())).values()
    assert json.loads(terms_to_json({"free": TierTerms(refusal="unknown_model")}))["free"] == {
        "free": False,
        "answers": [],
        "refusal": "unknown_model",
    }
