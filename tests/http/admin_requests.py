"""What admins send to each of their routes, and about which thing."""

from typing import Any
from uuid import uuid4

from tests.http.rights import ADMINS
from tests.world import World


def admins_bodies(world: World) -> dict[tuple[str, str], Any]:
    """The requests of admins, about ravi."""
    bodies: dict[tuple[str, str], Any] = {route: {"reason": "Asked for"} for route in ADMINS if route[0] != "GET"}
    more: dict[tuple[str, str], dict[str, Any]] = {
        ("PUT", "/admin/users/{id}/role"): {"role": "user"},
        ("DELETE", "/admin/users/{id}"): {"confirm": "ravi@example.com"},
        ("POST", "/admin/users/{id}/quota-overrides"): {"quota_key": "small_messages", "extra_units": 1},
        ("POST", "/admin/users/{id}/plan-grants"): {"tier": "pro", "until": "2027-12-31T00:00:00Z"},
        ("POST", "/admin/payments/{id}/refund"): {"amount": 100, "refundable_amount": 79900},
        ("POST", "/admin/offers"): {
            "workspace_id": str(world.people["ravi"]),
            "plan_id": "enterprise",
            "amount": 100_000,
            "valid_until": "2100-01-01T00:00:00Z",
        },
        ("POST", "/admin/offers/{id}/paid"): {
            "amount": 100_000,
            "currency": "INR",
            "reference": "UTR00001",
            "received_on": "2026-11-21",
        },
        ("POST", "/admin/offers/{id}/refund"): {"amount": 100_000, "reference": "UTR00002"},
        ("POST", "/admin/workspaces/{id}/credits/grant"): {"micro_usd": 1_000_000},
        ("PUT", "/admin/maintenance"): {"message": "We are back soon."},
        ("PUT", "/admin/model-sections/{section}"): {"models": ["openai/*"]},
        ("POST", "/admin/incidents"): {
            "title": "Answers are slow",
            "impact": "minor",
            "components": ["chat"],
            "message": "We are looking into it.",
        },
        ("POST", "/admin/incidents/{id}/updates"): {"state": "resolved", "message": "It is over."},
    }
    return {route: {**body, **more.get(route, {})} for route, body in bodies.items()}


def admins_id(world: World, path: str) -> str:
    """The id in an admins' path: ravi's, else that of something that is not there."""
    if path.startswith("/admin/users/"):
        return str(world.people["ravi"])
    numbered = ("/admin/quota-overrides/", "/admin/plan-grants/", "/admin/incidents/")
    return "999999" if path.startswith(numbered) else str(uuid4())
