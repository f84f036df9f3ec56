"""Mails in the project's templates, else in Supabase's default ones, stored in the stack's outbox. GoTrue's rate limits
are left out."""

import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape, unescape
from urllib.parse import urlencode

from local.data_folder import REPOSITORY
from stand_ins import outbox
from stand_ins.supabase_auth import one_time_tokens
from stand_ins.supabase_auth.config import CONFIG
from stand_ins.supabase_auth.connection import Connection
from stand_ins.supabase_auth.one_time_tokens import OneTimeToken, TokenType
from stand_ins.supabase_auth.people import User
from stand_ins.supabase_auth.project import Project

SENDER = "Supabase Auth <auth@mail.example>"


@dataclass(frozen=True)
class _Mail:
    address: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class _Template:
    """A mail with a link, and a code for who cannot follow it."""

    subject: str
    heading: str
    request: str
    button: str

    def fill(self, address: str, link: str, code: str, **values: str) -> _Mail:
        """The mail to `address`; `values` are those that the request names."""
        request = self.request.format(**values)
        return _Mail(
            address,
            self.subject,
            f"{self.heading}\n\n{request}\n{link}\n\nOr enter the code: {code}\n",
            f"<h2>{self.heading}</h2>\n<p>{escape(request)}</p>\n"
            f'<p><a href="{escape(link)}">{self.button}</a></p>\n<p>Or enter the code: {code}</p>\n',
        )


_CONFIRMATION = CONFIG["auth"]["email"]["template"]["confirmation"]
_RECOVERY = CONFIG["auth"]["email"]["template"]["recovery"]
# The values in a template of a project: https://supabase.com/docs/guides/auth/auth-email-templates
_VALUE = re.compile(r"{{ \.(\w+) }}")
_LINK = re.compile(r'<a href="([^"]*)">([^<]*)</a>')
_MAGIC_LINK = _Template("Your Magic Link", "Magic link", "Follow this link to login:", "Log in")
_EMAIL_CHANGE = _Template(
    "Confirm Email Change",
    "Confirm change of email",
    "Follow this link to confirm the update of your email from {old} to {new}:",
    "Change email",
)


async def send_confirmation(
    project: Project, conn: Connection, user: User, redirect_to: str, *, pkce: bool = False
) -> None:
    """Mails a link by which a new user confirms their address."""
    address = str(user.email)
    token = await one_time_tokens.issue(conn, user.id, address, "confirmation_token", pkce=pkce)
    await conn.execute("update auth.users set confirmation_sent_at = %s where id = %s", [conn.now, user.id])
    values = _values(project, token, address, redirect_to, "signup")
    _store(project, conn, _of_project(_CONFIRMATION, address, values))


async def send_recovery(
    project: Project, conn: Connection, user: User, redirect_to: str, *, pkce: bool = False
) -> None:
    """Mails a link with which a user who forgot their password signs in."""
    address = str(user.email)
    token = await one_time_tokens.issue(conn, user.id, address, "recovery_token", pkce=pkce)
    await conn.execute("update auth.users set recovery_sent_at = %s where id = %s", [conn.now, user.id])
    values = _values(project, token, address, redirect_to, "recovery")
    _store(project, conn, _of_project(_RECOVERY, address, values))


async def send_magic_link(
    project: Project, conn: Connection, user: User, redirect_to: str, *, pkce: bool = False
) -> None:
    """Mails a link, and a code, that signs in without a password. It replaces a mail of recovery, as in GoTrue."""
    address = str(user.email)
    token = await one_time_tokens.issue(conn, user.id, address, "recovery_token", pkce=pkce)
    await conn.execute("update auth.users set recovery_sent_at = %s where id = %s", [conn.now, user.id])
    link = _link(project, token, "magiclink", redirect_to)
    _store(project, conn, _MAGIC_LINK.fill(address, link, token.code))


async def send_email_change(
    project: Project, conn: Connection, user: User, new: str, redirect_to: str, *, pkce: bool = False
) -> None:
    """Mails both addresses a link and a code, by which the change to the address `new` is confirmed."""
    await conn.execute(
        """
        update auth.users set email_change = %s, email_change_sent_at = %s, email_change_confirm_status = 0
        where id = %s
        """,
        [new, conn.now, user.id],
    )
    recipients: list[tuple[str, TokenType]] = [(new, "email_change_token_new")]
    if user.email:
        recipients.append((user.email, "email_change_token_current"))
    for address, token_type in recipients:
        token = await one_time_tokens.issue(conn, user.id, address, token_type, pkce=pkce)
        link = _link(project, token, "email_change", redirect_to)
        mail = _EMAIL_CHANGE.fill(address, link, token.code, old=user.email or "none", new=new)
        _store(project, conn, mail)


async def send_reauthentication(project: Project, conn: Connection, user: User) -> None:
    """Mails a code with which a user whose sign-in is a day old may change their password."""
    address = str(user.email)
    token = await one_time_tokens.issue(conn, user.id, address, "reauthentication_token")
    await conn.execute("update auth.users set reauthentication_sent_at = %s where id = %s", [conn.now, user.id])
    heading, text = "Confirm Reauthentication", f"Enter the code: {token.code}"
    mail = _Mail(address, heading, f"{heading}\n\n{text}\n", f"<h2>{heading}</h2>\n<p>{text}</p>\n")
    _store(project, conn, mail)


def send_factor_added(project: Project, conn: Connection, user: User) -> None:
    """Mails that a second factor was added, where the project says so."""
    mail = ("A new MFA factor has been enrolled", "A new factor (totp) has been enrolled for your account.")
    _notify(project, conn, user, "mfa_factor_enrolled", mail)


def send_factor_removed(project: Project, conn: Connection, user: User) -> None:
    """Mails that a second factor was removed, where the project says so."""
    mail = ("An MFA factor has been unenrolled", "A factor (totp) has been unenrolled for your account.")
    _notify(project, conn, user, "mfa_factor_unenrolled", mail)


def _notify(project: Project, conn: Connection, user: User, kind: str, mail: tuple[str, str]) -> None:
    heading, text = mail
    if user.email and CONFIG["auth"]["email"]["notification"][kind]["enabled"]:
        html = f"<h2>{heading}</h2>\n<p>{text}</p>\n"
        _store(project, conn, _Mail(user.email, heading, f"{heading}\n\n{text}\n", html))


def _values(project: Project, token: OneTimeToken, address: str, redirect_to: str, verification: str) -> dict[str, str]:
    """The values that a template of the project can name."""
    return {
        "ConfirmationURL": _link(project, token, verification, redirect_to),
        "Email": address,
        "RedirectTo": redirect_to,
        "SiteURL": project.site_url,
        "Token": token.code,
        "TokenHash": token.token_hash,
    }


def _of_project(template: dict[str, str], address: str, values: dict[str, str]) -> _Mail:
    """The mail of a template of the project, with these values. Its text has the address of a link below its words."""
    html = _VALUE.sub(lambda match: escape(values[match[1]]), (REPOSITORY / template["content_path"]).read_text())
    text = unescape(re.sub(r"<[^>]*>", "", _LINK.sub(r"\2\n\1\n", html)))
    return _Mail(address, template["subject"], text, html)


def _link(project: Project, token: OneTimeToken, verification: str, redirect_to: str) -> str:
    query = urlencode({"token": token.token_hash, "type": verification, "redirect_to": redirect_to})
    return f"{project.address}/auth/v1/verify?{query}"


def _store(project: Project, conn: Connection, mail: _Mail) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, mail.address, mail.subject
    message["Date"] = format_datetime(conn.now)
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    outbox.keep(project.outbox, mail.address, bytes(message))
