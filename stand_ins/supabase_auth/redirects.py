"""Addresses that a browser is sent to: which are allowed, and how a code, a session or an error is added to one."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.requests import Request

from stand_ins.supabase_auth.project import Project, project_of
from stand_ins.supabase_auth.refusals import OAuthRefusal, Refusal

# Browsers read a backslash as a slash and drop control characters, so they could see another host in it.
_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f\\]")

# OAuth's names of HTTP statuses (RFC 6749, section 4.1.2.1).
_OAUTH_ERRORS = {
    400: "invalid_request",
    401: "unauthorized_client",
    403: "access_denied",
    500: "server_error",
    503: "temporarily_unavailable",
}
_DENIED = ("signup_disabled", "user_banned", "provider_email_needs_verification")


def redirect_target(request: Request) -> str:
    """The final address of the browser: the request's `redirect_to` if that is allowed, else the site."""
    project = project_of(request)
    redirect_to = request.query_params.get("redirect_to") or request.headers.get("redirect_to") or ""
    return redirect_to.partition("#")[0] if is_allowed(project, redirect_to) else project.site_url


def is_allowed(project: Project, redirect_to: str) -> bool:
    """Whether it is the site, the stack, or any port of this machine, where a frontend's own server may be."""
    if not redirect_to or _AMBIGUOUS.search(redirect_to):
        return False
    try:
        url = urlsplit(redirect_to)
        is_local = url.scheme in ("http", "https") and url.hostname in ("localhost", "127.0.0.1", "::1")
    except ValueError:
        return False
    return is_local or url[:2] in {urlsplit(project.site_url)[:2], urlsplit(project.address)[:2]}


def with_query(address: str, fields: Mapping[str, str]) -> str:
    """The address with `fields` in its query, in place of those of the same names."""
    url = urlsplit(address)
    others = [(name, value) for name, value in parse_qsl(url.query, keep_blank_values=True) if name not in fields]
    query = [*others, *fields.items()]
    return urlunsplit(url._replace(query=urlencode(query)))


def with_fragment(address: str, fields: Mapping[str, object]) -> str:
    """The address with `fields` as its fragment."""
    return f"{address.partition('#')[0]}#{urlencode(fields)}"


def with_error(address: str, refusal: Refusal, *, in_query: bool) -> str:
    """The address with the error in its fragment, and with `in_query` in its query too.

    An empty `sb` in the fragment says that it comes from Supabase Auth.
    """
    if isinstance(refusal, OAuthRefusal):
        fields = {"error": refusal.code, "error_description": refusal.message}
    else:
        denied = refusal.code in _DENIED
        fields = {
            "error": "access_denied" if denied else _OAUTH_ERRORS.get(refusal.status, "server_error"),
            "error_code": refusal.code,
            "error_description": refusal.message,
        }
    return with_fragment(with_query(address, fields) if in_query else address, {**fields, "sb": ""})
