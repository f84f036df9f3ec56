"""The OpenAPI document is valid, and explains every part to readers and to generators of clients."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from openapi import FILE

DOCUMENT: dict[str, Any] = json.loads(FILE.read_text())
OPERATIONS: dict[str, dict[str, Any]] = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
# Operations for an app before its user signs in.
PUBLIC = {
    *("GET /api/credits/packages", "GET /api/ledger/roots"),
    *("GET /api/health", "GET /api/health/ready", "GET /api/openapi.json"),
    *("GET /api/subscription/plans", "GET /api/subscription/plans/{id}"),
    *("GET /api/shared/{token}", "POST /api/shared/{token}/report"),
    *("GET /api/mail/unsubscribe", "POST /api/mail/unsubscribe", "GET /api/mail/confirm", "POST /api/mail/confirm"),
    *("GET /api/auth/callback", "POST /api/auth/callback", "POST /api/auth/session", "POST /api/auth/verify"),
    *("POST /api/keys/report", "GET /api/docs/search", "POST /api/docs/feedback"),
    *("GET /api/widget/{public_id}", "POST /api/widget/{public_id}/sessions"),
    "POST /api/widget/{public_id}/reports",
    *("GET /api/widget/{public_id}/frame", "GET /api/widget/{public_id}/page"),
    *("GET /api/status", "GET /api/retention", "POST /api/invitations/lookup"),
}
# Operations that return more to a signed-in user.
SIGN_IN_OPTIONAL = {"GET /api/chat/models"}
BODIES = [name for name, operation in OPERATIONS.items() if "requestBody" in operation]


def walk(part: Any, where: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object within a part of the document, with its place."""
    if isinstance(part, dict):
        yield where, part
    for name, inner in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        yield from walk(inner, f"{where}/{name}")


def schema_parts() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of the schemas of bodies, responses and parameters; examples are data and no part of them."""
    for name, schema in SCHEMAS.items():
        yield from walk(schema, name)
    for name, operation in OPERATIONS.items():
        for parameter in operation.get("parameters", []):
            yield from walk(parameter["schema"], f"{name} {parameter['name']}")


def media(operation: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The contents of an operation's request and successful responses: place, media type and description."""
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield "body", kind, content
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            for kind, content in response.get("content", {}).items():
                yield status, kind, content


def checker(schema: dict[str, Any]) -> Draft202012Validator:
    """Checks values against a schema with the document's references."""
    return Draft202012Validator(
        {**schema, "components": DOCUMENT["components"]}, format_checker=Draft202012Validator.FORMAT_CHECKER
    )


def test_the_document_is_valid_openapi() -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_every_operation_has_a_unique_name() -> None:
    names = Counter(operation["operationId"] for operation in OPERATIONS.values())

    assert [name for name, times in names.items() if times > 1] == []


def test_every_operation_states_whether_it_requires_a_sign_in() -> None:
    stated = {name: operation["security"] for name, operation in OPERATIONS.items()}

    bearer: list[dict[str, list[str]]] = [{"bearer": []}]
    visitor = [{"visitor": list[str]()}]
    assert stated == {
        name: []
        if name in PUBLIC
        else [{}, *bearer]
        if name in SIGN_IN_OPTIONAL
        else visitor
        if "/api/widget/" in name
        else bearer
        for name in OPERATIONS
    }


def test_every_operation_has_a_tag_and_every_tag_a_description() -> None:
    tags = {tag["name"]: tag["description"] for tag in DOCUMENT["tags"]}

    assert all(tags.values())
    assert {tag for operation in OPERATIONS.values() for tag in operation["tags"]} == set(tags)
    assert {len(operation["tags"]) for operation in OPERATIONS.values()} == {1}


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_has_a_summary_and_a_description(name: str) -> None:
    operation = OPERATIONS[name]

    assert len(operation["summary"].split()) > 1
    assert operation["summary"][0].isupper()
    assert not operation["summary"].endswith(".")
    assert operation["description"].endswith((".", ":"))
    assert "Successful Response" not in json.dumps(operation)


def test_no_two_operations_have_the_same_summary() -> None:
    assert len({operation["summary"] for operation in OPERATIONS.values()}) == len(OPERATIONS)


def test_every_field_has_a_description() -> None:
    unexplained = [
        f"{place}.{name}"
        for place, part in schema_parts()
        if not place.endswith("/properties")
        for name, field in part.get("properties", {}).items()
        if not field.get("description")
    ]

    assert unexplained == []


def test_every_parameter_and_header_has_a_description() -> None:
    unexplained = [
        f"{name} {parameter['name']}"
        for name, operation in OPERATIONS.items()
        for parameter in operation.get("parameters", [])
        if not parameter.get("description")
    ]

    assert unexplained == []
    assert all(header["description"] for header in DOCUMENT["components"]["headers"].values())


def test_every_schema_has_a_description() -> None:
    assert [name for name, schema in SCHEMAS.items() if not schema.get("description")] == []


def test_no_optional_field_has_a_default_that_generators_treat_as_required() -> None:
    """openapi-typescript makes a field with a default a required one. Of parameters it does not."""
    fields = [(place, part) for place, part in schema_parts() if place.split("/")[0] in SCHEMAS]

    assert [place for place, part in fields if "default" in part] == []
    assert [place for place, part in schema_parts() if part.get("default", 0) is None] == []


def test_a_fixed_length_array_describes_its_items() -> None:
    assert [place for place, part in schema_parts() if "prefixItems" in part and "items" not in part] == []
    assert [place for place, part in schema_parts() if part.get("type") == "array" and "items" not in part] == []


def test_every_refusal_has_the_common_schema_with_the_closed_list_of_codes() -> None:
    refusals = [
        response["content"]["application/json"]["schema"] for response in DOCUMENT["components"]["responses"].values()
    ]

    assert {json.dumps(schema) for schema in refusals} == {'{"$ref": "#/components/schemas/Refusal"}'}
    enums = [place for place, part in schema_parts() if "quota_exceeded" in part.get("enum", [])]
    assert enums == ["ErrorCode"]


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_json_body_and_response_has_a_valid_example(name: str) -> None:
    for where, kind, content in media(OPERATIONS[name]):
        examples = [example["value"] for example in content.get("examples", {}).values()]
        if kind in ("application/json", "text/event-stream") and "$ref" in str(content["schema"]):
            assert examples, f"{where} {kind} has no example"
        for example in examples:
            checker(content["schema"]).validate(example)


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize("response", DOCUMENT["components"]["responses"])
def test_every_refusal_has_a_valid_example(response: str) -> None:
    content = DOCUMENT["components"]["responses"][response]["content"]["application/json"]

    for code, example in content["examples"].items():
        checker(content["schema"]).validate(example["value"])
        assert example["value"]["error"]["code"] == code


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize("name", BODIES)
def test_an_optional_body_field_is_not_required(name: str) -> None:
    """Every example of a body is as short as the words around it say, so a generated client compiles with it."""
    (schema,) = [content["schema"] for where, _, content in media(OPERATIONS[name]) if where == "body"]

    body = "array" if name == "POST /api/keys/report" else "object"
    for each in schema.get("oneOf") or schema.get("anyOf", [schema]):
        assert SCHEMAS[each["$ref"].rpartition("/")[2]]["type"] == body
