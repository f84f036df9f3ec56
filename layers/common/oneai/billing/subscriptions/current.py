"""The subscription a person has, as it is now; and the one that something can be done with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.billing import processing
from oneai.billing.facts import Currency, Period
from oneai.billing.projection.trials import ASKED_FOR
from oneai.errors import Unauthenticated
from oneai.postgres import db
from oneai.postgres.db import Person

type Standing = Literal["active", "trial", "past_due", "unpaid", "paused", "cancelled"]


class CurrentSubscription(BaseModel):
    """The plan a person has, and the subscription that gives it, else the last one they paid for or tried.

    People who never subscribed are `active` on `free`, and the rest is null. A subscription that was to be tried and
    has no trial, or none yet, is `trial` with the tier one has without it.
    """

    tier: str = Field(description="The plan whose limits apply now.")
    status: Standing = Field(
        description="`past_due`: a charge failed and the plan stays for now; `unpaid`: it ended for want of payment."
    )
    plan_id: str | None = Field(description="The plan of the subscription; null for people who never subscribed.")
    period: Period | None = Field(description="How often it is charged.")
    current_period_start: datetime | None = Field(
        description="The beginning of the paid period, or of the trial; null while there is neither."
    )
    current_period_end: datetime | None = Field(
        description="The end of the paid period, or of the trial; without one, when the first charge is made."
    )
    cancel_requested_at: datetime | None = Field(
        description="When the person cancelled; the subscription ends with `current_period_end`."
    )


@dataclass
class Live:
    """A subscription that can be changed, paused or cancelled. `good_until`: when it ends if nothing more is paid.

    `soon`: within an hour of that. `final`: the provider knows that it is cancelled, or may. `changeable`: its plan
    can perhaps be changed in place. `trial_refused`: it is first charged when the trial would have ended.
    """

    id: UUID
    plan_id: str
    period: Period
    currency: Currency
    status: Standing
    ref: str
    provider_plan_id: str
    short_url: str | None
    good_until: datetime | None
    soon: bool
    cancel_requested: bool
    final: bool
    changeable: bool
    paused_by_customer: bool
    trial_refused: bool


class _Row(CurrentSubscription):
    due: bool


async def current(person: Person) -> CurrentSubscription:
    """The subscription that gives the person their plan, else the last one they paid for."""
    row = await _read(person)
    if row is None:
        # Sign-up stayed incomplete: make up for it, as the first question would.
        await db.call("select oneai.ensure_user(%s)", [person.user_id], idempotent=True)
        row = await _read(person)
    elif row.due:
        # Time alone has changed something, and the job has not come by yet.
        await processing.refresh(person.user_id, found_by="clock")
        row = await _read(person)
    if row is None:
        raise Unauthenticated
    return CurrentSubscription(**row.model_dump(exclude={"due"}))


async def live(person: Person) -> Live | None:
    """The subscription that operations are about; None where nothing can be done with any."""
    found = await db.as_service(
        """
        select s.id, s.plan_id, s.period, s.currency, s.status, s.provider_subscription_id as ref, s.provider_plan_id,
          s.short_url, g.good_until, coalesce(g.good_until <= oneai.now() + interval '1 hour', true) as soon,
          s.cancel_requested_at is not null as cancel_requested,
          exists (
            select from oneai.provider_operations as c where c.dedupe_key = 'cancel_at_period_end:' || s.id
              and (c.state = 'succeeded' or c.sent_at is not null or c.locked_until > oneai.now())) as final,
          coalesce((s.snapshot ->> 'changeable')::boolean, false) as changeable,
          coalesce((s.snapshot ->> 'paused_by_customer')::boolean, false) as paused_by_customer,
          s.status = 'trial' and s.trial_end is not null and s.trial_start is null and (
            s.mandate_instrument_hash is not null
            or coalesce(s.mandate_noted_at <= oneai.now() - make_interval(secs => %s), false)) as trial_refused
        from oneai.live_subscription(%s) as s cross join lateral oneai.good_until(s) as g (good_until)
        where s.id is not null
        """,
        [ASKED_FOR.total_seconds(), person.user_id],
        Live,
    )
    return found[0] if found else None


async def _read(person: Person) -> _Row | None:
    rows = await db.read_as(
        person,
        """
        select u.subscription_tier as tier, u.subscription_status as status, s.plan_id, s.period,
          s.current_period_start, s.current_period_end, s.cancel_requested_at,
          exists (
            select from oneai.subscriptions as o where o.user_id = u.id and o.next_sync_at <= oneai.now()) as due
        from oneai.users as u left join oneai.subscriptions as s on s.id = u.subscription_id
        where u.id = %s
        """,
        [person.user_id],
        _Row,
    )
    return rows[0] if rows else None
