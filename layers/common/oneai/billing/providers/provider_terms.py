"""What payers read of a payment provider: a part of its capabilities, as the API shows it."""

from pydantic import BaseModel, Field

from oneai.billing.providers.capabilities import PaymentMethod, capabilities_of


class ProviderTerms(BaseModel):
    """How a payment provider takes a payment."""

    name: str = Field(description="The payment provider's name, as people read it.")
    own_page: bool = Field(
        description="Whether its payers go to a page of the provider; false: they pay in a window on our page."
    )
    methods: list[PaymentMethod] = Field(
        description="How they can pay there, as a checkout names it; empty where the provider's own settings decide."
    )
    paid_later: bool = Field(
        description="Whether they may pay after they have left the page, as by a bank transfer, until `expires_at`."
    )
    prepaid: bool = Field(description="Whether a plan is paid ahead, period by period: nothing is charged after it.")


def terms_of(payment_provider: str) -> ProviderTerms:
    """The terms of a provider whose name is stored. Raises ModuleNotFoundError for one without a folder."""
    law = capabilities_of(payment_provider)
    return ProviderTerms(
        name=law.name,
        own_page=law.checkout == "redirect",
        methods=list(law.methods),
        paid_later=law.paid_later,
        prepaid=law.renewal == "prepaid",
    )
