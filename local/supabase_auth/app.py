"""GoTrue's routes for password sign-in, in the order a person meets them."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import psycopg
from psycopg import AsyncConnection
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.supabase_auth import people, sessions
from local.supabase_auth.people import Person
from local.supabase_auth.refusals import VERSION_HEADER, Refusal, database_failed, render
from local.supabase_auth.sessions import Session
from local.supabase_auth.signer import LIFETIME, Signer


@dataclass(frozen=True)
class House:
    """What every route needs."""

    database_url: str
    signer: Signer
    confirm_email: bool


def create(database_url: str, data_folder: Path, base_url: str) -> Starlette:
    """The app to mount at `/auth/v1`.

    `database_url` is of a role that may write `auth.*` (`supabase_auth_admin`); the signing key is kept in
    `data_folder`; tokens name `base_url` + `/auth/v1` as their issuer. `ONEAI_CONFIRM_EMAIL=1` turns confirmation on.
    """
    app = Starlette(
        routes=[
            Route("/signup", sign_up, methods=["POST"]),
            Route("/token", token, methods=["POST"]),
            Route("/user", user, methods=["GET"]),
            Route("/logout", log_out, methods=["POST"]),
            Route("/.well-known/jwks.json", keys, methods=["GET"]),
            Route("/settings", settings, methods=["GET"]),
            Route("/health", health, methods=["GET"]),
        ],
        # A web page of another origin signs in here, as it may on Supabase.
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=["*"],
                allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
                allow_headers=["*"],
                expose_headers=["x-sb-error-code", VERSION_HEADER],
            )
        ],
        exception_handlers={Refusal: render, psycopg.Error: database_failed},
    )
    confirm = os.environ.get("ONEAI_CONFIRM_EMAIL", "").lower() in ("1", "true", "yes")
    app.state.house = House(database_url, Signer.load(data_folder, base_url), confirm)
    return app


async def sign_up(request: Request) -> Response:
    """`POST /signup`: a session at once, or a person without tokens where addresses are confirmed first."""
    house, body = _house(request), await _body(request)
    email, password = _text(body, "email"), _text(body, "password")
    data = body.get("data") or {}
    if not isinstance(data, dict):
        raise _bad_json()
    if not email:
        if _text(body, "phone"):
            raise Refusal(400, "phone_provider_disabled", "Phone signups are disabled")
        raise Refusal(422, "anonymous_provider_disabled", "Anonymous sign-ins are disabled")
    async with await _connect(house) as conn:
        try:
            user_id = await people.sign_up(conn, email, password, data, confirmed=not house.confirm_email)
        except Refusal as refusal:
            if refusal.code != "user_already_exists" or not house.confirm_email:
                raise
            await conn.rollback()
            return JSONResponse(await _signed_up_again(conn, email, data))
        if house.confirm_email:
            return JSONResponse(await people.shown(conn, await _person(conn, user_id)))
        return JSONResponse(await _granted(house, conn, await sessions.begin(conn, user_id)))


async def token(request: Request) -> Response:
    """`POST /token?grant_type=password|refresh_token`: a session."""
    house, grant = _house(request), request.query_params.get("grant_type")
    if grant not in ("password", "refresh_token"):
        raise Refusal(400, "invalid_credentials", "unsupported_grant_type")
    body = await _body(request)
    async with await _connect(house) as conn:
        if grant == "refresh_token":
            session = await sessions.refresh(conn, _text(body, "refresh_token"))
        else:
            email = _text(body, "email")
            if not email:
                raise Refusal(400, "validation_failed", "missing email or phone")
            person = await people.with_password(conn, email, _text(body, "password"))
            session = await sessions.begin(conn, person.id)
        return JSONResponse(await _granted(house, conn, session))


async def user(request: Request) -> Response:
    """`GET /user`: who the bearer is, as long as their session was not signed out."""
    async with await _connect(_house(request)) as conn:
        person, _ = await _bearer(request, conn)
        return JSONResponse(await people.shown(conn, person))


async def log_out(request: Request) -> Response:
    """`POST /logout?scope=global|local|others`."""
    async with await _connect(_house(request)) as conn:
        person, session_id = await _bearer(request, conn)
        match request.query_params.get("scope", "") or "global":
            case "global" | "local" | "others" as scope:
                await sessions.end(conn, person.id, session_id, scope)
            case unknown:
                raise Refusal(400, "validation_failed", f'Unsupported logout scope "{unknown}"')
    return Response(status_code=204)


async def keys(request: Request) -> Response:
    """`GET /.well-known/jwks.json`."""
    return JSONResponse(_house(request).signer.jwks(), headers={"cache-control": "public, max-age=600"})


async def settings(request: Request) -> Response:
    """`GET /settings`: what this project lets people do."""
    return JSONResponse(
        {
            "external": {"email": True, "phone": False, "anonymous_users": False},
            "disable_signup": False,
            "mailer_autoconfirm": not _house(request).confirm_email,
            "phone_autoconfirm": False,
            "sms_provider": "",
            "saml_enabled": False,
        }
    )


async def health(_request: Request) -> Response:
    """`GET /health`, with the name clients look for."""
    description = "GoTrue is a user registration and authentication API"
    return JSONResponse({"version": "local", "name": "GoTrue", "description": description})


async def _bearer(request: Request, conn: AsyncConnection) -> tuple[Person, UUID | None]:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given.strip():
        raise Refusal(401, "no_authorization", "This endpoint requires a valid Bearer token")
    try:
        claims = _house(request).signer.claims(given.strip())
        user_id = UUID(claims["sub"])
        session_id = UUID(claims["session_id"]) if claims.get("session_id") else None
    except (jwt.PyJWTError, KeyError, TypeError, ValueError, AttributeError) as error:
        reason = "token is expired" if isinstance(error, jwt.ExpiredSignatureError) else "token is invalid"
        message = f"invalid JWT: unable to parse or verify signature, {reason}"
        raise Refusal(403, "bad_jwt", message) from None
    person = await people.by_id(conn, user_id)
    if person is None:
        raise Refusal(403, "user_not_found", "User from sub claim in JWT does not exist")
    if session_id is not None and not await sessions.exists(conn, session_id):
        raise Refusal(403, "session_not_found", "Session from session_id claim in JWT does not exist")
    return person, session_id


async def _granted(house: House, conn: AsyncConnection, session: Session) -> dict[str, Any]:
    person = await _person(conn, session.user_id)
    access_token = house.signer.token(
        person.id,
        person.email,
        session_id=str(session.id),
        amr=[{"method": "password", "timestamp": int(session.created_at.timestamp())}],
        app_metadata=person.raw_app_meta_data or {},
        user_metadata=person.raw_user_meta_data or {},
        is_anonymous=person.is_anonymous,
    )
    return {
        "access_token": access_token,
        "token_type": "bearer",
        "expires_in": LIFETIME,
        "expires_at": house.signer.claims(access_token)["exp"],
        "refresh_token": session.refresh_token,
        "user": await people.shown(conn, person),
    }


async def _signed_up_again(conn: AsyncConnection, email: str, data: dict[str, Any]) -> dict[str, Any]:
    person = await people.by_email(conn, email)
    if person is None or person.confirmed_at is not None:
        return people.pretended(email, data)
    return await people.shown(conn, person)


async def _person(conn: AsyncConnection, id: UUID) -> Person:
    person = await people.by_id(conn, id)
    if person is None:
        raise Refusal(400, "user_not_found", "User not found")
    return person


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body() or b"{}")
    except (ValueError, RecursionError):
        raise _bad_json() from None
    if not isinstance(body, dict):
        raise _bad_json()
    return body


def _text(body: dict[str, Any], field: str) -> str:
    value = body.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _bad_json()
    # Half a surrogate pair is legal JSON and no text.
    return value.encode(errors="replace").decode()


def _bad_json() -> Refusal:
    return Refusal(400, "bad_json", "Could not parse request body as JSON")


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


async def _connect(house: House) -> AsyncConnection:
    # One connection per request: sign-ins are rare, and nothing is left open when Postgres restarts.
    return await AsyncConnection.connect(house.database_url, connect_timeout=3)
