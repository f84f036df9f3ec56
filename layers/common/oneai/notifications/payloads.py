"""The kinds of mail there are, and what `data` of `oneai.enqueue_mail` holds for each: the fields of its class.

Times are ISO 8601, amounts in the currency's smallest unit (paise, cents), currencies INR and USD.
"""

from dataclasses import dataclass
from typing import Any, Literal

# So often a charge is tried; from then on it is for the payer to pay.
MAX_ATTEMPTS = 4

type Topic = Literal["quota", "summary", "product"]


@dataclass(frozen=True)
class Welcome:
    """Somebody has signed up."""


@dataclass(frozen=True)
class QuotaWarning:
    """`threshold` percent (80, 90, 100) of a quota are used; `used` and `limit` in the quota's own unit."""

    quota_key: str
    threshold: int
    used: int
    limit: int
    resets_at: str


@dataclass(frozen=True)
class MonthlySummary:
    """What somebody used in `month` (`2026-11`); `models` are the most used, as `{model, answers}`."""

    month: str
    answers: int
    tokens: int
    models: list[dict[str, Any]]


@dataclass(frozen=True)
class PaymentReceipt:
    """Money came in for a plan, which is paid up to `period_end`. `invoice_number` is missing where none was issued."""

    plan: str
    amount: int
    currency: str
    payment_id: str
    paid_at: str
    period_end: str | None = None
    invoice_number: str | None = None


@dataclass(frozen=True)
class PaymentReminder:
    """The `attempt`th time a payment failed. `last_day` is when the plan ends unless it is paid, `ended_at` when it
    did, `pay_url` where one can pay."""

    plan: str
    amount: int
    currency: str
    attempt: int
    last_day: str | None = None
    ended_at: str | None = None
    pay_url: str | None = None

    @property
    def given_up(self) -> bool:
        """Whether nothing is tried any more."""
        return self.attempt >= MAX_ATTEMPTS


@dataclass(frozen=True)
class TrialRefused:
    """A subscription has no trial: what pays for it had one (`used`), or was not known in time (`unknown`).

    It is charged and begins at `first_charge_at`; None where it was cancelled before. The plan by its tier.
    """

    plan: str
    amount: int
    currency: str
    reason: Literal["used", "unknown"]
    first_charge_at: str | None = None


@dataclass(frozen=True)
class SubscriptionUpdate:
    """What became of a plan at the time `at`: it will end then (`cancellation_scheduled`), would have begun then
    (`cancelled_before_start`), `ended`, was `paused` or `resumed`, or was `changed` for `new_plan`, which is also what
    somebody has after an end. Plans by their tiers."""

    event: Literal["cancellation_scheduled", "cancelled_before_start", "ended", "paused", "resumed", "changed"]
    plan: str
    at: str
    new_plan: str | None = None


@dataclass(frozen=True)
class PaymentRefund:
    """So much of a payment was refunded, by the credit note of that number."""

    amount: int
    currency: str
    payment_id: str
    credit_note: str
    refunded_at: str


@dataclass(frozen=True)
class TrialEnding:
    """A trial is about to end, and the plan to be charged for the first time."""

    plan: str
    amount: int
    currency: str
    charged_at: str


@dataclass(frozen=True)
class OperatorAlert:
    """What operators were told since the mail before: the kind, how often, the newest as `{subject, count, detail}`."""

    alert: str
    times: int
    newest: list[dict[str, Any]]


type EmailPayload = (
    Welcome
    | QuotaWarning
    | MonthlySummary
    | PaymentReceipt
    | PaymentReminder
    | PaymentRefund
    | SubscriptionUpdate
    | TrialEnding
    | TrialRefused
    | OperatorAlert
)

PAYLOADS: dict[str, type[EmailPayload]] = {
    "welcome": Welcome,
    "quota_warning": QuotaWarning,
    "monthly_summary": MonthlySummary,
    "payment_receipt": PaymentReceipt,
    "payment_reminder": PaymentReminder,
    "payment_refund": PaymentRefund,
    "subscription_update": SubscriptionUpdate,
    "trial_ending": TrialEnding,
    "trial_refused": TrialRefused,
    "operator_alert": OperatorAlert,
}
# What one can have no more of; mail about money and operators' mail are of no topic. The database says the same.
TOPICS: dict[str, Topic] = {"welcome": "product", "quota_warning": "quota", "monthly_summary": "summary"}


def parse_payload(kind: str, data: dict[str, Any]) -> EmailPayload:
    """What a row of the outbox is about. Raises KeyError or TypeError where it is nothing we know."""
    return PAYLOADS[kind](**data)
