"""Sentences for people are in Python: the schemas raise codes and numbers."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.schema import schema_files
from oneai.postgres.refusal_sentences import _BY_FIELD_CODE, _BY_REFUSAL, with_sentences
from tests.world import Database

SENTENCE = re.compile(r"'[^']*[A-Z][a-z]*'? [^']*[a-z]{2}[.!?][\"}]*'|\"message\"\s*:")
REFUSAL = re.compile(r"refusal'?,\s*jsonb?_build_object\(\s*'code', '(\w+)'|\"refusal\": {\"code\": \"(\w+)\"")


def code_of(file: Path) -> str:
    """The statements of a schema, without comments."""
    return re.sub(r"--[^\n]*", "", file.read_text())


def refusals() -> Iterator[str]:
    """The codes of all refusals that have a sentence of their own."""
    for file in schema_files():
        yield from (one or other for one, other in REFUSAL.findall(code_of(file)))


@pytest.mark.parametrize("file", schema_files(), ids=lambda file: file.stem)
def test_a_schema_has_no_sentence_for_people(file: Path) -> None:
    assert SENTENCE.findall(code_of(file)) == []


@pytest.mark.parametrize(
    "text",
    [
        "'This conversation is already kept.'",
        """'{"refusal": "Nothing was cancelled."}'""",
        """'{"details": [{"message": "x"}]}'""",
        "format('Between 100 and %s can be refunded.', refundable)",
    ],
)
def test_a_sentence_in_a_schema_would_be_seen(text: str) -> None:
    assert SENTENCE.search(text)


def test_every_refusal_of_the_schemas_has_its_sentence_and_no_other_has() -> None:
    assert set(refusals()) == set(_BY_REFUSAL)


def test_every_field_that_the_schemas_refuse_has_a_sentence(database: Database) -> None:
    bodies = database.rows(
        "select p.prosrc from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace where n.nspname = 'oneai'"
    )
    codes = {code for body in bodies for code in re.findall(r"'field', [^()]*?'code', '(\w+)'", body)}
    codes |= {code for body in bodies for code in re.findall(r"refuse_(?!recharge)\w+\([\w'.]+, '(\w+)'", body)}
    codes -= {"too_large", "too_small", "unreadable"}  # with numbers, and with what a document says itself

    assert len(codes) >= 6
    for code in codes:
        (field,) = with_sentences({"details": [{"field": "name", "code": code}]})["details"]
        assert field["message"] != "This cannot be used." or code in ("empty", "not_an_answer"), code


def test_the_numbers_of_a_sentence_are_no_part_of_the_refusal() -> None:
    detail = json.loads('{"refusal": {"code": "answers_at_once", "limit": 4}, "retry_after": 5}')

    assert with_sentences(detail) == {
        "message": "Your plan allows 4 answers at a time. Please wait for one of them to end, or stop it.",
        "retry_after": 5,
    }
    refunds = [{"field": "amount", "code": "too_large", "least": 100, "most": most} for most in (4000, 0)]
    assert [each["message"] for each in with_sentences({"details": refunds})["details"]] == [
        "Between 100 and 4000 can be refunded.",
        "This payment cannot be refunded: it is already refunded, or its dispute is open or lost.",
    ]
    assert "too_long" in _BY_FIELD_CODE
