"""The client for AWS KMS: signs with an Ed25519 key that never leaves it.

boto3 is imported on first use. It blocks, so calls run in a thread.
"""

import asyncio
from typing import Any


async def public_key(key_id: str) -> bytes:
    """The public key as DER (SubjectPublicKeyInfo). Raises botocore's errors."""
    answer = await asyncio.to_thread(lambda: _client().get_public_key(KeyId=key_id))
    return bytes(answer["PublicKey"])


async def sign(key_id: str, message: bytes) -> bytes:
    """The Ed25519 signature of a message of at most 4,096 bytes. Raises botocore's errors."""
    request = {"KeyId": key_id, "Message": message, "MessageType": "RAW", "SigningAlgorithm": "ED25519_SHA_512"}
    answer = await asyncio.to_thread(lambda: _client().sign(**request))
    return bytes(answer["Signature"])


def _client() -> Any:  # one a day: it is not worth a cache, and its types are no package of ours
    import boto3
    from botocore.config import Config

    return boto3.Session().client(
        "kms", config=Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})
    )
