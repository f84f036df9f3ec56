"""Shows a workspace, and changes it."""

import json
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from oneai.field_errors import InvalidValue
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.workspaces.fields import (
    Address,
    ChatbotLimits,
    Industry,
    Settings,
    Slug,
    TimeZone,
    WorkspaceHours,
    WorkspaceName,
)
from oneai.workspaces.workspace import WorkspaceDetail

# The longest reference that can be an id or a slug.
MAX_REFERENCE = 64
# The fields that null removes.
_OPTIONAL = {"industry", "language", "currency", "billing_email"}


def _refuse(sentence: str) -> BeforeValidator:
    def refuse(_: Any) -> Any:
        raise InvalidValue("changed_elsewhere", sentence)

    return BeforeValidator(refuse)


_BY_PLAN = Annotated[Any, _refuse("The plan is changed with POST /api/subscription/create or /update.")]
_SEATS = Annotated[Any, _refuse("Seats are bought with POST /api/subscription/update.")]
_QUOTA = Annotated[Any, _refuse("Quotas follow from the plan: POST /api/subscription/update changes it.")]


class WorkspaceChanges(BaseModel):
    """The body of `PUT` and `PATCH /api/workspaces/{id}`. Absent fields remain unchanged.

    Null removes `industry`, `language`, `currency` and `billing_email`, and leaves the other fields unchanged. A
    personal workspace has neither a name nor a slug of its own.
    """

    model_config = ConfigDict(extra="forbid")

    name: WorkspaceName | None = Field(default=None, description="The team's name.")
    slug: Slug | None = Field(
        default=None,
        description="3 to 40 letters (a to z), digits, and single hyphens between. The earlier one leads here for 90 "
        "days, and no other team gets it for a year.",
    )
    industry: Industry | None = Field(default=None, description="What the team works in.")
    time_zone: TimeZone | None = Field(
        default=None, description="The IANA name of its time zone, such as `Asia/Kolkata`."
    )
    language: Literal["en", "hi"] | None = Field(default=None, description="The language of its emails.")
    currency: Literal["INR", "USD", "IDR"] | None = Field(default=None, description="The currency that it pays in.")
    billing_email: Address | None = Field(
        default=None, description="Gets invoices and failed payments besides the owner, without a seat."
    )
    hours: WorkspaceHours | None = Field(default=None, description="When the team works; replaces what was set.")
    settings: Settings | None = Field(
        default=None, description="Other settings; replaces what was set. At most 16,000 bytes."
    )
    members_may_download: bool | None = Field(
        default=None,
        description="Whether those whom the team invites from now on may download their private conversations when "
        "they leave; their invitation says so.",
    )
    require_second_factor: bool | None = Field(
        default=None,
        description="Whether members without a second factor are refused. Only an owner who has one changes it.",
    )
    audit_reading: bool | None = Field(
        default=None,
        description="Whether the audit log says which member read which visitor's conversation, once a day.",
    )
    visitors_percent: int | None = Field(
        default=None, ge=0, le=100, description="How much of each quota of the plan visitors of its chatbots may use."
    )
    chatbot_limits: ChatbotLimits | None = Field(
        default=None,
        validation_alias=AliasChoices("chatbot_limits", "chatbotLimits"),
        description="What all its chatbots together may answer and cost; replaces what was set.",
    )
    # What is changed elsewhere, so that a client that sends it learns where.
    plan: SkipJsonSchema[_BY_PLAN] = None
    plan_id: SkipJsonSchema[_BY_PLAN] = None
    subscription_tier: SkipJsonSchema[_BY_PLAN] = None
    seats: SkipJsonSchema[_SEATS] = None
    quota: SkipJsonSchema[_QUOTA] = None
    quotas: SkipJsonSchema[_QUOTA] = None
    limits: SkipJsonSchema[_QUOTA] = None


async def show_workspace(principal: Principal, reference: str) -> tuple[WorkspaceDetail, bool]:
    """A workspace by its id or slug, and whether the slug is an earlier one. Raises WorkspaceNotFound for everyone but
    its members."""
    (shown,) = await db.call("select oneai.show_workspace(%s, %s)", [principal.user_id, plain_reference(reference)])
    return WorkspaceDetail.model_validate(shown), shown["moved"]


async def change_workspace(principal: Principal, reference: str, changes: WorkspaceChanges) -> WorkspaceDetail:
    """Sets the given fields and returns the workspace. Raises WorkspaceNotFound, RoleInsufficient, NameTaken,
    PersonalWorkspace, SecondFactorMissing, and InvalidRequest for a slug that is reserved or taken."""
    fields = {
        name: value
        for name, value in changes.model_dump(exclude_unset=True).items()
        if value is not None or name in _OPTIONAL
    }
    (changed,) = await db.call(
        "select oneai.change_workspace(%s, %s, %s)",
        [principal.user_id, plain_reference(reference), json.dumps(fields, ensure_ascii=False)],
    )
    return WorkspaceDetail.model_validate(changed)


def plain_reference(reference: str) -> str:
    """A reference that Postgres can read; one that cannot be of a workspace becomes that of none."""
    return reference if reference.isascii() and "\0" not in reference and len(reference) <= MAX_REFERENCE else ""
