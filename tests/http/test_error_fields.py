"""The document has every extra field of errors raised in Python and in SQL."""

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

from local.data_folder import REPOSITORY
from oneai.errors import BY_CODE
from openapi import FILE

FIELDS: dict[str, Any] = json.loads(FILE.read_text())["components"]["schemas"]["Error"]["properties"]
KINDS = {kind.__name__ for kind in BY_CODE.values()}
# Not in the body: what becomes a header, what alternatives of a quota and plans with a model are found by, and which
# sum of a chatbot is spent, for its owner alone.
NOT_SENT = {"refusal", "retry_after", "allow", "units", "workspace_id", "tier", "period"}
RAISE = re.compile(r"errcode = 'ON\d+'.*?;\n", re.DOTALL)
STRING = re.compile(r"'((?:[^']|'')*)'")


def raised_in_python() -> Iterator[tuple[str, ast.expr]]:
    """The keywords of every error that is made, and their values."""
    for file in [*REPOSITORY.glob("layers/common/oneai/**/*.py"), *REPOSITORY.glob("functions/**/*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS:
                yield from ((keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg is not None)


def raised_in_sql() -> Iterator[tuple[str, str]]:
    """The keys of every detail, and their values: of a literal, and of the outermost `json_build_object`."""
    for file in REPOSITORY.glob("supabase/schemas/*/*.sql"):
        for statement in RAISE.findall(file.read_text()):
            detail = statement.partition("detail =")[2].strip()
            if detail.startswith("'"):
                literal = STRING.match(detail)
                assert literal is not None, detail
                yield from json.loads(literal[1].replace("''", "'")).items()
            elif "build_object(" in detail:  # Else it is what another function made, or what was raised before.
                values = arguments(detail.partition("build_object(")[2])
                for key, value in zip(values[::2], values[1::2], strict=True):
                    yield key.strip("'"), value.strip("'")


def arguments(text: str) -> list[str]:
    """The arguments of a call of SQL, whose `(` stood before the text."""
    found, depth, in_string = [""], 0, False
    for character in text:
        in_string ^= character == "'"
        if not in_string:
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(character, 0)
            if depth < 0:
                break
            if character == "," and depth == 0:
                found.append("")
                continue
        found[-1] += character
    return [argument.strip() for argument in found]


def test_every_field_of_an_error_is_documented() -> None:
    fields = {name for name, _ in raised_in_python()} | {name for name, _ in raised_in_sql()}

    assert {"reason", "deletes_at", "limit_name", "details", "max_tokens"} <= fields
    assert fields - NOT_SENT <= set(FIELDS)


def test_the_documented_reasons_of_a_refused_token_are_the_actual_ones() -> None:
    from_python = {ast.literal_eval(value) for name, value in raised_in_python() if name == "reason"}
    from_sql = {value for name, value in raised_in_sql() if name == "reason"}

    assert "session_ended" in from_sql
    assert from_python | from_sql == set(FIELDS["reason"]["enum"])
