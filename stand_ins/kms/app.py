"""`GenerateDataKey` and `Decrypt` of KMS's JSON protocol, and a control for faults."""

import base64
import binascii
import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

KEY_ARN = "arn:aws:kms:local:000000000000:key/00000000-0000-4000-8000-000000000001"
# The faults it can be set to: the state of the key, or of KMS.
DISABLED, AWAY, THROTTLED = "disabled", "away", "throttled"
_FAULTS = {
    DISABLED: (400, "DisabledException"),
    AWAY: (500, "KMSInternalException"),
    THROTTLED: (400, "ThrottlingException"),
}
_NONCE_BYTES = 12
# Of the one key that wraps. Local data keys are no secret from the developer whose files they are in.
_MASTER_KEY = b"the local stack's master key 32b"


def settings_of(address: str) -> dict[str, str]:
    """The environment of a program whose KMS is mounted at `address`."""
    return {"PROVIDER_KEYS_KMS_KEY": KEY_ARN, "KMS_ENDPOINT_URL": f"{address}/api"}


def create() -> Starlette:
    """The app. `POST /trouble {"trouble": "disabled"}` sets a fault, null ends it; `GET /trouble` counts requests."""
    handlers = _Handlers()
    return Starlette(
        routes=[
            Route("/api", handlers.answer, methods=["POST"]),
            Route("/api/", handlers.answer, methods=["POST"]),
            Route("/trouble", handlers.fault, methods=["GET", "POST"]),
        ]
    )


class _Handlers:
    def __init__(self) -> None:
        self.fault_name: str | None = None
        self.requests: dict[str, int] = {}

    async def answer(self, request: Request) -> Response:
        """One request, named by its header."""
        operation = request.headers.get("x-amz-target", "").removeprefix("TrentService.")
        self.requests[operation] = self.requests.get(operation, 0) + 1
        if self.fault_name is not None:
            return _refusal(*_FAULTS[self.fault_name])
        sent = await request.json()
        context = json.dumps(sent.get("EncryptionContext", {}), sort_keys=True).encode()
        if operation == "GenerateDataKey":
            return _generate(sent, context)
        if operation == "Decrypt":
            return _decrypt(sent, context)
        return _refusal(400, "UnknownOperationException")

    async def fault(self, request: Request) -> Response:
        """Sets or tells the fault."""
        if request.method == "POST":
            fault = (await request.json()).get("trouble")
            if fault is not None and fault not in _FAULTS:
                return JSONResponse({"troubles": list(_FAULTS)}, 422)
            self.fault_name = fault
        return JSONResponse({"trouble": self.fault_name, "requests": self.requests})


def _generate(sent: dict[str, Any], context: bytes) -> Response:
    if sent.get("KeyId") != KEY_ARN:
        return _refusal(400, "NotFoundException")
    plain, nonce = os.urandom(32), os.urandom(_NONCE_BYTES)
    wrapped = nonce + AESGCM(_MASTER_KEY).encrypt(nonce, plain, context)
    return JSONResponse({"KeyId": KEY_ARN, "Plaintext": _base64(plain), "CiphertextBlob": _base64(wrapped)})


def _decrypt(sent: dict[str, Any], context: bytes) -> Response:
    try:
        wrapped = base64.b64decode(sent["CiphertextBlob"], validate=True)
        plain = AESGCM(_MASTER_KEY).decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], context)
    except (KeyError, ValueError, InvalidTag, binascii.Error):
        return _refusal(400, "InvalidCiphertextException")
    return JSONResponse({"KeyId": KEY_ARN, "Plaintext": _base64(plain)})


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _refusal(status: int, code: str) -> Response:
    return JSONResponse({"__type": code, "message": code}, status, headers={"x-amzn-errortype": code})
