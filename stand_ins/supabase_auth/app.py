"""GoTrue's routes, in the order in which a user needs them."""

import os
from pathlib import Path

import psycopg
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stand_ins.supabase_auth import admin, authorize, factors, passkeys, passwordless, user, verify
from stand_ins.supabase_auth.config import CONFIG
from stand_ins.supabase_auth.grants import token
from stand_ins.supabase_auth.project import Project, project_of
from stand_ins.supabase_auth.provider_accounts import PROVIDERS
from stand_ins.supabase_auth.refusals import VERSION_HEADER, Refusal, database_failed, no_route, render
from stand_ins.supabase_auth.secret_key import LOCAL_SECRET_KEY
from stand_ins.supabase_auth.sign_up import sign_up
from stand_ins.supabase_auth.signer import Signer


def create(database_url: str, data_folder: Path, base_url: str) -> Starlette:
    """The app to mount at `/auth/v1`; its `state.project` is the project.

    `database_url` is for a role that may write `auth.*` (`supabase_auth_admin`); the signing key and the outbox are in
    `data_folder`; tokens name `base_url` + `/auth/v1` as their issuer. `ONEAI_CONFIRM_EMAIL=1` turns confirmation on,
    `SITE_URL` is the app's address, `SUPABASE_SECRET_KEY` opens the admin routes.
    """
    app = Starlette(
        routes=_routes(),
        # Pages of other origins may sign in here, as on Supabase.
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=["*"],
                allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
                allow_headers=["*"],
                expose_headers=["link", "x-total-count", "x-sb-error-code", VERSION_HEADER],
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
        secret_key=os.environ.get("SUPABASE_SECRET_KEY") or LOCAL_SECRET_KEY,
    )
    return app


def _routes() -> list[Route]:
    return [
        Route("/signup", sign_up, methods=["POST"]),
        Route("/resend", passwordless.resend, methods=["POST"]),
        Route("/verify", verify.follow_link, methods=["GET"]),
        Route("/verify", verify.verify, methods=["POST"]),
        Route("/authorize", authorize.authorize, methods=["GET"]),
        Route("/callback", authorize.callback, methods=["GET", "POST"]),
        Route("/otp", passwordless.magic_link, methods=["POST"]),
        Route("/magiclink", passwordless.magic_link, methods=["POST"]),
        Route("/recover", passwordless.recover, methods=["POST"]),
        Route("/token", token, methods=["POST"]),
        Route("/user", user.get_user, methods=["GET"]),
        Route("/user", user.update_user, methods=["PUT"]),
        Route("/reauthenticate", user.reauthenticate, methods=["GET"]),
        Route("/logout", user.log_out, methods=["POST"]),
        Route("/factors", factors.enroll, methods=["POST"]),
        Route("/factors/{factor_id}/challenge", factors.challenge, methods=["POST"]),
        Route("/factors/{factor_id}/verify", factors.verify, methods=["POST"]),
        Route("/factors/{factor_id}", factors.unenroll, methods=["DELETE"]),
        Route("/passkeys/authentication/options", passkeys.sign_in_options, methods=["POST"]),
        Route("/passkeys/authentication/verify", passkeys.verify_sign_in, methods=["POST"]),
        Route("/passkeys/registration/options", passkeys.registration_options, methods=["POST"]),
        Route("/passkeys/registration/verify", passkeys.verify_registration, methods=["POST"]),
        Route("/passkeys", passkeys.list_passkeys, methods=["GET"]),
        Route("/passkeys/{passkey_id}", passkeys.rename, methods=["PATCH"]),
        Route("/passkeys/{passkey_id}", passkeys.delete, methods=["DELETE"]),
        Route("/admin/users", admin.list_users, methods=["GET"]),
        Route("/admin/users", admin.create_user, methods=["POST"]),
        Route("/admin/users/{id}", admin.get_user, methods=["GET"]),
        Route("/admin/users/{id}", admin.update_user, methods=["PUT"]),
        Route("/admin/users/{id}", admin.delete_user, methods=["DELETE"]),
        Route("/admin/users/{id}/factors", factors.list_factors, methods=["GET"]),
        Route("/admin/users/{id}/factors/{factor_id}", factors.delete_factor, methods=["DELETE"]),
        Route("/admin/users/{id}/passkeys", passkeys.list_for_admin, methods=["GET"]),
        Route("/admin/users/{id}/passkeys/{passkey_id}", passkeys.delete_for_admin, methods=["DELETE"]),
        Route("/.well-known/jwks.json", keys, methods=["GET"]),
        Route("/settings", settings, methods=["GET"]),
        Route("/health", health, methods=["GET"]),
    ]


async def keys(request: Request) -> Response:
    """`GET /.well-known/jwks.json`."""
    return JSONResponse(project_of(request).signer.jwks(), headers={"cache-control": "public, max-age=600"})


async def settings(request: Request) -> Response:
    """`GET /settings`: what this project allows."""
    enabled = dict.fromkeys(PROVIDERS, True)
    return JSONResponse(
        {
            "external": {"email": True, "phone": False, "anonymous_users": False, **enabled},
            "disable_signup": False,
            "mailer_autoconfirm": not project_of(request).confirm_email,
            "phone_autoconfirm": False,
            "sms_provider": "",
            "saml_enabled": False,
            "passkeys_enabled": CONFIG["auth"]["passkey"]["enabled"],
        }
    )


async def health(_request: Request) -> Response:
    """`GET /health`, with the name that clients check."""
    description = "GoTrue is a user registration and authentication API"
    return JSONResponse({"version": "local", "name": "GoTrue", "description": description})
