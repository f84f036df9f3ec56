"""One user with everything that support needs, and nothing that the user wrote."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.admin import audit_entries, payments, plan_grants, quotas, refusals, subscriptions
from oneai.admin.audit_entries import AuditEntry, AuditFilter
from oneai.admin.payments import Payment
from oneai.admin.plan_grants import PlanGrant
from oneai.admin.quotas import UserQuota
from oneai.admin.refusals import RefusedRequest
from oneai.admin.subscriptions import ListedSubscription
from oneai.admin.users import COLUMNS, USERS, ListedUser
from oneai.errors import NotFound
from oneai.postgres import db

USAGE_DAYS = 30
# The length of each list of newest rows.
MAX_ROWS = 50


class UserProfile(ListedUser):
    """The user's identity and account state."""

    picture_url: str | None = Field(description="Their picture.")
    provider_type: str | None = Field(description="How they signed up, such as `email` or `google`.")
    suspension_reason: str | None = Field(description="Why they are suspended, if they are.")


class TierChange(BaseModel):
    """A change of a user's plan."""

    changed_at: datetime = Field(description="When.")
    old_tier: str | None = Field(description="The plan before.")
    new_tier: str = Field(description="The plan from then on.")
    change_reason: str = Field(description="Such as `upgrade`, `payment_failure` or `cancellation`.")
    subscription_id: UUID | None = Field(description="The subscription that caused it.")


class UserSubscription(BaseModel):
    """The user's plan and the subscription behind it."""

    tier: str = Field(description="The plan.")
    status: str = Field(description="The subscription's status; `active` without one.")
    current: ListedSubscription | None = Field(description="The subscription; null for the free plan and for a grant.")
    all: list[ListedSubscription] = Field(description="All subscriptions of the user, newest first.")
    grants: list[PlanGrant] = Field(description="Plans without payment, newest first, including those that have ended.")
    payments: list[Payment] = Field(description="Their newest payments.")
    timeline: list[TierChange] = Field(description="Changes of the plan, newest first.")


class ModelUsage(BaseModel):
    """The usage of one model."""

    model: str = Field(description="The model that answered.")
    answers: int = Field(description="Answers.")
    errors: int = Field(description="Answers that failed or were interrupted.")
    prompt_tokens: int = Field(description="Tokens of prompts.")
    completion_tokens: int = Field(description="Tokens of answers.")
    cost_micro_usd: int = Field(description="Their cost, including titles.")


class UserUsage(BaseModel):
    """A user's recent usage."""

    days: int = Field(description="The number of days.")
    answers: int = Field(description="Answers.")
    errors: int = Field(description="Answers that failed or were interrupted.")
    cost_micro_usd: int = Field(
        description="What providers charged for all usage, including titles, summaries of conversations and "
        "embeddings of "
        "documents, which the user's own usage does not show."
    )
    by_model: list[ModelUsage] = Field(description="The same by model, most expensive first.")


class UserKey(BaseModel):
    """An API key, without its secret."""

    id: UUID = Field(description="Its id.")
    name: str = Field(description="Its name.")
    hint: str = Field(description="The start and the end of its secret.")
    scopes: list[str] = Field(description="Its scopes.")
    state: str = Field(description="`active`, `rotating`, `expired` or `revoked`.")
    created_at: datetime = Field(description="When it was created.")
    last_used_at: datetime | None = Field(description="When it was last used.")


class UserSession(BaseModel):
    """A session of the user."""

    id: UUID = Field(description="Its id.")
    created_at: datetime = Field(description="When they signed in.")
    last_used_at: datetime | None = Field(description="When it was last used.")
    user_agent: str | None = Field(description="The browser or program.")
    ip: str | None = Field(description="The address of its last request.")


class UserDetail(BaseModel):
    """The answer of `GET /api/admin/users/{id}`."""

    profile: UserProfile = Field(description="The user's profile.")
    subscription: UserSubscription = Field(description="The user's plan and subscriptions.")
    quotas: dict[str, UserQuota] = Field(description="The user's quotas by key, with windows, holds and overrides.")
    usage: UserUsage = Field(description="Usage of the last 30 days.")
    keys: list[UserKey] = Field(description="The user's API keys, newest first.")
    sessions: list[UserSession] = Field(description="The user's sessions, most recently used first.")
    refusals: list[RefusedRequest] = Field(description="The user's newest refused requests.")
    audit: list[AuditEntry] = Field(description="The newest entries of the audit log by and about the user.")


class _SubscriptionId(BaseModel):
    id: UUID


async def find_user(user_id: UUID) -> UserDetail:
    """Returns a user. Raises NotFound."""
    profiles = await db.as_admin(
        f"""
        select {COLUMNS}, u.picture_url, u.provider_type, (
          select s.reason from oneai.suspensions as s where s.user_id = u.id and s.ended_at is null
        ) as suspension_reason
        from {USERS} where u.id = %s
        """,
        [user_id],
        UserProfile,
    )
    if not profiles:
        raise NotFound
    audit = await audit_entries.list_entries(AuditFilter(user_id=user_id), None, MAX_ROWS)
    return UserDetail(
        profile=profiles[0],
        subscription=await _subscription(profiles[0]),
        quotas=await quotas.quotas_of(user_id),
        usage=await _usage(user_id),
        keys=await db.as_admin(KEYS, [user_id, MAX_ROWS], UserKey),
        sessions=await db.as_admin("select * from oneai.list_sessions(%s)", [user_id], UserSession),
        refusals=await refusals.refusals_of(user_id, MAX_ROWS),
        audit=audit.items,
    )


async def _subscription(profile: UserProfile) -> UserSubscription:
    mine = await subscriptions.subscriptions_of(profile.id)
    current = await db.as_admin(
        "select subscription_id as id from oneai.workspaces where id = %s and subscription_id is not null",
        [profile.id],
        _SubscriptionId,
    )
    return UserSubscription(
        tier=profile.tier,
        status=profile.subscription_status,
        current=next((each for each in mine if current and each.id == current[0].id), None),
        all=mine,
        grants=await plan_grants.grants_of(profile.id, MAX_ROWS),
        payments=await payments.payments_of(profile.id, MAX_ROWS),
        timeline=await db.as_admin(TIMELINE, [profile.id, MAX_ROWS], TierChange),
    )


async def _usage(user_id: UUID) -> UserUsage:
    rows = await db.as_admin(USAGE, [*[user_id, USAGE_DAYS] * 2], ModelUsage)
    return UserUsage(
        days=USAGE_DAYS,
        answers=sum(row.answers for row in rows),
        errors=sum(row.errors for row in rows),
        cost_micro_usd=sum(row.cost_micro_usd for row in rows),
        by_model=rows,
    )


KEYS: LiteralString = """
    select k.id, k.name, k.hint, k.scopes, oneai.api_key_state(k) as state, k.created_at, k.last_used_at
    from oneai.api_keys as k where k.user_id = %s order by k.created_at desc, k.id desc limit %s
"""
TIMELINE: LiteralString = """
    select changed_at, old_tier, new_tier, change_reason, subscription_id from oneai.subscription_history
    where workspace_id = %s order by changed_at desc, id desc limit %s
"""
USAGE: LiteralString = """
    select u.model, coalesce(sum(u.messages) filter (where u.purpose = 'answer'), 0)::bigint as answers,
      coalesce(sum(u.errors) filter (where u.purpose = 'answer'), 0)::bigint as errors,
      sum(u.prompt_tokens)::bigint as prompt_tokens, sum(u.completion_tokens)::bigint as completion_tokens,
      sum(u.cost_micro_usd)::bigint as cost_micro_usd
    from (
      select * from oneai.usage_rollups
      where workspace_id = %s and quarter_hour >= oneai.now() - make_interval(days => %s)
      union all
      select (oneai.to_rollup_row(e)).* from oneai.usage_events as e
      where e.workspace_id = %s and not e.rolled_up and e.created_at >= oneai.now() - make_interval(days => %s)
    ) as u group by u.model order by 6 desc, 1
"""
