"""The provider's page on which the user changes the payment method."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from oneai.billing.subscriptions.current import require_manageable
from oneai.billing_errors import SubscriptionNotChangeable
from oneai.postgres.db import Principal


class Portal(BaseModel):
    """The provider's page for this subscription."""

    url: str = Field(description="Razorpay's page for this subscription.")
    purpose: Literal["payment_method"] = Field(description="The purpose of the page: changing the payment method.")
    expires_at: datetime | None = Field(
        default=None, description="When the address expires; null: with the subscription."
    )


async def find_portal(principal: Principal) -> Portal:
    """Returns the page to change the payment method. Raises SubscriptionNotChangeable if there is none, and for
    owners of a team whose instrument it is not."""
    subscription = await require_manageable(principal)
    if subscription.kind == "team" and subscription.holder_id not in (None, principal.user_id):
        raise SubscriptionNotChangeable("Another owner's card pays for this plan. Only they can do this.")
    if subscription.short_url is None:
        raise SubscriptionNotChangeable("There is no page for this subscription.")
    return Portal(url=subscription.short_url, purpose="payment_method")
