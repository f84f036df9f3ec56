"""The current subscription of a user, and the one that can be managed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.billing import processing, providers
from oneai.billing.facts import Currency, Period
from oneai.billing.projection.policy import REMINDED_BEFORE
from oneai.billing.projection.trials import INSTRUMENT_WAIT
from oneai.billing.providers.capabilities import capabilities_of
from oneai.billing_errors import SubscriptionNotChangeable
from oneai.errors import Unauthenticated
from oneai.plans.limits_and_prices import WorkspaceKind
from oneai.postgres import db
from oneai.postgres.db import Principal, Query

# The providers whose plans are paid ahead, and those that can pause charges.
_PREPAID = [each for each in providers.names() if capabilities_of(each).renewal == "prepaid"]
_PAUSING = [each for each in providers.names() if capabilities_of(each).pauses]

type SubscriptionStatus = Literal["active", "trial", "past_due", "unpaid", "paused", "cancelled"]


class Replacement(BaseModel):
    """What a payer has agreed to for the time after the period of their subscription."""

    plan_id: str = Field(description="Its plan.")
    period: Period = Field(description="Its billing period.")
    charged_amount: int = Field(
        description="What a period of it costs with its taxes, in the smallest unit; of a plan by the seat, for a seat."
    )
    currency: Currency = Field(description="The currency of `charged_amount`.")
    starts_at: datetime | None = Field(description="When it starts.")


class CurrentSubscription(BaseModel):
    """The user's plan and the subscription that gives it, else the last one that was paid for or tried.

    Users who never subscribed are `active` on `free`, and the other fields are null. A subscription that was to start
    with a trial, and does not have it (yet), is `trial` with the tier that the user has without it.
    """

    tier: str = Field(description="The plan whose limits apply now.")
    status: SubscriptionStatus = Field(
        description="`past_due`: a charge failed and the plan continues for now; `unpaid`: it ended without a payment."
    )
    plan_id: str | None = Field(description="The plan of the subscription; null for users who never subscribed.")
    period: Period | None = Field(description="The billing period.")
    charged_amount: int | None = Field(
        default=None,
        description="What a period of the subscription costs with its taxes, in the smallest unit of `currency`; of a "
        "plan by the seat, for one seat. Null without a subscription.",
    )
    currency: Currency | None = Field(default=None, description="The currency of `charged_amount`.")
    current_period_start: datetime | None = Field(
        description="The start of the paid period or the trial; null without either."
    )
    current_period_end: datetime | None = Field(
        description="The end of the paid period or the trial; without either, the time of the first charge."
    )
    cancel_requested_at: datetime | None = Field(
        description="When the user cancelled, or agreed to a `replacement`; the subscription ends with "
        "`current_period_end`, or with `paid_until` if it is paid ahead."
    )
    grace_ends_at: datetime | None = Field(
        default=None, description="If `past_due`: when the plan ends at the latest without a payment."
    )
    cancelled_at_provider: bool = Field(
        default=False,
        description="It ends with `current_period_end`, because it was cancelled on the payment provider's page, which "
        "is where that can be undone.",
    )
    replacement: Replacement | None = Field(
        default=None, description="What follows the subscription; null if it renews, or ends without another."
    )
    seats: int | None = Field(
        default=None, description="The seats of the team until the period ends; null in a personal workspace."
    )
    renewal_seats: int | None = Field(
        default=None,
        description="The seats that the next charge is for, or those of a next period that is paid ahead; null without "
        "one, or if the plan is not sold by the seat.",
    )
    prepaid: bool = Field(default=False, description="It is paid ahead: nothing is charged after `paid_until`.")
    paid_until: datetime | None = Field(
        default=None, description="The end of the last period that is paid ahead; null for any other plan."
    )
    ends_soon: bool = Field(
        default=False,
        description="It is paid ahead, nothing is paid after `paid_until`, and that is so near that its payer has been "
        "reminded by email.",
    )
    pay_url: str | None = Field(
        default=None,
        description="Where a charge that waits can be paid; null unless `past_due` or `unpaid`, and if only "
        "`GET /api/subscription/portal` has the page.",
    )
    can_pause: bool = Field(default=False, description="The payment provider can pause its charges.")


@dataclass
class ManageableSubscription:
    """A subscription that can be changed, paused or cancelled. `paid_through`: when it ends without further payments.

    `seats`: of the current period; `quantity`: of its charges, and `replacement_seats` of an authorized replacement,
    which follows it. `holder_gone`: the holder, whose instrument was debited, is no owner any more.
    `cancellation_final`: the provider has, or may have, the cancellation. `changeable`: its plan may be changeable in
    place. `trial_refused`: its first charge is when the trial would have ended.
    """

    id: UUID
    kind: WorkspaceKind
    plan_id: str
    period: Period
    currency: Currency
    status: SubscriptionStatus
    payment_provider: str
    ref: str
    provider_plan_id: str
    short_url: str | None
    paid_through: datetime | None
    ends_within_the_hour: bool
    cancel_requested: bool
    cancellation_final: bool
    changeable: bool
    paused_by_customer: bool
    trial_refused: bool
    seats: int
    quantity: int
    replacement_seats: int | None
    holder_gone: bool
    holder_id: UUID | None

    @property
    def prepaid(self) -> bool:
        """Whether its periods are paid ahead, and nothing is debited."""
        return self.payment_provider in _PREPAID


class SubscriptionRow(CurrentSubscription):
    """The subscription as stored. `sync_due`: time alone may have changed it since."""

    sync_due: bool = Field(exclude=True)


async def current_subscription(principal: Principal) -> CurrentSubscription:
    """Returns the subscription that gives the user's plan, else the last one that was paid for."""
    row = await _read(principal)
    if row is None:
        # The sign-up is incomplete: complete it, as the first question would.
        await db.call("select oneai.ensure_user(%s)", [principal.user_id], idempotent=True)
        row = await _read(principal)
    elif row.sync_due:
        # Time alone may have changed it, and the job has not run yet.
        await processing.reproject(principal.workspace_id, source="clock")
        row = await _read(principal)
    if row is None:
        raise Unauthenticated
    return CurrentSubscription(**row.model_dump())


class Payer(Protocol):
    """What names the workspace that pays: the principal of a request, or a job's workspace."""

    @property
    def workspace_id(self) -> UUID:
        """The id of the workspace."""


async def manageable(payer: Payer) -> ManageableSubscription | None:
    """Returns the subscription that can be managed; None if there is none."""
    rows = await db.as_service(
        """
        select s.id, w.kind, s.plan_id, s.period, s.currency, s.status, s.payment_provider,
          s.provider_subscription_id as ref, s.provider_plan_id, s.short_url, g.paid_through,
          coalesce(g.paid_through <= oneai.now() + interval '1 hour', true) as ends_within_the_hour,
          s.cancel_requested_at is not null as cancel_requested,
          exists (
            select from oneai.provider_operations as c
            where c.subscription_id = s.id and c.kind = 'cancel_at_period_end'
              and (c.state = 'succeeded' or c.sent_at is not null or c.locked_until > oneai.now())
          ) as cancellation_final,
          coalesce((s.snapshot ->> 'changeable')::boolean, false) as changeable,
          coalesce((s.snapshot ->> 'paused_by_customer')::boolean, false) as paused_by_customer,
          s.status = 'trial' and s.trial_end is not null and s.trial_start is null and (
            s.mandate_instrument_hash is not null
            or coalesce(s.mandate_noted_at <= oneai.now() - make_interval(secs => %s), false)) as trial_refused,
          w.seats, s.quantity, s.holder_gone_at is not null as holder_gone,
          s.holder_id,
          (select n.quantity from oneai.subscriptions as n
            where n.replaces = s.id and n.status = 'trial' and n.access_ends_at is null) as replacement_seats
        from oneai.manageable_subscription(%s) as s join oneai.workspaces as w on w.id = s.workspace_id
        cross join lateral (
          select case when s.payment_provider = any (%s) then greatest(oneai.paid_through(s), (
            select max(p.period_end) from oneai.payments as p where p.subscription_id = s.id and p.status = 'captured'))
            else oneai.paid_through(s) end
        ) as g (paid_through)
        where s.id is not null
        """,
        [INSTRUMENT_WAIT.total_seconds(), payer.workspace_id, _PREPAID],
        ManageableSubscription,
    )
    return rows[0] if rows else None


async def require_manageable(principal: Principal) -> ManageableSubscription:
    """Like `manageable`. Raises SubscriptionNotChangeable if there is none."""
    subscription = await manageable(principal)
    if subscription is None:
        raise SubscriptionNotChangeable("You have no subscription.")
    return subscription


def subscription_query(principal: Principal) -> Query[SubscriptionRow]:
    """Selects the user's stored subscription; no row if the sign-up is incomplete."""
    return Query(
        """
        select w.subscription_tier as tier, w.subscription_status as status, s.plan_id, s.period,
          s.amount as charged_amount, s.currency,
          s.current_period_start, s.current_period_end, s.cancel_requested_at, s.grace_ends_at,
          coalesce(s.cancel_requested_at is null and s.status in ('trial', 'active', 'past_due')
            and (s.snapshot ->> 'cancels')::boolean, false) as cancelled_at_provider, (
            select jsonb_build_object('plan_id', n.plan_id, 'period', n.period, 'charged_amount', n.amount,
              'currency', n.currency, 'starts_at', n.start_at)
            from oneai.subscriptions as n
            where n.replaces = s.id and n.access_ends_at is null
              and (n.status = 'trial' or n.status = 'active' and n.start_at > oneai.now())
              and s.cancel_requested_at is not null
            order by n.created_at desc limit 1) as replacement,
          case when w.kind = 'team' then w.seats end as seats,
          case when w.kind = 'team' and s.plan_id = 'team' and s.payment_provider = any (%s) then (
            select (p.amount / s.amount)::integer from oneai.payments as p
            where p.subscription_id = s.id and p.status = 'captured' and p.period_start > oneai.now()
            order by p.period_start limit 1)
            when w.kind = 'team' and s.plan_id = 'team' then coalesce((
            select n.quantity from oneai.subscriptions as n
            where n.replaces = s.id and n.status = 'trial' and n.access_ends_at is null),
            case when s.cancel_requested_at is null and s.status in ('trial', 'active', 'past_due') then s.quantity end)
            end as renewal_seats,
          case when s.status in ('past_due', 'unpaid') then s.short_url end as pay_url,
          coalesce(s.payment_provider = any (%s), false) as prepaid,
          coalesce(s.payment_provider = any (%s), false) as can_pause,
          case when s.payment_provider = any (%s) then (
            select max(p.period_end) from oneai.payments as p where p.subscription_id = s.id and p.status = 'captured')
            end as paid_until,
          exists (
            select from oneai.subscriptions as o where o.workspace_id = w.id and o.next_sync_at <= oneai.now()
          ) as sync_due,
          coalesce(s.status = 'active' and s.payment_provider = any (%s) and s.cancel_requested_at is null and (
            select max(p.period_end) from oneai.payments as p
            where p.subscription_id = s.id and p.status = 'captured') <= oneai.now() + %s, false) as ends_soon
        from oneai.workspaces as w left join oneai.subscriptions as s on s.id = w.subscription_id
        where w.id = %s
        """,
        [_PREPAID, _PREPAID, _PAUSING, _PREPAID, _PREPAID, REMINDED_BEFORE, principal.workspace_id],
        SubscriptionRow,
    )


async def _read(principal: Principal) -> SubscriptionRow | None:
    query = subscription_query(principal)
    rows = await db.read_as(principal, query.text, query.params, query.row)
    return rows[0] if rows else None
