"""The export of all data of an account as a zip file: its contents and its request.

The job in `conversations.archive` writes the file under the owner's row-level security. It holds a lease, so an
interrupted export starts again. Accounts that are suspended or scheduled for deletion can be exported too.
"""

import json
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any, LiteralString

from oneai import usage
from oneai.accounts import picture
from oneai.accounts.exported_chatbots import add_chatbots
from oneai.accounts.exported_files import FileAdder
from oneai.billing import invoices
from oneai.conversations.archive import (
    DownloadInfo,
    ExportAccepted,
    ExportJob,
    ExportWriters,
    Owner,
    add_conversations,
)
from oneai.postgres import db
from oneai.postgres.db import Principal

FORMAT = "oneai.account"
INVOICES_AT_ONCE = 100
# The start for an account that has no usage yet.
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
README = """\
This is everything that we store about your account. Times are in UTC, and money is in the currency's smallest unit
(paise, cents) or, if the name has micro_usd, in millionths of a dollar.

account.json        your profile, preferences, keys, shared links, what you agreed to, and sign-ins
picture.jpg         your profile picture, if you set one
prompts.json        your saved prompts, by name
audit_log.json      what you did to your account, and what was done to it: sign-ins, keys, plans, exports, deletion
workspaces.json     your teams and your role in them, teams that you left in which chats of yours wait, and invitations
                    that you sent or accepted
support.json        what you asked our sales team
billing.json        billing details, subscriptions and their history, payments
invoices/           your invoices and credit notes, as PDF and as JSON
usage.csv           every answer that was counted, and what it cost
conversations/      your chats, as JSON with all branches and as Markdown; index.json lists them
documents/          your documents; documents.json lists them with names, tags and collections
chatbots/           your chatbots with their versions, curated answers, evaluations and leads, and what their visitors
                    asked and where they want messages by email; chatbots.json lists them
files/              files you attached and images that models created, by chat; files.json lists them, and says which
                    were left out because all files together exceed 4 GB: those are in their chats

You can import this file again: OneAI reads the chats in it.
"""


async def export_data(principal: Principal) -> ExportAccepted:
    """Queues an export of all data, or returns the one in progress. An email is sent when it is complete.

    Raises RateLimited.
    """
    (export_id,) = await db.call("select oneai.request_data_export(%s)", [principal.user_id], idempotent=True)
    return ExportAccepted(export_id=export_id)


async def _write(work: ExportJob, file: IO[bytes]) -> DownloadInfo:
    principal = Owner(work.user_id)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", README)
        _add_json(archive, "account.json", {"format": FORMAT, "version": 1} | await _account(principal))
        _add_json(archive, "prompts.json", await _read(principal, PROMPTS))
        teams, asked = await db.call(
            "select oneai.workspaces_to_export(%s), oneai.support_requests_to_export(%s)",
            [work.user_id] * 2,
            idempotent=True,
        )
        _add_json(archive, "workspaces.json", teams)
        _add_json(archive, "support.json", asked)
        stored = await picture.find(principal)
        if stored is not None:
            archive.writestr("picture.jpg", stored.content, zipfile.ZIP_STORED)
        (acts,) = await db.call("select oneai.audit_log_to_export(%s)", [work.user_id], idempotent=True)
        _add_json(archive, "audit_log.json", acts)
        _add_json(archive, "billing.json", await _billing(principal))
        await _add_invoices(archive, principal)
        with archive.open("usage.csv", "w") as entry:
            async for piece in usage.export_pieces(principal, BEGINNING, work.created_at, "csv"):
                entry.write(piece)
        files = FileAdder(archive, principal)
        await add_conversations(
            archive, principal, work.created_at, report_progress=work.report_progress, also=files.add_of_conversation
        )
        _add_json(archive, "files.json", files.listing)
        _add_json(archive, "documents.json", await files.add_documents())
        await add_chatbots(archive, principal)
    return DownloadInfo(name=f"account-{work.created_at:%Y-%m-%d}.zip", media_type="application/zip")


async def _write_departure(work: ExportJob, file: IO[bytes]) -> DownloadInfo:
    """Writes the private conversations that wait for the user in a team that they left, with their files."""
    principal = Owner(work.user_id, departure_id=work.departure_id)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        files = FileAdder(archive, principal)
        await add_conversations(
            archive, principal, work.created_at, report_progress=work.report_progress, also=files.add_of_conversation
        )
        _add_json(archive, "files.json", files.listing)
    return DownloadInfo(name=f"team-conversations-{work.created_at:%Y-%m-%d}.zip", media_type="application/zip")


async def _write_chatbots(work: ExportJob, file: IO[bytes]) -> DownloadInfo:
    """Writes the chatbots of a workspace with what their visitors wrote."""
    owner = Owner(work.user_id, work.workspace_id)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        await add_chatbots(archive, owner, report_progress=work.report_progress)
    return DownloadInfo(name=f"chatbots-{work.created_at:%Y-%m-%d}.zip", media_type="application/zip")


WRITERS: ExportWriters = {"account": _write, "departure": _write_departure, "chatbots": _write_chatbots}


def _add_json(archive: zipfile.ZipFile, name: str, document: Any) -> None:
    archive.writestr(name, json.dumps(document, ensure_ascii=False, indent=1))


@dataclass
class _Document:
    document: Any


async def _read(principal: Principal, query: LiteralString, parameters: int = 1) -> Any:
    (row,) = await db.read_as(principal, query, [principal.user_id] * parameters, _Document)
    return row.document


async def _account(principal: Principal) -> dict[str, Any]:
    account: dict[str, Any] = await _read(principal, ACCOUNT, 6)
    query: LiteralString = "select oneai.sessions_to_export(%s), oneai.passkeys_to_export(%s)"
    sessions, passkeys = await db.call(query, [principal.user_id] * 2, idempotent=True)
    return account | {"sessions": sessions, "passkeys": passkeys}


async def _billing(principal: Principal) -> dict[str, Any]:
    details = await invoices.read_billing_details(principal)
    billing: dict[str, Any] = await _read(principal, BILLING, 4)
    return {"billing_details": details.model_dump(mode="json")} | billing


async def _add_invoices(archive: zipfile.ZipFile, principal: Principal) -> None:
    cursor = None
    while True:
        page = await invoices.list_invoices(principal, INVOICES_AT_ONCE, cursor)
        for invoice in page.items:
            printed = await invoices.print_invoice(principal, invoice.id)
            stem = f"invoices/{printed.name.removesuffix('.pdf')}-{invoice.id}"
            archive.writestr(f"{stem}.pdf", printed.body)
            _add_json(archive, f"{stem}.json", invoice.model_dump(mode="json"))
        cursor = page.next_cursor
        if cursor is None:
            return


ACCOUNT: LiteralString = """
    select jsonb_build_object(
      'profile', (
        select jsonb_build_object('id', u.id, 'email', u.email, 'name', u.name, 'picture_url', u.picture_url,
          'provider', u.provider_type, 'created_at', u.created_at, 'plan', w.subscription_tier,
          'suspended_at', u.suspended_at, 'deletes_at', u.deletes_at)
        from oneai.users as u join oneai.workspaces as w on w.id = u.id where u.id = %s),
      'preferences', (select to_jsonb(p) - 'user_id' from oneai.preferences as p where p.user_id = %s),
      'api_keys', (
        select coalesce(jsonb_agg(to_jsonb(k) - 'user_id' - 'workspace_id' order by k.created_at), '[]')
        from oneai.api_keys as k where k.user_id = %s),
      'provider_keys', (
        select coalesce(jsonb_agg(jsonb_build_object('id', k.id, 'provider', k.provider, 'name', k.name,
          'base_url', k.base_url, 'last4', k.last4, 'state', oneai.provider_key_state(k.revoked_at, k.refused_at),
          'micro_usd_per_day', k.micro_usd_per_day, 'micro_usd_per_month', k.micro_usd_per_month,
          'answers_per_day', k.answers_per_day, 'fallback', k.fallback,
          'fallback_answers_per_day', k.fallback_answers_per_day, 'created_at', k.created_at,
          'last_used_at', k.last_used_at) order by k.created_at), '[]')
        from oneai.provider_keys as k where k.user_id = %s),
      'share_links', (
        select coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'conversation_id', s.conversation_id, 'kind', s.kind,
          'title', s.title, 'show_name', s.show_name, 'fork', s.fork, 'created_at', s.created_at,
          'expires_at', s.expires_at, 'revoked_at', s.revoked_at, 'taken_down_at', s.taken_down_at)
          order by s.created_at), '[]')
        from oneai.shares as s where s.user_id = %s),
      'consents', (
        select coalesce(jsonb_agg(jsonb_build_object('kind', c.kind, 'version', c.version, 'granted_at', c.granted_at,
          'revoked_at', c.revoked_at) order by c.id), '[]')
        from oneai.consents as c where c.user_id = %s)
    ) as document
"""
PROMPTS: LiteralString = """
    select coalesce(jsonb_agg(to_jsonb(p) - 'user_id' - 'bytes' order by lower(p.name)), '[]') as document
    from oneai.prompts as p where p.user_id = %s
"""
BILLING: LiteralString = """
    select jsonb_build_object(
      'subscriptions', (
        select coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'plan', s.plan_id, 'status', s.status,
          'period', s.period, 'currency', s.currency, 'amount', s.amount, 'quantity', s.quantity,
          'provider_subscription_id', s.provider_subscription_id, 'created_at', s.created_at,
          'current_period_start', s.current_period_start, 'current_period_end', s.current_period_end,
          'cancel_requested_at', s.cancel_requested_at, 'cancel_reason', s.cancel_reason,
          'cancelled_at', s.cancelled_at) order by s.created_at), '[]')
        from oneai.subscriptions as s where s.workspace_id = %s),
      'history', (
        select coalesce(jsonb_agg(jsonb_build_object('changed_at', h.changed_at, 'reason', h.change_reason,
          'old_plan', h.old_tier, 'new_plan', h.new_tier) order by h.changed_at, h.id), '[]')
        from oneai.subscription_history as h where h.workspace_id = %s),
      'orders', (
        select coalesce(jsonb_agg(jsonb_build_object('id', o.id, 'provider_order_id', o.provider_order_id,
          'description', o.description, 'amount', o.amount, 'currency', o.currency, 'created_at', o.created_at)
          order by o.created_at, o.id), '[]')
        from oneai.orders as o where o.workspace_id = %s),
      'payments', (
        select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'provider_payment_id', p.provider_payment_id,
          'amount', p.amount, 'amount_refunded', p.amount_refunded, 'currency', p.currency, 'status', p.status,
          'method', p.method, 'created_at', p.created_at, 'captured_at', p.captured_at,
          'period_start', p.period_start, 'period_end', p.period_end) order by p.created_at, p.id), '[]')
        from oneai.payments as p where p.workspace_id = %s)
    ) as document
"""
