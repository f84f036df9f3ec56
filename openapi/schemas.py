"""The schemas as clients need them: described, without pydantic's titles, and without defaults that mislead generators.

openapi-typescript treats a field with a `default` as always present, so a body would have to contain all fields. The
description therefore says what an omitted field means.
"""

import re
from collections.abc import Iterator
from typing import Any

REFERENCE = re.compile(r"#/components/schemas/(\w+)")
# A model's own list of the fields that a response omits without a value; it is not part of the document.
MAY_BE_ABSENT = "x-may-be-absent"

# Type aliases of lists of values, which cannot have a docstring.
MEANINGS = {
    "ComponentName": "A part of the service.",
    "ComponentStatus": "The status of a part of the service.",
    "ConsentKind": "The kind of consent.",
    "Impact": "How much of the service an incident affects.",
    "IncidentMessage": "The text of an incident on the status page.",
    "IncidentState": "The state of an incident.",
    "ReportKind": "The problem of a shared conversation.",
    "RetentionKey": "A kind of data.",
    "AccountStatus": "Whether an account is open, suspended, or waits for deletion.",
    "AnyQuotaKey": "What a quota counts: answers by the price of the model, tokens, or cost.",
    "AuditAction": "What was done.",
    "CostGroup": "The grouping of costs.",
    "EventOutcome": "The outcome of an event of the payment provider.",
    "EventState": "The state of an event of the payment provider.",
    "LetterKind": "The kind of failed item.",
    "OperationState": "The state of an operation at the payment provider.",
    "PerformanceGroup": "The grouping of performance.",
    "Reason": "The reason, for the audit log.",
    "RevenueGroup": "The grouping of revenue.",
    "StaffRole": "`admin`, or `support` (read-only).",
    "SubscriptionState": "The status of a subscription; `none` without one.",
    "Units": "Messages; for `tokens` they are tokens, for `cost` micro-dollars.",
    "UsageGroup": "The grouping of usage.",
    "ChangeReason": "Why a plan changed.",
    "Currency": "Rupees, or dollars for customers outside India.",
    "UsageFormat": "The format of a file of usage.",
    "FormatName": "The format of an exported conversation.",
    "Frequency": "How long a quota's window is; days and months are those of UTC.",
    "GroupBy": "The grouping of usage.",
    "JsonValue": "Any JSON value.",
    "InvalidReason": "Why a token or an API key would be refused.",
    "TokenKind": "An access token of a signed-in user, or an API key.",
    "ValidKeyState": "The state of an accepted API key.",
    "InvitationState": "The state of an invitation.",
    "OfferState": "The state of an offer.",
    "OfferMethod": "How an offer is paid.",
    "CreditGrantKind": "Where credits came from.",
    "NoRefund": "Why bought credits cannot be refunded.",
    "TransactionKind": "What changed the credits.",
    "LimitKey": "A quota, or what the workspace stores.",
    "SupportState": "The state of a request for support.",
    "WorkspaceKind": "One person's own workspace, or a team.",
    "WorkspaceRole": "What a member may do in a workspace.",
    "WorkspaceSort": "The order of workspaces.",
    "Language": "A language of emails and of the app.",
    "GuideLanguage": "A language of the guide.",
    "Role": "`user`, `admin` or `support`.",
    "Theme": "The app's colours; `system` follows the device.",
    "Period": "How often a subscription is charged.",
    "QuotaKey": "A quota of answers, by the price of the model.",
    "PaymentMethod": "A way to pay on a provider's page.",
    "SubscriptionStatus": "The status of a subscription.",
}
# A response has only the applicable fields of these.
SOME_OF_IT = {
    *("Alternative", "Error", "Refusal", "UsageItem"),
    *("UsageAnalyticsItem", "RevenueAnalyticsItem", "CostAnalyticsItem", "PerformanceAnalyticsItem"),
}


def finished(schemas: dict[str, Any], bodies: set[str], responses: set[str]) -> dict[str, Any]:
    """The schemas, sorted by name; `bodies` and `responses` name the root schemas of requests and responses."""
    sent, answered = _reached(bodies, schemas), _reached(responses, schemas)
    for name, schema in schemas.items():
        if name in MEANINGS:
            schema.setdefault("description", MEANINGS[name])
        for part in _objects(schema):
            _tidy(part)
            for field in part.get("properties", {}).values():
                _without_default(field, say=name in sent)
        if name in answered - sent - SOME_OF_IT:
            _always_there(schema)
    return {name: schemas[name] for name in sorted(schemas)}


def parameter(described: dict[str, Any]) -> None:
    """Describes an omitted parameter as absent, never null."""
    schema = described["schema"]
    _tidy(schema)
    if schema.get("default", 0) is None:
        del schema["default"]
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) == 1:
        del schema["anyOf"]
        described["schema"] = {**kinds[0], **schema}
    # FastAPI describes both the parameter and its schema.
    if described.get("description") == schema.get("description"):
        described["schema"].pop("description", None)


def named(part: Any) -> set[str]:
    """The schemas that a part of the document references."""
    return set(REFERENCE.findall(str(part)))


def _reached(names: set[str], schemas: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    waiting = set(names)
    while waiting:
        found |= waiting
        waiting = {inner for name in waiting for inner in named(schemas[name])} - found
    return found


def _objects(part: Any) -> Iterator[dict[str, Any]]:
    """Every schema within a schema."""
    if isinstance(part, dict):
        yield part
        for inner in part.values():
            yield from _objects(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _objects(inner)


def _tidy(part: dict[str, Any]) -> None:
    if isinstance(part.get("title"), str):
        del part["title"]  # "Conversation Id" of `conversation_id`
    if "prefixItems" in part:
        # Tools without tuple support read the common type of the items.
        part.setdefault("items", part["prefixItems"][0])


def _without_default(field: dict[str, Any], *, say: bool) -> None:
    if "default" not in field:
        return
    default = field.pop("default")
    if say and default not in (None, [], {}):
        value = {True: "true", False: "false"}.get(default, default) if isinstance(default, bool) else default
        field["description"] = f"{field['description']} Absent: `{value}`."


def _always_there(schema: dict[str, Any]) -> None:
    """Makes all fields of responses required, null without a value, except those in MAY_BE_ABSENT."""
    if "properties" in schema:
        absent = schema.pop(MAY_BE_ABSENT, ())
        schema["required"] = [name for name in schema["properties"] if name not in absent]
