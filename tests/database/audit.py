"""Rows of the audit log."""

from typing import Any, LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from tests.world import Database

RECORD: LiteralString = """
    select oneai.record_audit(%s, %s, %s, %s, p_target_kind => %s, p_target_id => %s, p_reason => %s, p_ip => %s,
      p_user_agent => %s, p_request_id => %s, p_detail => %s)"""


def record(
    database: Database,
    kind: str,
    actor: object,
    action: str,
    user: UUID | None = None,
    *,
    target: tuple[str, object] | tuple[None, None] = (None, None),
    reason: str | None = None,
    ip: str | None = None,
    agent: str | None = None,
    request: str | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """One act, as a function of ours records it."""
    target_id = None if target[1] is None else str(target[1])
    database.rows(
        RECORD, kind, str(actor), action, user, target[0], target_id, reason, ip, agent, request, Jsonb(detail or {})
    )
