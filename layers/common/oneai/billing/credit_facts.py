"""Orders for prepaid credits, and what was decided about their payments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID


@dataclass(frozen=True)
class JudgedPayment:
    """A captured payment of an order, and why it buys nothing, None if it buys the order. `used_micro_usd` and
    `held_micro_usd`: of its credits and of their bonus."""

    payment_id: UUID
    rejection: Literal["over_limit", "buying_blocked"] | None
    used_micro_usd: int
    held_micro_usd: int


@dataclass(frozen=True)
class CreditOrder:
    """Credits and their bonus in micro-dollars, which the order `order_id` pays. A payment after `expires_at` buys
    nothing. `refund_requested_at`: when its owner asked for a refund, `closed_at`: when the
    deletion of its workspace was requested. `charge_at`: from when it may be debited, and
    `refused_at` when that was refused, if it is an automatic recharge with a mandate. `billing_country` and
    `network_country`: of the request that opened it."""

    id: UUID
    order_id: UUID
    workspace_id: UUID | None
    credit_micro_usd: int
    bonus_micro_usd: int
    opened_at: datetime
    expires_at: datetime
    refund_requested_at: datetime | None = None
    closed_at: datetime | None = None
    charge_at: datetime | None = None
    refused_at: datetime | None = None
    billing_country: str | None = None
    network_country: str | None = None
    judged: Mapping[UUID, JudgedPayment] = field(default_factory=dict)
