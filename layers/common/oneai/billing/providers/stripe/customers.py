"""The customer of a workspace at Stripe, made at its first checkout and reused by all later ones."""

from uuid import UUID

from oneai.billing.providers.stripe.entities import NAME
from oneai.billing.providers.stripe.values import WORKSPACE
from oneai.clients import stripe
from oneai.postgres import db


async def customer_of(workspace_id: UUID) -> str:
    """The ref of the workspace's customer, created if there is none. Two requests at once create one."""
    found = await known_customer(workspace_id)
    if found is not None:
        return found
    (email,) = await db.call("select oneai.billing_email(%s)", [workspace_id], idempotent=True)
    created = await stripe.post(
        "/customers",
        {"metadata": {WORKSPACE: workspace_id}} | ({"email": email} if email else {}),
        idempotency_key=f"customer:{workspace_id}",
    )
    (stored,) = await db.call(
        "select oneai.save_provider_customer(%s, %s, %s)", [NAME, workspace_id, str(created["id"])], idempotent=True
    )
    return str(stored)


async def known_customer(workspace_id: UUID) -> str | None:
    """The ref of the workspace's customer; None before its first checkout."""
    (found,) = await db.call("select oneai.provider_customer(%s, %s)", [NAME, workspace_id], idempotent=True)
    return None if found is None else str(found)
