"""The operators' audit log: records what operators do and lists all entries.

SQL functions record what users, the payment provider and jobs do, with `oneai.record_audit`.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Literal
from uuid import UUID

from oneai.postgres.operators import OperatorConnection, fetch_all

type AuditAction = Literal[
    "session.create",
    "session.revoke",
    "api_key.create",
    "api_key.update",
    "api_key.rotate",
    "api_key.revoke",
    "api_key.report",
    "provider_key.create",
    "provider_key.update",
    "provider_key.delete",
    "provider_key.report",
    "data_key.suspect",
    "account.suspend",
    "account.unsuspend",
    "account.delete",
    "account.restore",
    "account.erase",
    "data_export.create",
    "role.change",
    "plan.change",
    "plan_grant.create",
    "plan_grant.revoke",
    "quota_override.create",
    "quota_override.revoke",
    "quota.reset",
    "price.create",
    "price.change",
    "payment_providers.change",
    "payment.release",
    "payment.refund",
    "subscription.sync",
    "job.retry",
    "provider_event.replay",
    "provider_operation.retry",
    "share.take_down",
    "operator_alert.acknowledge",
    "openrouter_key.create",
    "openrouter_key.disable",
    "secret.rotate",
    "maintenance.start",
    "news.send",
    "maintenance.end",
    "model_sections.change",
    "incident.open",
    "incident.update",
    "incident.resolve",
    "consent.grant",
    "consent.revoke",
    "share.dismiss_reports",
    "second_factor.add",
    "second_factor.remove",
    "passkey.add",
    "passkey.remove",
    "workspace.delete",
    "workspace.restore",
    "workspace.erase",
    "workspace.transfer",
    "workspace.accept_transfer",
    "workspace.withdraw_transfer",
    "workspace.inherit",
    "workspace.suspend",
    "workspace.unsuspend",
    "support.answer",
    "offer.create",
    "offer.accept",
    "offer.withdraw",
    "offer.mark_paid",
    "offer.refund",
    "bank_account.change",
    "credit_package.change",
    "credits.refund",
    "credits.grant",
    "credits.revoke",
    "credits.release",
    "credits.limit",
    "credits.level",
    "credits.recharge_on",
    "credits.recharge_off",
    "chatbot.create",
    "chatbot.update",
    "chatbot.publish",
    "chatbot.evaluate",
    "chatbot.pause",
    "chatbot.resume",
    "chatbot.reset",
    "chatbot.delete",
    "chatbot.restore",
    "chatbot.suspend",
    "chatbot.unsuspend",
    "chatbot.dismiss_reports",
    "chatbot.move",
    "identity_secret.create",
    "identity_secret.delete",
    "inbox.delete",
    "inbox.read",
    "visitor.erase",
    "workspace.create",
    "workspace.update",
    "member.role",
    "member.limit",
    "member.remove",
    "member.leave",
    "invitation.create",
    "invitation.resend",
    "invitation.revoke",
    "invitation.accept",
]


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs a command: the operator's name, and the command with its host."""

    name: str
    origin: str


@dataclass
class AuditEntry:
    """One entry. `actor` and `user` are email addresses if they are known, else ids or names.

    `ip`, `user_agent` and `request_id` describe the request. For an operator, `user_agent` is the command and its host.
    """

    id: int
    created_at: datetime
    actor_kind: str
    actor: str
    action: str
    user: str | None
    target_kind: str | None
    target_id: str | None
    reason: str | None
    ip: IPv4Address | IPv6Address | None
    user_agent: str | None
    request_id: str | None
    detail: dict[str, Any]


def record(
    connection: OperatorConnection,
    operator: Operator,
    action: AuditAction,
    *,
    user_id: UUID | None = None,
    target: tuple[str, object] | None = None,
    reason: str | None = None,
    **detail: Any,
) -> None:
    """Records an operator's action in the current transaction.

    `user_id` is the account that the action concerns. `target` is the kind and the id of what changed, by default the
    account. `detail` is JSON; it must contain neither credentials nor what people wrote.
    """
    if target is None and user_id is not None:
        target = ("user", user_id)
    kind, target_id = target or (None, None)
    connection.execute(
        """
        select oneai.record_audit('operator', %s, %s, %s, %s, %s, %s,
          p_user_agent => %s, p_detail => %s)
        """,
        [
            operator.name,
            action,
            user_id,
            kind,
            None if target_id is None else str(target_id),
            reason,
            operator.origin,
            json.dumps(detail, default=str),
        ],
    )


def list_entries(
    connection: OperatorConnection,
    *,
    user_id: UUID | None = None,
    since: datetime | None = None,
    action: str | None = None,
    limit: int,
) -> list[AuditEntry]:
    """The newest `limit` entries, oldest first, optionally of one user, since a time, or of one action."""
    entries = fetch_all(
        connection,
        """
        select a.id, a.created_at, a.actor_kind, coalesce((
            select u.email from oneai.users as u
            where u.id = case when a.actor_kind in ('user', 'admin') then a.actor::uuid end), a.actor) as actor,
          a.action, coalesce(
            (select u.email from oneai.users as u where u.id = a.user_id), a.user_id::text) as user,
          a.target_kind, a.target_id, a.reason, a.ip, a.user_agent, a.request_id, a.detail
        from oneai.audit_log as a
        where (%(user)s::uuid is null or a.user_id = %(user)s or a.actor = %(user)s::text)
          and a.created_at >= coalesce(%(since)s::timestamptz, '-infinity')
          and a.action = coalesce(%(action)s, a.action)
        order by a.id desc limit %(limit)s
        """,
        {"user": user_id, "since": since, "action": action, "limit": limit},
        AuditEntry,
    )
    return entries[::-1]
