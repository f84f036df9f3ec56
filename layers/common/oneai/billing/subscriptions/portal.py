"""The provider's page on which the user changes the payment method, and pays a charge that failed."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from oneai.billing import providers
from oneai.billing.provider_requests import count_request
from oneai.billing.providers.errors import translate_errors
from oneai.billing.subscriptions.checkout import PROVIDER_SECONDS
from oneai.billing.subscriptions.current import require_manageable
from oneai.billing_errors import SubscriptionNotChangeable
from oneai.postgres.db import Principal


class Portal(BaseModel):
    """The provider's page for this subscription."""

    url: str = Field(
        description="The provider's page for this subscription. Go there immediately: Stripe's expires within minutes."
    )
    purpose: Literal["payment_method"] = Field(
        description="The purpose of the page: changing the payment method, with the payment of a charge that failed."
    )
    expires_at: datetime | None = Field(
        default=None, description="When the address expires; null: the provider does not say."
    )


async def find_portal(principal: Principal) -> Portal:
    """Returns the page to change the payment method. Raises SubscriptionNotChangeable if there is none, and for
    owners of a team whose instrument it is not, RateLimited, and PaymentProviderUnavailable."""
    subscription = await require_manageable(principal)
    if subscription.kind == "team" and subscription.holder_id not in (None, principal.user_id):
        raise SubscriptionNotChangeable("Another owner's card pays for this plan. Only they can do this.")
    provider = providers.of(subscription.payment_provider)
    await count_request(principal.workspace_id)
    async with translate_errors(provider.NAME, subscription.ref, seconds=PROVIDER_SECONDS):
        url = await provider.portal_url(subscription.ref, subscription.short_url)
    if url is None:
        raise SubscriptionNotChangeable("There is no page for this subscription.")
    return Portal(url=url, purpose="payment_method")
