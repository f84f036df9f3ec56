"""The document that clients are written from is what the code does."""

import json
from collections import Counter
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from local import route_table, template
from local.data_folder import REPOSITORY
from oneai.errors import BY_CODE
from oneai.http import openai_routes
from openapi import FILE, document, written
from tests.chat.documents import add_document
from tests.world import World

DOCUMENT: dict[str, Any] = json.loads(FILE.read_text())
# One route of the template leads to all of these, whose errors are OpenAI's.
OPENAI_API = "/api/v1/"

# The published codes. A code may be added, and never changed.
PROMISED = {
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "invalid_request": 422,
    "document_not_ready": 409,
    "attachment_not_ready": 409,
    "precondition_failed": 412,
    "body_too_large": 413,
    "storage_full": 413,
    "unknown_model": 400,
    "model_not_in_plan": 403,
    "account_suspended": 403,
    "insufficient_scope": 403,
    "ip_not_allowed": 403,
    "model_not_allowed": 403,
    "invalid_api_key": 401,
    "insufficient_quota": 429,
    "account_deleting": 403,
    "second_factor_required": 403,
    "email_not_confirmed": 403,
    "conversation_busy": 409,
    "idempotency_conflict": 409,
    "quota_exceeded": 429,
    "rate_limited": 429,
    "busy": 503,
    "maintenance": 503,
    "service_paused": 503,
    "upstream_unavailable": 503,
    "model_busy": 503,
    "operator_notified": 503,
    "contact_sales": 422,
    "billing_details_required": 422,
    "invalid_signature": 400,
    "already_subscribed": 409,
    "subscription_not_changeable": 409,
    "cancellation_final": 409,
    "offer_not_open": 409,
    "credits_blocked": 403,
    "not_the_holder": 403,
    "credits_not_refundable": 409,
    "credits_exhausted": 402,
    "not_sold_for_credits": 403,
    "spending_limit_reached": 429,
    "provider_keys_unavailable": 503,
    "provider_key_unreadable": 409,
    "own_key_limit_reached": 429,
    "own_key_not_usable": 403,
    "own_key_missing": 403,
    "provider_key_refused": 403,
    "provider_credit_exhausted": 402,
    "provider_address_refused": 403,
    "credit_limit_reached": 403,
    "deletion_final": 409,
    "last_admin": 409,
    "workspace_not_found": 404,
    "role_insufficient": 403,
    "workspace_suspended": 403,
    "workspace_deleting": 403,
    "second_factor_missing": 403,
    "last_owner": 409,
    "recent_sign_in_required": 403,
    "no_seat_left": 409,
    "name_taken": 409,
    "personal_workspace": 409,
    "invitation_ended": 410,
    "chatbot_not_found": 404,
    "answer_limit_reached": 409,
    "evaluation_limit_reached": 409,
    "evaluation_running": 409,
    "chatbot_limit_reached": 409,
    "chatbot_not_published": 409,
    "plan_publishes_no_chatbot": 409,
    "conversation_full": 409,
    "claimed": 409,
    "chatbot_spent": 429,
    "reload": 410,
    "visitor_limit": 429,
    "address_limit": 429,
    "visitor_token_invalid": 401,
    "identity_invalid": 401,
    "proof_required": 403,
    "invitation_for_another_address": 403,
    "payment_provider_unavailable": 503,
    "upstream_error": 502,
    "context_length_exceeded": 502,
    "content_policy_violation": 502,
    "empty_answer": 502,
    "tokens_used_up": 502,
    "timeout": 504,
    "internal_error": 500,
}


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of everything in the document."""
    return [
        (method.upper(), path, operation)
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
    ]


def named(schema: str) -> dict[str, Any]:
    """A reference to one of the document's schemas."""
    return {"$ref": f"#/components/schemas/{schema}"}


STREAM_EVENT = named("StreamEvent")


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """Checks against a schema with the document's references."""
    return Draft202012Validator(
        {**schema, "components": DOCUMENT["components"]},
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """Resolves a reference."""
    found: dict[str, Any] = DOCUMENT
    if "$ref" not in part:
        return part
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


@pytest.mark.exhaustive
def test_the_committed_document_matches_the_code() -> None:
    assert FILE.read_text() == written(), "make openapi"


@pytest.mark.exhaustive
def test_generating_twice_gives_the_same_document() -> None:
    assert document() == document()


def test_exactly_the_routes_of_the_routers_are_documented() -> None:
    routes = route_table.read(template.read(REPOSITORY / "template.yaml"))

    described = {(method, path) for method, path, _ in operations()}
    for_openai = {(method, path) for method, path in described if path.startswith(OPENAI_API)}
    assert described - for_openai == {(r.method, f"/api{r.path}") for r in routes if r.method != "ANY"}
    assert for_openai == {
        ("GET", f"{OPENAI_API}models/{{id}}"),
        *((method, f"{OPENAI_API}{path[1:]}") for path, (method, _) in openai_routes.ROUTES.items()),
    }


def test_the_closed_list_of_codes_is_the_published_one() -> None:
    assert {code: kind.status for code, kind in BY_CODE.items()} == PROMISED
    assert set(DOCUMENT["components"]["schemas"]["ErrorCode"]["enum"]) == set(PROMISED)
    for code, status in PROMISED.items():
        assert f"| `{code}` | {status} |" in DOCUMENT["info"]["description"]


def test_every_operation_has_a_name_of_its_own() -> None:
    names = Counter(
        operation["operationId"]
        for path in DOCUMENT["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict) and "operationId" in operation
    )
    assert len(names) > 100
    assert [name for name, count in names.items() if count > 1] == []


def test_every_schema_is_valid() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [each for each in operations() if not each[1].startswith(OPENAI_API)],
    ids=lambda part: str(part)[:40],
)
def test_every_route_lists_its_refusals_in_the_common_envelope(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    refusals = {status: resolved(each) for status, each in operation["responses"].items() if int(status) >= 400}

    assert {"413", "422", "429", "500", "502", "503", "504"} <= set(refusals)
    # Who refreshes a session, and a website's visitor, sends something of their own that may be refused.
    own = ("/api/auth/session", "/api/widget/{public_id}/sessions")
    assert ("401" in refusals) == bool(operation["security"]) or path in own
    for status, refusal in refusals.items():
        assert refusal["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Refusal"}
        codes = refusal["x-codes"]
        assert {PROMISED[code] for code in codes} == {int(status)} or (status, codes) == ("502", ["internal_error"])
        assert "X-Request-Id" in refusal["headers"]


async def test_the_served_document_equals_the_committed_one(world: World) -> None:
    served = await world.get("/openapi.json", None)

    assert served.status_code == 200
    assert served.headers["content-type"] == "application/json"
    assert served.text == FILE.read_text()


async def test_real_streams_match_the_document(world: World) -> None:
    kinds = {each["properties"]["event"]["const"]: each for each in resolved(STREAM_EVENT)["oneOf"]}
    result = [await world.ask("Hello", model=f"local/{model}") for model in ("reasoning", "error-midway", "empty")]
    asked = [add_document(world)]
    result.append(await world.ask("Hello", documents=asked))
    compared = ["local/reasoning", "local/echo", "local/eof-midway"]
    result.append(await world.ask("Hello", compare=compared, documents=asked))

    events = [event for each in result for event in each.events]
    assert {name for name, _, _ in events} == set(kinds)
    for name, data, _ in events:
        validator(kinds[name]["properties"]["data"]["contentSchema"]).validate(data)


async def test_real_responses_match_the_document(world: World) -> None:
    asked = await world.ask("Hello")
    conversation = asked.start["conversation_id"]
    link = (await world.post(f"/conversations/{conversation}/share", {"kind": "live"})).json()
    validator(named("NewShare")).validate(link)
    for path, schema in (
        ("/chat/models", "ModelList"),
        ("/conversations", "ConversationPage"),
        (f"/conversations/{conversation}", "ConversationDetail"),
        (f"/conversations/{conversation}/messages", "MessagePage"),
        ("/chat/history", "HistoryPage"),
        (f"/conversations/{conversation}/shares", "ShareList"),
        (f"/shared/{link['token']}", "SharedConversation"),
        ("/quota/status", "QuotaStatus"),
        ("/health", "Health"),
        ("/health/ready", "Health"),
    ):
        answer = await world.get(path)
        assert answer.status_code == 200, path
        validator(named(schema)).validate(answer.json())
    found = (await world.get("/search", q="hello")).json()
    assert found["items"][0]["highlights"]
    validator(named("SearchPage")).validate(found)
    stopped = await world.post("/chat/stop", {"message_id": asked.start["message_id"]})
    validator(named("StopAnswer")).validate(stopped.json())
    refused = await world.get("/conversations", None)
    validator(named("Refusal")).validate(refused.json())
