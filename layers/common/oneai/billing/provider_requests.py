"""How often the requests of a workspace may lead to a request to its payment provider.

A provider limits the requests of the whole account (Stripe: about 100 reads a second), and one user must not use them
up. New checkouts and orders have limits of their own.
"""

from uuid import UUID

from oneai.postgres import db

# The app asks for a payment ten times in two minutes.
PER_MINUTE, BURST = 20, 20


async def count_request(workspace_id: UUID) -> None:
    """Counts a request to the provider, before it is sent. Raises RateLimited."""
    await db.call(
        "select oneai.take_rate(%s, 'payment_provider_requests', %s, %s, 1)", [str(workspace_id), PER_MINUTE, BURST]
    )
