"""The client for Supabase Auth's API (GoTrue): exchanging a code, refreshing, and signing out.

Refusals are distinguished by `error_code`, never by the words of `msg`, and Supabase's texts are never passed on. All
requests come from our address, so Supabase's rate limit applies to all users together.
"""

from typing import TYPE_CHECKING, Any, Literal

from oneai import log, request_stages, settings
from oneai.clients.supabase_auth import AuthSettings
from oneai.errors import (
    AccountSuspended,
    Busy,
    EmailNotConfirmed,
    InvalidRequest,
    OneAIError,
    RateLimited,
    Unauthenticated,
)
from oneai.field_errors import invalid

if TYPE_CHECKING:
    import httpx

# Seconds. Users wait for a sign-in, but API Gateway does not wait for us that long.
TIMEOUT = 10
RETRY_AFTER = 2
RATE_RETRY_AFTER = 60
# Errors of the access token: its user, session or signature key no longer exists, so there is nothing to sign out.
SIGNED_OUT = ("session_not_found", "session_expired", "user_not_found", "bad_jwt")
# Errors of a refresh token.
SESSION_ENDED = (
    *("refresh_token_not_found", "refresh_token_already_used", "session_not_found", "session_expired"),
    *("user_not_found", "conflict"),
)

type LogoutScope = Literal["local", "global"]


async def exchange_code(code: str, code_verifier: str) -> dict[str, Any]:
    """Returns the token response for the code of a PKCE sign-in. A code is valid once, for five minutes.

    Raises InvalidRequest with the invalid field, AccountSuspended for a banned user, EmailNotConfirmed, RateLimited,
    and Busy while Supabase is unavailable.
    """
    return await _token("pkce", {"auth_code": code, "code_verifier": code_verifier})


async def refresh(refresh_token: str) -> dict[str, Any]:
    """Returns the token response for a refresh token, which is valid once.

    Raises Unauthenticated if the session has ended or the token was used before, AccountSuspended for a banned user,
    RateLimited, and Busy while Supabase is unavailable.
    """
    return await _token("refresh_token", {"refresh_token": refresh_token})


async def log_out(access_token: str, scope: LogoutScope) -> None:
    """Stops refreshes of this session, or with `global` of every session of the user. Raises RateLimited and Busy."""
    response = await _post("/logout", {"scope": scope}, None, {"authorization": f"Bearer {access_token}"})
    if response.is_success or _error_code(response) in SIGNED_OUT:
        return
    raise _to_error(response)


async def _token(grant_type: str, body: dict[str, str]) -> dict[str, Any]:
    response = await _post("/token", {"grant_type": grant_type}, body, {})
    if not response.is_success:
        if grant_type == "refresh_token" and _is_refused_without_code(response):
            raise _session_ended()
        raise _to_error(response)
    tokens = _json(response)
    if not isinstance(tokens.get("access_token"), str):
        log.error("Supabase's token response has no access token", grant_type=grant_type)
        raise Busy(retry_after=RETRY_AFTER)
    return tokens


async def _post(
    path: str, query: dict[str, str], body: dict[str, str] | None, headers: dict[str, str]
) -> "httpx.Response":
    import httpx

    project = settings.read(AuthSettings)
    if project.supabase_publishable_key:
        headers = {**headers, "apikey": project.supabase_publishable_key}
    try:
        # Redirects are not followed: tokens and codes are only sent to the project's own address.
        with request_stages.stage("supabase_auth"):
            async with httpx.AsyncClient(timeout=TIMEOUT) as client:
                return await client.post(f"{project.issuer}{path}", params=query, json=body, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        log.warning("Supabase Auth could not be reached", path=path, reason=type(error).__name__)
        raise Busy(retry_after=RETRY_AFTER) from None


def _to_error(response: "httpx.Response") -> OneAIError:
    """Our error for a refusal of Supabase."""
    code = _error_code(response)
    if response.status_code == 429:
        wait = response.headers.get("retry-after", "")
        return RateLimited(retry_after=int(wait) if wait.isascii() and wait.isdigit() else RATE_RETRY_AFTER)
    if code in ("flow_state_not_found", "flow_state_expired"):
        return invalid(
            "code", "used_or_expired", "This sign-in was already completed or took too long. Please start again."
        )
    if code == "bad_code_verifier":
        return invalid(
            "code_verifier", "wrong_verifier", "This sign-in was started in another browser. Please start again here."
        )
    if code in SESSION_ENDED:
        return _session_ended()
    if code == "user_banned":
        return AccountSuspended()
    if code in ("email_not_confirmed", "provider_email_needs_verification"):
        return EmailNotConfirmed()
    log.warning("Supabase Auth refused a request", status=response.status_code, error_code=code)
    if response.status_code >= 500 or response.status_code in (401, 404):
        return Busy(retry_after=RETRY_AFTER)
    return InvalidRequest("The sign-in was refused. Please start again.")


def _session_ended() -> Unauthenticated:
    return Unauthenticated("Your session has ended. Please sign in again.", reason="session_ended")


def _is_refused_without_code(response: "httpx.Response") -> bool:
    """Whether an older Supabase Auth, which has no codes, refused the token: its answer has `msg`, or in still older
    versions the error of OAuth (RFC 6749, section 5.2). Refusals in another form may come from a proxy."""
    body = _json(response)
    says_so = isinstance(body.get("msg"), str) or body.get("error") == "invalid_grant"
    return response.status_code in (400, 401) and not _error_code(response) and says_so


def _error_code(response: "httpx.Response") -> str:
    """The error code: from the header in every version of Supabase's API, or from the body in one of two forms."""
    body = _json(response)
    code = response.headers.get("x-sb-error-code") or body.get("error_code") or body.get("code")
    return code if isinstance(code, str) else ""


def _json(response: "httpx.Response") -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
