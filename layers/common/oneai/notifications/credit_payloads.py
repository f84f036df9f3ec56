"""The fields of `data` of mail about credits. Times are ISO 8601, amounts in the currency's smallest unit, credits in
micro-dollars. `team` is the name of the workspace, None for a personal one."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class CreditReceipt:
    """Credits were bought, with a bonus, until `expires_at`. `automatic`: by an automatic recharge."""

    amount: int
    currency: str
    payment_id: str
    paid_at: str
    credit_micro_usd: int
    bonus_micro_usd: int
    expires_at: str
    automatic: bool = False
    invoice_number: str | None = None


@dataclass(frozen=True)
class CreditRecharge:
    """An automatic recharge of this amount needs a confirmation until the time `at` (`confirm`), was `refused` then, or
    was refused for the third time and is off (`stopped`), or is off as its mandate has ended (`ended`)."""

    event: Literal["confirm", "refused", "stopped", "ended"]
    workspace_id: str
    amount: int
    currency: str
    at: str


@dataclass(frozen=True)
class CreditsLow:
    """`left_percent` (50, 20, 0) or less of the credits since the last purchase or gift are left."""

    left_percent: int
    left_micro_usd: int
    team: str | None = None


@dataclass(frozen=True)
class CreditsEnding:
    """Bought credits end at `ends_at`, in `days` (30, 7) or less; `left_micro_usd` of them are not used."""

    days: int
    left_micro_usd: int
    ends_at: str
    team: str | None = None


@dataclass(frozen=True)
class CreditDispute:
    """The payer's bank asks for a payment of credits back: they are frozen (`opened`), usable again (`won`), or were
    taken (`lost`); `owed_micro_usd` of them had been used."""

    event: Literal["opened", "won", "lost"]
    amount: int
    currency: str
    payment_id: str
    owed_micro_usd: int = 0
