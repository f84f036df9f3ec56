"""Each route for users states the right that it needs in a workspace, as docs/api.md has it."""

import json
from typing import Any

from openapi import FILE
from tests.http.rights import PERSONAL

DOCUMENT: dict[str, Any] = json.loads(FILE.read_text())
READS_WITH_POST = {("POST", "/quota/check"), ("POST", "/exports")}
BILLING = ("/subscription", "/subscription/history", "/subscription/billing-details")


def stated(method: str, path: str) -> str | None:
    """The right in the OpenAPI document, which is that of the route's code."""
    right: str | None = DOCUMENT["paths"][f"/api{path}"][method.lower()].get("x-workspace-right")
    return right


def expected(method: str, path: str) -> str:
    """The right by the rules of docs/api.md."""
    if path == "/auth/sign-out":
        return "ignored"
    if path.startswith("/team"):
        return "read" if (method, path) == ("GET", "/team/members") else "manage"
    if path.startswith(("/user/api-keys", "/settings/")):
        return "manage"
    if path.startswith("/subscription"):
        is_billing = path in BILLING or path.startswith(("/subscription/invoice", "/subscription/offers"))
        return "manage" if method == "GET" and is_billing else "spend"
    if path.startswith("/billing"):
        return "manage" if method == "GET" else "spend"
    if path in ("/credits/purchase", "/credits/refund"):
        return "spend"
    if method == "PUT" and path in ("/credits/sources", "/credits/auto-recharge"):
        return "spend"
    if path.startswith(("/credits/", "/ledger/")):
        return "manage"
    if path.startswith(("/user/usage", "/user/quota")):
        return "read"
    if path.startswith(("/chatbots/{id}/conversations", "/chatbots/{id}/leads", "/analytics/", "/inbox/")):
        # What strangers write is not for viewers.
        return "write"
    if (
        path == "/me"
        or path.startswith(("/user", "/auth", "/admin", "/workspaces", "/invitations"))
        or path in ("/exports/{id}", "/exports/departure")
    ):
        return "personal"
    return "read" if method == "GET" or (method, path) in READS_WITH_POST else "write"


def test_every_route_for_users_states_its_right_in_a_workspace() -> None:
    assert {route: stated(*route) for route in PERSONAL} == {route: expected(*route) for route in PERSONAL}


def test_every_route_that_reads_the_workspace_describes_its_header() -> None:
    for method, path in PERSONAL:
        parameters = DOCUMENT["paths"][f"/api{path}"][method.lower()].get("parameters", [])
        described = any(each["name"] == "OneAI-Workspace" and each["in"] == "header" for each in parameters)
        assert described == (stated(method, path) != "ignored"), (method, path)
