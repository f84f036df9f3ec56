"""The kinds of mail, and the fields of `data` for each of them in `oneai.enqueue_mail`.

Times are ISO 8601, amounts in the currency's smallest unit (paise, cents), currencies INR and USD.
"""

from dataclasses import dataclass
from typing import Any, Literal

from oneai.notifications.chatbot_payloads import (
    ChatbotAway,
    ChatbotsWeek,
    VisitorConfirmation,
    VisitorMailStopped,
    VisitorMessages,
    VisitorWaiting,
)
from oneai.notifications.credit_payloads import (
    CreditDispute,
    CreditReceipt,
    CreditRecharge,
    CreditsEnding,
    CreditsLow,
)
from oneai.notifications.operator_payloads import BusinessReport, OperatorAlert

# The number of charge attempts; after them the payer has to pay manually.
MAX_ATTEMPTS = 4

type Topic = Literal["quota", "summary", "product", "handoff", "budget", "weekly", "visitor"]


@dataclass(frozen=True)
class Welcome:
    """After sign-up."""


@dataclass(frozen=True)
class News:
    """Product news, in an operator's words."""

    subject: str
    paragraphs: list[str]


@dataclass(frozen=True)
class QuotaWarning:
    """`threshold` percent (80, 90, 100) of a quota are used; `used` and `limit` are in the quota's own unit.

    `whose` quota it is: the reader's `plan`, the reader's own `share` of a team's, or that of a `member` of the
    reader's team, with the member's name if it is known.
    """

    quota_key: str
    threshold: int
    used: int
    limit: int
    resets_at: str
    whose: Literal["plan", "share", "member"] = "plan"
    member: str | None = None


@dataclass(frozen=True)
class MonthlySummary:
    """Usage in `month` (`2026-11`); `models` are the most used, as `{model, answers}`."""

    month: str
    answers: int
    tokens: int
    models: list[dict[str, Any]]


@dataclass(frozen=True)
class PaymentReceipt:
    """A payment for a plan until `period_end`. `invoice_number` is None if no invoice was issued."""

    plan: str
    amount: int
    currency: str
    payment_id: str
    paid_at: str
    period_end: str | None = None
    invoice_number: str | None = None


@dataclass(frozen=True)
class PaymentReminder:
    """The failed payment with the number `attempt`. `last_day` is when the plan ends without a payment, `ended_at` when
    it ended, `pay_url` the payment page. `waits_for_yes`: the payer's bank asks them to confirm it, as it does for each
    charge of this amount."""

    plan: str
    amount: int
    currency: str
    attempt: int
    last_day: str | None = None
    ended_at: str | None = None
    pay_url: str | None = None
    waits_for_yes: bool = False

    @property
    def given_up(self) -> bool:
        """Whether no further attempt follows."""
        return self.attempt >= MAX_ATTEMPTS


@dataclass(frozen=True)
class TrialRefused:
    """A subscription without its trial: the payment instrument had one (`used`), or was not known in time (`unknown`).

    It starts with a charge at `first_charge_at`; None if it was cancelled before. `plan` is a tier.
    """

    plan: str
    amount: int
    currency: str
    reason: Literal["used", "unknown"]
    first_charge_at: str | None = None


@dataclass(frozen=True)
class PeriodEnding:
    """A prepaid plan ends at `ends_at`, unless its payer pays `amount` for one more period. `plan` is a tier."""

    plan: str
    amount: int
    currency: str
    ends_at: str


@dataclass(frozen=True)
class SubscriptionUpdate:
    """A change of a plan at the time `at`: it will end then (`cancellation_scheduled`), would have started then
    (`cancelled_before_start`), `ended`, was `paused` or `resumed`, or `changed` to `new_plan`, which is also the plan
    after an end. Plans are tiers."""

    event: Literal["cancellation_scheduled", "cancelled_before_start", "ended", "paused", "resumed", "changed"]
    plan: str
    at: str
    new_plan: str | None = None


@dataclass(frozen=True)
class PaymentRefund:
    """A refund of a payment, with the credit note's number. `refused`: why the payment bought nothing, if
    that is for its payer to know."""

    amount: int
    currency: str
    payment_id: str
    credit_note: str
    refunded_at: str
    refused: Literal["other_country"] | None = None


@dataclass(frozen=True)
class PaymentReversed:
    """A payment came back to its payer through a lost dispute or an operator's full refund, and its subscription is
    cancelled. `plan` and `new_plan`, which follows it, are tiers. `ends_at` is when the plan ends if another payment
    still covers it; None if it ended at `reversed_at`."""

    plan: str
    amount: int
    currency: str
    payment_id: str
    by: Literal["dispute", "refund"]
    reversed_at: str
    ends_at: str | None = None
    new_plan: str | None = None


@dataclass(frozen=True)
class TrialEnding:
    """A trial ends soon, and the first charge of the plan follows."""

    plan: str
    amount: int
    currency: str
    charged_at: str


@dataclass(frozen=True)
class SeatsEnding:
    """A team has more members than `seats` from `ends_at` on. `members`: the names of those who joined last and have no
    seat then, some of them if they are many."""

    team: str
    seats: int
    taken: int
    ends_at: str
    members: list[str]


@dataclass(frozen=True)
class Offer:
    """An operator offers a plan for `months` at the price `amount` in all, until `valid_until`. `workspace` is the name
    of the team, None for a person, and `seats` its seats. `account` is where a bank transfer with the `reference` goes:
    `{holder, bank, account_number, code}`; None if it is paid by checkout. `to`: the owner, or the billing address."""

    offer: str
    workspace: str | None
    workspace_id: str
    plan: str
    seats: int | None
    months: int
    amount: int
    currency: str
    valid_until: str
    reference: str
    to: Literal["owner", "billing"]
    account: dict[str, str] | None


@dataclass(frozen=True)
class ApiKeyLeaked:
    """A secret scanner found an API key in public, and it was revoked; `hint` is the end of its secret."""

    key_name: str
    hint: str


@dataclass(frozen=True)
class ProviderKeyLeaked:
    """A secret scanner found a workspace's key for a provider in public, and it was deleted; `last4` is its end."""

    key_name: str
    provider: str
    last4: str


@dataclass(frozen=True)
class AccountDeletion:
    """The user requested the deletion of the account at `deletes_at`; it can be undone until then."""

    deletes_at: str


@dataclass(frozen=True)
class WorkspaceDeletion:
    """An owner requested the deletion of a team (`requested`), which will be erased at the time `at`; a week before
    (`reminder`); it was erased then (`erased`). To each of its owners. `workspace` is its name."""

    event: Literal["requested", "reminder", "erased"]
    workspace: str
    slug: str
    at: str


@dataclass(frozen=True)
class WorkspaceOwnership:
    """Who owns a team. `person` is a name or an address. They are asked to take it over (`offered`) until the time
    `at`, to them and to the owners; they are its owner since then (`accepted`), to the owners; the offer ended
    (`withdrawn`), to them; the account of the last owner was erased, and they are the owner now (`inherited`), to
    them; they are an owner since then (`gained`), or one no more (`lost`), to them and to the owners. `to_receiver`
    distinguishes the two mails of an offer."""

    event: Literal["offered", "accepted", "withdrawn", "inherited", "gained", "lost"]
    workspace: str
    person: str
    at: str
    to_receiver: bool = False


@dataclass(frozen=True)
class DataExport:
    """An export of all data of the account is complete, and can be downloaded until `expires_at`."""

    export_id: str
    expires_at: str


@dataclass(frozen=True)
class Invitation:
    """The `inviter` invites the address to the team `workspace`, whose names strangers chose. `token` is made when the
    mail is sent, and is in no row."""

    invitation: str
    workspace: str
    role: Literal["owner", "admin", "member", "viewer"]
    inviter: str
    expires_at: str
    token: str


@dataclass(frozen=True)
class Departure:
    """The user has left the team `workspace`, and may download their private conversations there until `expires_at`.
    `token` is made when the mail is sent, and is in no row."""

    departure: str
    workspace: str
    expires_at: str
    token: str


@dataclass(frozen=True)
class PasskeyChange:
    """A passkey was added to the account, or removed from it, at the time `at`."""

    event: Literal["added", "removed"]
    at: str


type EmailPayload = (
    Welcome
    | News
    | QuotaWarning
    | MonthlySummary
    | PaymentReceipt
    | PaymentReminder
    | PaymentRefund
    | PaymentReversed
    | SubscriptionUpdate
    | TrialEnding
    | TrialRefused
    | PeriodEnding
    | SeatsEnding
    | Offer
    | ApiKeyLeaked
    | ProviderKeyLeaked
    | AccountDeletion
    | WorkspaceDeletion
    | WorkspaceOwnership
    | DataExport
    | Invitation
    | Departure
    | PasskeyChange
    | ChatbotAway
    | VisitorWaiting
    | ChatbotsWeek
    | VisitorConfirmation
    | VisitorMessages
    | VisitorMailStopped
    | CreditReceipt
    | CreditRecharge
    | CreditsLow
    | CreditsEnding
    | CreditDispute
    | OperatorAlert
    | BusinessReport
)

PAYLOADS: dict[str, type[EmailPayload]] = {
    "welcome": Welcome,
    "news": News,
    "quota_warning": QuotaWarning,
    "monthly_summary": MonthlySummary,
    "payment_receipt": PaymentReceipt,
    "payment_reminder": PaymentReminder,
    "payment_refund": PaymentRefund,
    "payment_reversed": PaymentReversed,
    "subscription_update": SubscriptionUpdate,
    "trial_ending": TrialEnding,
    "trial_refused": TrialRefused,
    "period_ending": PeriodEnding,
    "seats_ending": SeatsEnding,
    "offer": Offer,
    "api_key_leaked": ApiKeyLeaked,
    "provider_key_leaked": ProviderKeyLeaked,
    "account_deletion": AccountDeletion,
    "workspace_deletion": WorkspaceDeletion,
    "workspace_ownership": WorkspaceOwnership,
    "data_export": DataExport,
    "invitation": Invitation,
    "departure": Departure,
    "passkey_change": PasskeyChange,
    "chatbot_away": ChatbotAway,
    "visitor_waiting": VisitorWaiting,
    "chatbots_week": ChatbotsWeek,
    "visitor_confirmation": VisitorConfirmation,
    "visitor_messages": VisitorMessages,
    "visitor_mail_stopped": VisitorMailStopped,
    "credit_receipt": CreditReceipt,
    "credit_recharge": CreditRecharge,
    "credits_low": CreditsLow,
    "credits_ending": CreditsEnding,
    "credit_dispute": CreditDispute,
    "operator_alert": OperatorAlert,
    "business_report": BusinessReport,
}
# Kinds whose link has a token that is made when the mail is sent.
WITH_TOKEN = {"invitation", "departure"}
# Kinds with an unsubscribe link. Mail about money, keys and the account, and mail to operators, has no topic. The
# database has the same list.
TOPICS: dict[str, Topic] = {
    "news": "product",
    "quota_warning": "quota",
    "credits_low": "quota",
    "monthly_summary": "summary",
    "visitor_waiting": "handoff",
    "chatbot_away": "budget",
    "chatbots_week": "weekly",
    "visitor_confirmation": "visitor",
    "visitor_messages": "visitor",
}


def parse_payload(kind: str, data: dict[str, Any]) -> EmailPayload:
    """Parses the payload of an outbox row. Raises KeyError or TypeError if it is unknown."""
    return PAYLOADS[kind](**data)
