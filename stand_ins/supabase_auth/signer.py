"""Signs access tokens with the stack's own key, stored in the data folder so that tokens survive a restart."""

import contextlib
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

LIFETIME = 3600  # seconds, Supabase's default
KEY_FILE = "jwt-signing-key.pem"
LOCAL = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Signer:
    """An ES256 key and the issuer its tokens name."""

    key: ec.EllipticCurvePrivateKey
    issuer: str
    kid: str

    @classmethod
    def load(cls, folder: Path, base_url: str = LOCAL) -> "Signer":
        """The folder's key, created on first use; the issuer is `base_url` + `/auth/v1`."""
        key = serialization.load_pem_private_key(_pem(folder / KEY_FILE), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{KEY_FILE} is not an EC key; remove it to have a new one made")
        public = key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return cls(key, base_url.rstrip("/") + "/auth/v1", str(uuid5(NAMESPACE_OID, public.hex())))

    def token(self, user_id: UUID | str, email: str | None, **overrides: Any) -> str:
        """An access token as Supabase makes it; an override replaces a claim, None leaves it out."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": str(user_id),
            "aud": "authenticated",
            "exp": now + LIFETIME,
            "iat": now,
            "email": email or "",
            "phone": "",
            "app_metadata": {"provider": "email", "providers": ["email"]},
            "user_metadata": {},
            "role": "authenticated",
            "aal": "aal1",
            "amr": [{"method": "password", "timestamp": now}],
            "session_id": str(uuid4()),
            "is_anonymous": False,
            **overrides,
        }
        claims = {name: claim for name, claim in claims.items() if claim is not None}
        return jwt.encode(claims, self.key, algorithm="ES256", headers={"kid": self.kid})

    def claims(self, token: str) -> dict[str, Any]:
        """The claims of a token of ours; raises jwt.PyJWTError for any other, and for an expired one."""
        public = self.key.public_key()
        return jwt.decode(token, public, algorithms=["ES256"], audience="authenticated", issuer=self.issuer)

    def jwks(self) -> dict[str, Any]:
        """The public key, as `/.well-known/jwks.json` lists it."""
        public = ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**public, "alg": "ES256", "ext": True, "key_ops": ["verify"], "kid": self.kid, "use": "sig"}]}


def _pem(path: Path) -> bytes:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        # Written completely before it is linked, not renamed: if two stacks start at once, both use the same key.
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_bytes()
