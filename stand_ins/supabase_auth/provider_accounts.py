"""Accounts at Google and GitHub, and the user that belongs to one.

As GoTrue does it (supabase/auth, internal/models/linking.go, internal/api/external.go and external_oauth_email.go): a
known account signs its user in and brings their name, picture and address up to date; an unknown one is linked to the
user with the same confirmed address, or makes a new user.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from stand_ins.supabase_auth import mails, one_time_tokens, people, profile_updates, registration
from stand_ins.supabase_auth.connection import Connection
from stand_ins.supabase_auth.people import User
from stand_ins.supabase_auth.project import Project
from stand_ins.supabase_auth.refusals import Refusal

PROVIDERS = {"google": "Google", "github": "GitHub"}
_ISSUERS = {"google": "https://accounts.google.com", "github": "https://api.github.com"}


@dataclass(frozen=True)
class ProviderAccount:
    """The data of an account at a provider."""

    provider: str
    subject: str
    """The provider's own id of the account, which never changes."""
    email: str
    email_verified: bool
    name: str
    picture_url: str

    def identity_data(self) -> dict[str, Any]:
        """The columns `identity_data` and `raw_user_meta_data`, as GoTrue fills them for this provider."""
        data: dict[str, Any] = {
            "iss": _ISSUERS[self.provider],
            "sub": self.subject,
            "provider_id": self.subject,
            "email": self.email,
            "email_verified": self.email_verified,
            "phone_verified": False,
        }
        if self.name:
            data |= {"name": self.name, "full_name": self.name}
        if self.picture_url:
            data["avatar_url"] = self.picture_url
        if self.provider == "google" and self.picture_url:
            data["picture"] = self.picture_url
        if self.provider == "github":
            login = self.email.partition("@")[0]
            data |= {"user_name": login, "preferred_username": login}
        return data


async def account_at(conn: Connection, provider: str, address: str) -> tuple[str, dict[str, Any]]:
    """The subject of the account that `address` signs in with at the provider, and what it last stated of it.

    A new account has a subject that follows from its address, so that it is the same one in every stack.
    """
    cursor = await conn.execute(
        """
        select provider_id, identity_data from auth.identities
        where provider = %s and email = %s order by created_at limit 1
        """,
        [provider, address],
    )
    row = await cursor.fetchone()
    if row is not None:
        return row[0], row[1]
    lowest = 10**20 if provider == "google" else 10**7
    digest = hashlib.sha256(f"{provider}:{address}".encode()).digest()
    subject = str(lowest + int.from_bytes(digest) % lowest)
    cursor = await conn.execute(
        "select from auth.identities where provider = %s and provider_id = %s", [provider, subject]
    )
    if await cursor.fetchone() is not None:
        # The account that began with this address has another one by now.
        subject = str(lowest + secrets.randbelow(lowest))
    return subject, {}


async def sign_in(project: Project, conn: Connection, account: ProviderAccount, redirect_to: str) -> User:
    """The user of the account, created if there is none. Raises Refusal; a mail may have been sent then."""
    # Two first sign-ins of one account at once make one user.
    await conn.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [account.email])
    identity = await _known_identity(conn, account)
    if identity is not None:
        user_id, earlier_email = identity
        await _update(conn, user_id, account)
        await _sync_email(conn, await people.require(conn, user_id), account, earlier_email)
    else:
        user_id = await _link_or_create(project, conn, account)
    user = await people.require(conn, user_id)
    if user.is_banned(conn.now):
        raise Refusal(403, "user_banned", "User is banned")
    if user.confirmed_at is None:
        await _drop_unconfirmed_identities(conn, user, account)
        if not (account.email_verified or not project.confirm_email):
            await _refuse_unverified(project, conn, user, account, redirect_to)
        await registration.confirm(conn, user_id)
    return await people.require(conn, user_id)


async def _known_identity(conn: Connection, account: ProviderAccount) -> tuple[UUID, str] | None:
    cursor = await conn.execute(
        "select user_id, coalesce(email, '') from auth.identities where provider = %s and provider_id = %s for update",
        [account.provider, account.subject],
    )
    row = await cursor.fetchone()
    return (row[0], row[1]) if row else None


async def _update(conn: Connection, user_id: UUID, account: ProviderAccount) -> None:
    await conn.execute(
        """
        update auth.identities set identity_data = %s, last_sign_in_at = %s, updated_at = %s
        where provider = %s and provider_id = %s
        """,
        [Jsonb(account.identity_data()), conn.now, conn.now, account.provider, account.subject],
    )
    await profile_updates.merge_user_metadata(conn, user_id, account.identity_data())
    await profile_updates.list_providers(conn, user_id)


async def _sync_email(conn: Connection, user: User, account: ProviderAccount, earlier_email: str) -> None:
    """Follows a changed address, unless the user's own comes from elsewhere, or another user has the new one."""
    if not account.email_verified or user.email in (None, account.email) or user.email != earlier_email:
        return
    cursor = await conn.execute(
        """
        update auth.users set email = %(email)s, updated_at = %(now)s where id = %(id)s
          and not exists (select from auth.identities where user_id = %(id)s and provider = 'email')
          and not exists (select from auth.users where email = %(email)s and not is_sso_user)
        returning id
        """,
        {"id": user.id, "email": account.email, "now": conn.now},
    )
    if await cursor.fetchone() is not None:
        await one_time_tokens.clear(conn, user.id)


async def _link_or_create(project: Project, conn: Connection, account: ProviderAccount) -> UUID:
    owner = await people.by_email(conn, account.email)
    data = account.identity_data()
    if owner is not None and (account.email_verified or not project.confirm_email):
        await registration.insert_identity(conn, owner.id, account.provider, account.subject, data)
        await profile_updates.merge_user_metadata(conn, owner.id, data)
        await profile_updates.list_providers(conn, owner.id)
        return owner.id
    user_id = uuid4()
    await registration.insert_user(
        conn,
        user_id,
        # An address that is not verified and has an owner already stays theirs.
        None if owner is not None else account.email,
        password_hash=None,
        confirmed=False,
        provider=account.provider,
        user_metadata=data,
    )
    await registration.insert_identity(conn, user_id, account.provider, account.subject, data)
    return user_id


async def _drop_unconfirmed_identities(conn: Connection, user: User, account: ProviderAccount) -> None:
    """The earlier sign-up with this address was never confirmed: its password and metadata must not remain."""
    await conn.execute(
        "update auth.users set encrypted_password = null, raw_user_meta_data = %s where id = %s",
        [Jsonb(account.identity_data()), user.id],
    )
    await conn.execute(
        "delete from auth.identities where user_id = %s and (provider, provider_id) <> (%s, %s)",
        [user.id, account.provider, account.subject],
    )
    await profile_updates.merge_app_metadata(conn, user.id, {"provider": account.provider})
    await profile_updates.list_providers(conn, user.id)


async def _refuse_unverified(
    project: Project, conn: Connection, user: User, account: ProviderAccount, redirect_to: str
) -> None:
    """Keeps the new user, mails the link that confirms their address, and raises Refusal."""
    name = account.provider
    message = f"Unverified email with {name}. Verify the email with {name} in order to sign in"
    if user.email:
        await mails.send_confirmation(project, conn, user, redirect_to)
        message = f"Unverified email with {name}. A confirmation email has been sent to your {name} email"
    await conn.commit()
    raise Refusal(422, "provider_email_needs_verification", message)
