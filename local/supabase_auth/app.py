"""GoTrue's routes for password sign-in, in the order in which a user needs them."""

import os
from pathlib import Path
from uuid import UUID

import jwt
import psycopg
from psycopg import AsyncConnection
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.supabase_auth import confirmation, people, sessions
from local.supabase_auth.people import Person
from local.supabase_auth.project import Project, bad_json, existing_person, granted, json_body, project_of, text
from local.supabase_auth.refusals import VERSION_HEADER, Refusal, database_failed, no_route, render
from local.supabase_auth.signer import Signer


def create(database_url: str, data_folder: Path, base_url: str) -> Starlette:
    """The app to mount at `/auth/v1`; its `state.project` is the project.

    `database_url` is for a role that may write `auth.*` (`supabase_auth_admin`); the signing key and the outbox are in
    `data_folder`; tokens name `base_url` + `/auth/v1` as their issuer. `ONEAI_CONFIRM_EMAIL=1` turns confirmation on,
    `SITE_URL` is the app's address.
    """
    app = Starlette(
        routes=[
            Route("/signup", sign_up, methods=["POST"]),
            Route("/resend", confirmation.resend, methods=["POST"]),
            Route("/verify", confirmation.follow_link, methods=["GET"]),
            Route("/verify", confirmation.verify, methods=["POST"]),
            Route("/token", token, methods=["POST"]),
            Route("/user", user, methods=["GET"]),
            Route("/logout", log_out, methods=["POST"]),
            Route("/.well-known/jwks.json", keys, methods=["GET"]),
            Route("/settings", settings, methods=["GET"]),
            Route("/health", health, methods=["GET"]),
        ],
        # Pages of other origins may sign in here, as on Supabase.
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=["*"],
                allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
                allow_headers=["*"],
                expose_headers=["x-sb-error-code", VERSION_HEADER],
            )
        ],
        exception_handlers={Refusal: render, psycopg.Error: database_failed, HTTPException: no_route},
    )
    app.state.project = Project(
        database_url=database_url,
        signer=Signer.load(data_folder, base_url),
        address=base_url,
        site_url=os.environ.get("SITE_URL") or base_url,
        confirm_email=os.environ.get("ONEAI_CONFIRM_EMAIL", "").lower() in ("1", "true", "yes"),
        outbox=data_folder / "outbox",
    )
    return app


async def sign_up(request: Request) -> Response:
    """`POST /signup`: a session at once; with confirmation on, a user without tokens, and a mail."""
    project, body = project_of(request), await json_body(request)
    email, password = text(body, "email"), text(body, "password")
    data = body.get("data") or {}
    if not isinstance(data, dict):
        raise bad_json()
    if not email:
        if text(body, "phone"):
            raise Refusal(400, "phone_provider_disabled", "Phone signups are disabled")
        raise Refusal(422, "anonymous_provider_disabled", "Anonymous sign-ins are disabled")
    async with await project.connect() as conn:
        try:
            user_id = await people.sign_up(conn, email, password, data, confirmed=not project.confirm_email)
        except Refusal as refusal:
            if refusal.code != "user_already_exists" or not project.confirm_email:
                raise
            await conn.rollback()
            earlier = await people.by_email(conn, email)
            if earlier is None or earlier.confirmed_at is not None:
                return JSONResponse(people.pretended(email, data))
            user_id = earlier.id
        if not project.confirm_email:
            return JSONResponse(await granted(project, conn, await sessions.begin(conn, user_id), "password"))
        await confirmation.send(project, conn, await existing_person(conn, user_id), confirmation.where_to(request))
        return JSONResponse(await people.shown(conn, await existing_person(conn, user_id)))


async def token(request: Request) -> Response:
    """`POST /token?grant_type=password|refresh_token`: a session."""
    project, grant = project_of(request), request.query_params.get("grant_type")
    if grant not in ("password", "refresh_token"):
        raise Refusal(400, "invalid_credentials", "unsupported_grant_type")
    body = await json_body(request)
    async with await project.connect() as conn:
        if grant == "refresh_token":
            session = await sessions.refresh(conn, text(body, "refresh_token"))
        else:
            email = text(body, "email")
            if not email:
                raise Refusal(400, "validation_failed", "missing email or phone")
            person = await people.with_password(conn, email, text(body, "password"))
            session = await sessions.begin(conn, person.id)
        return JSONResponse(await granted(project, conn, session, "password"))


async def user(request: Request) -> Response:
    """`GET /user`: the token's user, unless their session was signed out."""
    async with await project_of(request).connect() as conn:
        person, _ = await _bearer(request, conn)
        return JSONResponse(await people.shown(conn, person))


async def log_out(request: Request) -> Response:
    """`POST /logout?scope=global|local|others`."""
    async with await project_of(request).connect() as conn:
        person, session_id = await _bearer(request, conn)
        match request.query_params.get("scope", "") or "global":
            case "global" | "local" | "others" as scope:
                await sessions.end(conn, person.id, session_id, scope)
            case unknown:
                raise Refusal(400, "validation_failed", f'Unsupported logout scope "{unknown}"')
    return Response(status_code=204)


async def keys(request: Request) -> Response:
    """`GET /.well-known/jwks.json`."""
    return JSONResponse(project_of(request).signer.jwks(), headers={"cache-control": "public, max-age=600"})


async def settings(request: Request) -> Response:
    """`GET /settings`: what this project allows."""
    return JSONResponse(
        {
            "external": {"email": True, "phone": False, "anonymous_users": False},
            "disable_signup": False,
            "mailer_autoconfirm": not project_of(request).confirm_email,
            "phone_autoconfirm": False,
            "sms_provider": "",
            "saml_enabled": False,
        }
    )


async def health(_request: Request) -> Response:
    """`GET /health`, with the name that clients check."""
    description = "GoTrue is a user registration and authentication API"
    return JSONResponse({"version": "local", "name": "GoTrue", "description": description})


async def _bearer(request: Request, conn: AsyncConnection) -> tuple[Person, UUID | None]:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given.strip():
        raise Refusal(401, "no_authorization", "This endpoint requires a valid Bearer token")
    try:
        claims = project_of(request).signer.claims(given.strip())
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
