"""How long each kind of data is stored, as a schedule for users. It is built from the settings of the deletions.

The table in docs/guide/privacy.md shows the same schedule with default settings; a test compares the two.
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field

from oneai import settings
from oneai.accounts.deletion import DeletionSettings
from oneai.accounts.retention import RetentionSettings
from oneai.workspaces.deletion import WorkspaceDeletionSettings
from oneai.workspaces.members import DEPARTURE_DAYS

type RetentionKey = Literal[
    "conversations",
    "temporary_chats",
    "account",
    "workspace",
    "closed_links",
    "taken_down_links",
    "transfers",
    "usage",
    "refusals",
    "logs",
    "mails",
    "payment_events",
    "audit_log",
    "invitations",
    "left_teams",
    "support_requests",
    "docs_feedback",
    "invoices",
]


@dataclass(frozen=True, slots=True)
class LogSettings:
    """`log_retention_days`: how many days logs are stored; the template's parameter for log groups."""

    log_retention_days: int = 30


class RetentionPeriod(BaseModel):
    """How long one kind of data is stored."""

    key: RetentionKey = Field(description="The kind; a stable name that clients can translate.")
    what: str = Field(description="The kind, in a few words.")
    days: int | None = Field(description="Days after the event that `until` describes; null: no fixed period.")
    until: str = Field(description="When it is deleted, in a few words.")


class RetentionSchedule(BaseModel):
    """How long each kind of data is stored."""

    items: list[RetentionPeriod] = Field(description="The kinds.")


def schedule() -> RetentionSchedule:
    """The schedule of this deployment."""
    ages = settings.read(RetentionSettings)
    grace_days = settings.read(DeletionSettings).deletion_grace_days
    team_days = settings.read(WorkspaceDeletionSettings).workspace_deletion_grace_days
    log_days = settings.read(LogSettings).log_retention_days
    return RetentionSchedule(
        items=[
            _period(
                "conversations",
                "chats, prompts, documents and their files",
                None,
                "you delete them; then they're erased immediately",
            ),
            _period("temporary_chats", "temporary chats", None, "ten minutes after the last answer"),
            _period(
                "account",
                "an account that you deleted",
                grace_days,
                "{days} after you delete it; until then you can restore it",
            ),
            _period(
                "workspace",
                "a team that an owner deleted",
                team_days,
                "{days} after an owner deletes it; until then an owner can restore it",
            ),
            _period(
                "closed_links",
                "links that you closed or that expired",
                ages.closed_shares_days,
                "{days} after they close",
            ),
            _period(
                "taken_down_links",
                "links that were taken down",
                ages.taken_down_shares_days,
                "{days} after they are taken down",
            ),
            _period(
                "transfers", "records of exports and imports", ages.finished_transfers_days, "{days} after they finish"
            ),
            _period(
                "usage", "single usage records; their totals stay", ages.usage_events_days, "{days} after the answer"
            ),
            _period("refusals", "refused requests, for support", ages.refusals_days, "{days} after the request"),
            _period("logs", "technical logs, without what you write", log_days, "{days} after they are written"),
            _period("mails", "emails we sent you", ages.settled_mails_days, "{days} after we sent them"),
            _period(
                "payment_events",
                "messages from the payment provider",
                ages.provider_events_days,
                "{days} after they arrive",
            ),
            _period(
                "audit_log",
                "the log of important changes to an account",
                ages.audit_log_days,
                "{days} after the change",
            ),
            _period(
                "invitations",
                "invitations to teams, with the invited address",
                ages.ended_invitations_days,
                "{days} after they end",
            ),
            _period(
                "left_teams",
                "your private chats in a team that you left",
                DEPARTURE_DAYS,
                "{days} after you leave; until then you can download them, unless the team's invitation said no",
            ),
            _period(
                "support_requests",
                "what you asked our sales team",
                ages.answered_requests_days,
                "{days} after we answer",
            ),
            _period(
                "docs_feedback", "feedback on the documentation", ages.docs_feedback_days, "{days} after you send it"
            ),
            _period("invoices", "invoices and payments", None, "as long as tax law requires"),
        ]
    )


def _period(key: RetentionKey, what: str, days: int | None, until: str) -> RetentionPeriod:
    words = "" if days is None else f"{days:,} day{'s' * (days != 1)}"
    return RetentionPeriod(key=key, what=what, days=days, until=until.format(days=words))
