"""A workspace as its members see it."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.postgres.db import Principal, Query
from oneai.workspaces.fields import ChatbotLimits, WorkspaceHours, WorkspaceKind, WorkspaceRole
from oneai.workspaces.transfer import TransferOffer


class MyWorkspace(BaseModel):
    """A workspace of the current user."""

    id: UUID = Field(description="Its id. A personal workspace has its user's id.")
    name: str = Field(description="Its name; for a personal workspace the user's name or email address.")
    slug: str | None = Field(description="Its name in addresses; null for a personal workspace.")
    kind: WorkspaceKind = Field(description="`personal`, or `team`.")
    role: WorkspaceRole = Field(description="Your role in it.")


class Workspace(MyWorkspace):
    """A workspace."""

    plan: str = Field(description="The id of its plan; `none` for a team without one.")
    seats: int | None = Field(
        description="How many owners, admins and members it may have, with open invitations; null for a personal one."
    )
    industry: str | None = Field(description="What the team works in.")
    time_zone: str = Field(description="The IANA name of its time zone.")
    created_at: datetime = Field(description="When it was made.")
    deletes_at: datetime | None = Field(description="When it will be deleted; null if no deletion is requested.")


class WorkspaceQuota(BaseModel):
    """A quota of a workspace in its current window."""

    used: int = Field(description="Units used.")
    limit: int = Field(description="Units of the window.")


class ListedWorkspace(Workspace):
    """A workspace in a list."""

    members: int = Field(description="The number of its members, in every role.")
    usage: dict[str, WorkspaceQuota] = Field(description="Its quotas in their current windows, by key.")


class WorkspaceStats(BaseModel):
    """What a workspace has."""

    messages: int = Field(description="Answers to its members in this month (UTC).")
    chatbots: int = Field(description="Its chatbots.")
    documents: int = Field(description="Its documents.")
    storage_bytes: int = Field(description="Bytes of text and files.")


class WorkspaceDetail(Workspace):
    """A workspace with its settings, figures and quotas."""

    language: str | None = Field(description="The language of its emails; null: each member's own.")
    currency: Literal["INR", "USD", "IDR"] | None = Field(
        description="The currency that it pays in; null: not chosen yet."
    )
    billing_email: str | None = Field(
        description="Gets invoices and failed payments besides the owner; null: nobody. Only owners and admins see it."
    )
    require_second_factor: bool = Field(description="Whether members without a second factor are refused.")
    audit_reading: bool = Field(
        description="Whether the audit log says which member read which visitor's conversation, once a day."
    )
    seats_taken: int | None = Field(
        description="Seats of owners, admins and members, and of open invitations; null for a personal one."
    )
    transfer: TransferOffer | None = Field(
        description="The open offer of its ownership, for owners and the member who can accept it; null without one."
    )
    hours: WorkspaceHours = Field(description="When the team works.")
    settings: dict[str, Any] = Field(description="Other settings, as the app writes them.")
    members_may_download: bool = Field(
        description="Whether those whom the team invites now may download their private conversations when they leave."
    )
    visitors_percent: int = Field(
        description="How much of each quota of the plan visitors of its chatbots may use, in percent."
    )
    chatbot_limits: ChatbotLimits = Field(
        description="What all its chatbots together may answer and cost. Null: the highest limit of any of them."
    )
    members: int = Field(description="The number of its members, in every role.")
    quotas: dict[str, WorkspaceQuota] = Field(description="Its quotas in their current windows, by key.")
    stats: WorkspaceStats = Field(description="What it has.")


def my_workspaces_query(principal: Principal) -> Query[MyWorkspace]:  # noqa: ARG001  the claims name the user
    """Selects the user's workspaces: the personal one first, then teams by name."""
    return Query("select id, name, slug, kind, role from oneai.my_memberships()", [], MyWorkspace)
