"""Routes for signing in through one address, and for sessions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from oneai import settings
from oneai.accounts import sessions, sign_in, token_verification
from oneai.accounts.profile import Profile, get_profile
from oneai.accounts.sessions import SessionList, SignOut
from oneai.accounts.sign_in import CodeExchange, Refresh, Tokens
from oneai.accounts.token_verification import TokenVerification
from oneai.http.authenticate import ip_text
from oneai.http.fastapi_app import SIGN_IN, PersonalUser, UserLeaving
from oneai.settings import SettingsError

router = APIRouter(tags=["Sign-in"])

# An authorization code, or an error's description.
Passed = Annotated[str | None, Query(max_length=1000, description="Passed on unchanged.")]


# The default for a request without a body.
THIS_SESSION = SignOut()


@dataclass(frozen=True)
class SiteSettings:
    """`site_url` is the frontend's address."""

    site_url: str = ""


class TokenToVerify(BaseModel):
    """The body of `POST /api/auth/verify`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    token: str = Field(min_length=1, max_length=16_000, description="An access token, or an API key.")


class CurrentSession(BaseModel):
    """The signed-in user, and when the token expires."""

    user: Profile = Field(description="The owner of the access token.")
    session_id: UUID | None = Field(description="The session, as in `GET /api/auth/sessions`.")
    expires_at: datetime = Field(description="When the access token expires; refresh it before.")


@router.get(
    "/auth/callback",
    summary="Pass a sign-in's result on to the site",
    status_code=302,
    response_class=RedirectResponse,
    responses={302: {"description": "To the site's `/auth/callback`."}},
)
async def pass_callback_on(
    code: Passed = None, error: Passed = None, error_code: Passed = None, error_description: Passed = None
) -> Response:
    """Redirects to the site's `/auth/callback` with these parameters and no others. It exchanges nothing, because only
    the page that started the sign-in has the verifier."""
    passed = {"code": code, "error": error, "error_code": error_code, "error_description": error_description}
    query = urlencode({name: value for name, value in passed.items() if value is not None})
    address = f"{_site_address()}/auth/callback"
    return RedirectResponse(f"{address}?{query}" if query else address, 302, {"referrer-policy": "no-referrer"})


@router.post("/auth/callback", dependencies=[SIGN_IN], summary="Exchange a code for tokens")
async def exchange_code(exchange: CodeExchange) -> Tokens:
    """Completes a sign-in with PKCE, and creates the user's profile. A code is valid once, for five minutes."""
    return await sign_in.exchange_code(exchange)


@router.get("/auth/session", summary="Get the current session")
async def get_session(user: PersonalUser) -> CurrentSession:
    """Returns your profile and when your access token expires."""
    profile = await get_profile(user)
    return CurrentSession(user=profile, session_id=sign_in.session_of(user), expires_at=sign_in.expiry_of(user))


@router.post("/auth/session", dependencies=[SIGN_IN], summary="Refresh the session")
async def refresh_session(body: Refresh) -> Tokens:
    """Returns new tokens for a refresh token, which is valid once."""
    return await sign_in.refresh(body.refresh_token)


@router.post("/auth/verify", dependencies=[SIGN_IN], summary="Verify a token or an API key")
async def verify_token(body: TokenToVerify, request: Request) -> TokenVerification:
    """Returns whether an access token or API key would be accepted now from your address, and what it permits."""
    address = request.client.host if request.client else None
    return await token_verification.verify(body.token, ip_text(address))


@router.post("/auth/sign-out", summary="Sign out", status_code=204)
async def sign_out(user: UserLeaving, request: Request, body: SignOut = THIS_SESSION) -> None:
    """Ends this session, or all of your sessions, immediately. Their access tokens are no longer accepted."""
    token = request.headers["authorization"].strip().partition(" ")[2].strip()
    await sessions.sign_out(user, token, body.scope)


@router.get("/auth/sessions", summary="List sessions")
async def list_sessions(user: PersonalUser) -> SessionList:
    """Lists where you are signed in."""
    return await sessions.list_sessions(user)


@router.delete("/auth/sessions/{id}", summary="End a session", status_code=204)
async def end_session(user: PersonalUser, id: Annotated[UUID, Path(description="The session's id.")]) -> None:
    """Ends one of your sessions immediately."""
    await sessions.end_session(user, id)


def _site_address() -> str:
    """The site's address without a slash at its end. Raises SettingsError where it is not set."""
    address = settings.read(SiteSettings).site_url.rstrip("/")
    if not address:
        raise SettingsError("The setting SITE_URL is missing.")
    return address
