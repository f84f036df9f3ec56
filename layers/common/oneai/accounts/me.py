"""Everything that a page needs when it loads, in one round trip."""

from pydantic import BaseModel, Field

from oneai.accounts.permissions import permissions_of
from oneai.accounts.preferences import Preferences, PreferencesRow, preferences_query
from oneai.accounts.profile import Profile, profile_query
from oneai.billing.subscriptions.current import CurrentSubscription, current_subscription, subscription_query
from oneai.errors import Unauthenticated
from oneai.plans.limits_and_prices import granted, plan_of
from oneai.postgres import db
from oneai.postgres.db import Principal, Query
from oneai.quota.status import QuotaRow, QuotaUsage, quota_query, usage_by_key
from oneai.workspaces import MyWorkspace, my_workspaces_query


class Features(BaseModel):
    """What the user's plan includes besides its quotas."""

    image_generation: bool = Field(description="Whether models may generate images.")
    max_prompt_tokens: int | None = Field(description="The maximum number of prompt tokens. Null: the model's limit.")
    max_answer_tokens: int | None = Field(
        description="The maximum number of tokens of an answer. Null: the model's limit."
    )
    storage_bytes: int = Field(description="Bytes available for text and files.")


class Me(BaseModel):
    """The answer of `GET /api/me`."""

    profile: Profile = Field(description="The user's profile.")
    preferences: Preferences = Field(description="The user's preferences, as in `GET /api/user/preferences`.")
    subscription: CurrentSubscription = Field(description="The user's plan, as in `GET /api/subscription`.")
    quotas: dict[str, QuotaUsage] = Field(description="The user's quotas by key, as in `GET /api/quota/status`.")
    permissions: list[str] = Field(description="The permissions of the user's access token.")
    features: Features = Field(description="The plan's features besides its quotas.")
    workspace: MyWorkspace | None = Field(
        description="The workspace of this request; null if it is suspended or being deleted."
    )
    workspaces: list[MyWorkspace] = Field(description="The user's workspaces, the personal one first.")
    inbox_waiting: int | None = Field(
        description="How many visitors' conversations wait for a member in this workspace, up to 100; null if it has "
        "no chatbots or you do not read its inbox."
    )


class _Inbox(BaseModel):
    waiting: int | None


async def get_me(principal: Principal) -> Me:
    """Returns what a page needs when it loads. Raises Unauthenticated for a deleted user."""
    queries = (
        profile_query(principal),
        preferences_query(principal),
        subscription_query(principal),
        quota_query(principal),
        my_workspaces_query(principal),
        Query("select oneai.waiting_in_my_inbox(%s) as waiting", [principal.workspace_id], _Inbox),
    )
    profiles, preferences, subscriptions, quotas, workspaces, inboxes = await db.read_all_as(principal, *queries)
    if not profiles or not quotas:
        # The sign-up is incomplete: complete it, as the first question would.
        await db.call("select oneai.ensure_user(%s)", [principal.user_id], idempotent=True)
        profiles, preferences, subscriptions, quotas, workspaces, inboxes = await db.read_all_as(principal, *queries)
        if not profiles:
            raise Unauthenticated
    stored = subscriptions[0]
    if stored.sync_due:
        subscription = await current_subscription(principal)
    else:
        subscription = CurrentSubscription(**stored.model_dump())
    return Me(
        profile=profiles[0],
        preferences=(preferences[0] if preferences else PreferencesRow()).preferences(),
        subscription=subscription,
        quotas=usage_by_key(quotas),
        permissions=permissions_of(profiles[0].role),
        features=_features(subscription.tier, quotas[0]),
        workspace=next((each for each in workspaces if str(each.id) == str(principal.workspace_id)), None),
        workspaces=workspaces,
        inbox_waiting=inboxes[0].waiting,
    )


def _features(tier: str, payer: QuotaRow) -> Features:
    plan = plan_of(tier, payer.kind)
    return Features(
        image_generation="image_generation" in plan.quotas,
        max_prompt_tokens=plan.input_tokens,
        max_answer_tokens=plan.answer_tokens,
        storage_bytes=granted(payer.plan_limits, "storage_bytes", plan.storage_bytes),
    )
