"""The errors of plans and payments."""

from typing import Any

from oneai.errors import OneAIError


class ContactSales(OneAIError):
    status, code, sentence = 422, "contact_sales", "This plan is not sold here. Please contact us about it."


class BillingDetailsRequired(OneAIError):
    status, code = 422, "billing_details_required"
    sentence = "Please enter your billing details first."


class InvalidSignature(OneAIError):
    status, code, sentence = 400, "invalid_signature", "This was not signed by the payment provider."


class AlreadySubscribed(OneAIError):
    status, code, sentence = 409, "already_subscribed", "You already have this plan."


class SubscriptionNotChangeable(OneAIError):
    """There is no subscription, or its state does not allow the change."""

    status, code, sentence = (
        409,
        "subscription_not_changeable",
        "There is no subscription that can be changed this way.",
    )


class OfferNotOpen(OneAIError):
    """Extra: state, `paid`, `withdrawn` or `expired`."""

    status, code, sentence = 409, "offer_not_open", "This offer is not open any more."


class CancellationFinal(OneAIError):
    status, code = 409, "cancellation_final"
    sentence = "The cancellation can no longer be undone, because the payment provider has received it."


class PaymentProviderUnavailable(OneAIError):
    status, code = 503, "payment_provider_unavailable"
    sentence = "The payment provider cannot be reached right now. Please try again in a moment."


class ProviderError(Exception):
    """A payment provider refused: its HTTP `status` and its error fields; 401 is an unknown API key, 400 a request that
    it refuses again. `provider` is its name for operators."""

    provider = "The payment provider"

    def __init__(
        self,
        status: int,
        code: str | None = None,
        field: str | None = None,
        reason: str | None = None,
        description: str | None = None,
    ) -> None:
        parts = " ".join(part for part in (str(status), code, field, reason, description) if part)
        super().__init__(f"{self.provider} refused: {parts}")
        self.status, self.code, self.field, self.reason, self.description = status, code, field, reason, description


class CreditsExhausted(OneAIError):
    """Only credits could pay, and they do not cover the answer. Extra: available_micro_usd, needed_micro_usd,
    alternatives."""

    status, code = 402, "credits_exhausted"
    sentence = "There are not enough credits for this answer. Buy more, or ask a less expensive model."


_LIMITED = {"chatbot": "This chatbot has", "member": "You have", "api_key": "This API key has"}


class SpendingLimitReached(OneAIError):
    """A limit of what credits may pay in a month. Extra: of (`chatbot`, `member` or `api_key`), limit_id,
    limit_micro_usd, spent_micro_usd, needed_micro_usd, raised_by (the role that can raise it), resets_at."""

    status, code = 429, "spending_limit_reached"
    sentence = "A monthly limit of credits is reached. An admin can raise it."

    def __init__(self, message: str | None = None, *, retry_after: int | None = None, **extra: Any) -> None:
        if message is None and (limited := _LIMITED.get(extra.get("of", ""))):
            message = f"{limited} reached a monthly limit of credits. An admin can raise it."
        super().__init__(message, retry_after=retry_after, **extra)


class NotSoldForCredits(OneAIError):
    status, code = 403, "not_sold_for_credits"
    sentence = "This model has no known price, so it is not sold for credits. Please choose another one."


class CreditsBlocked(OneAIError):
    status, code = 403, "credits_blocked"
    sentence = "Credits cannot be bought after a disputed payment. Please contact us about it."


class NotTheHolder(OneAIError):
    """Only the holder of the instrument may do this."""

    status, code = 403, "not_the_holder"
    sentence = "Another owner's card or account is debited. Only they can change this; you can turn it off."


class CreditLimitReached(OneAIError):
    """Extra: max_micro_usd, left_micro_usd, counted_by: `person`, `address` or `instrument`."""

    status, code = 403, "credit_limit_reached"
    sentence = "This is more than you can buy now. The limit grows with time; contact us if you need more."


class CreditsNotRefundable(OneAIError):
    """Extra: refused, as in `GET /api/credits/refund`."""

    status, code, sentence = 409, "credits_not_refundable", "These credits cannot be refunded."
