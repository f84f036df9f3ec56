"""A Supabase project as a verifier sees it: keys behind an address, and tokens signed with them."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from oneai.clients import supabase_auth
from tests.served import served

ASHA = "0a5ea5a0-0000-4000-8000-000000000001"


@dataclass(frozen=True)
class SigningKey:
    """One key of a project, under its id."""

    kid: str
    algorithm: str
    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

    @classmethod
    def elliptic(cls, kid: str) -> "SigningKey":
        return cls(kid, "ES256", ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def rsa(cls, kid: str) -> "SigningKey":
        return cls(kid, "RS256", rsa.generate_private_key(65537, 2048))

    def public(self) -> dict[str, Any]:
        """As a JWKS lists it."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            public = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        else:
            public = ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**public, "kid": self.kid, "alg": self.algorithm, "use": "sig"}


@dataclass
class Project:
    """What the JWKS address answers, and how often it was asked."""

    url: str = ""
    listed: list[Any] = field(default_factory=list)
    body: bytes | None = None
    status: int = 200
    pause: float = 0
    asked: int = 0
    asking: asyncio.Event = field(default_factory=asyncio.Event)
    apikeys: list[str | None] = field(default_factory=list)

    @property
    def jwks_url(self) -> str:
        return f"{self.url}/auth/v1/.well-known/jwks.json"

    def lists(self, *keys: SigningKey) -> None:
        """From now on these are the project's keys."""
        self.listed = [key.public() for key in keys]

    def claims(self, **overrides: Any) -> dict[str, Any]:
        """What a current token says; None leaves a claim out."""
        now = int(time.time())
        claims = {
            "iss": f"{self.url}/auth/v1",
            "sub": ASHA,
            "aud": "authenticated",
            "exp": now + 3600,
            "iat": now,
            "email": "asha@example.com",
            "phone": "",
            "app_metadata": {"provider": "email", "providers": ["email"]},
            "user_metadata": {},
            "role": "authenticated",
            "aal": "aal1",
            "session_id": "5e551011-0000-4000-8000-000000000001",
            "is_anonymous": False,
            **overrides,
        }
        return {name: claim for name, claim in claims.items() if claim is not None}

    def token(self, key: SigningKey, **overrides: Any) -> str:
        """A token signed with `key`."""
        return jwt.encode(self.claims(**overrides), key.private, key.algorithm, headers={"kid": key.kid})

    async def jwks(self, request: Request) -> Response:
        self.asked += 1
        self.asking.set()
        self.apikeys.append(request.headers.get("apikey"))
        await asyncio.sleep(self.pause)
        body = json.dumps({"keys": self.listed}).encode() if self.body is None else self.body
        return Response(body, self.status, media_type="application/json")


@asynccontextmanager
async def a_project(*keys: SigningKey) -> AsyncIterator[Project]:
    """A project that lists `keys`, on a socket of its own; another one may have had its address before."""
    supabase_auth.reset_cache()
    project = Project()
    project.lists(*keys)

    def make(address: str) -> Starlette:
        project.url = address
        return Starlette(routes=[Route("/auth/v1/.well-known/jwks.json", project.jwks)])

    async with served(make):
        yield project
