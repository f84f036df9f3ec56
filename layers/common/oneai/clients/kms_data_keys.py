"""The client for AWS KMS: makes data keys, and opens what it has wrapped.

boto3 is imported, and its client created, on first use, after the SnapStart snapshot. It blocks, so every call runs in
a thread. A data key is wrapped with an encryption context: KMS opens it only with the same one, and writes the context
to CloudTrail in clear, so it has ids alone.

Raises ProviderKeysUnavailable if KMS refuses or does not answer, ProviderKeyUnreadable for what it has not wrapped with
this context.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from oneai import log, request_stages, settings
from oneai.provider_key_errors import ProviderKeysUnavailable, ProviderKeyUnreadable

RETRY_AFTER_SECONDS = 60
# What was given to KMS was not made by it, or for another context.
_UNREADABLE = {"InvalidCiphertextException", "IncorrectKeyException", "ValidationException"}


@dataclass(frozen=True)
class KmsSettings:
    """`provider_keys_kms_key` is the ARN of the key that wraps data keys; without it no workspace has keys of its own.
    `kms_endpoint_url` replaces AWS's endpoint in the local stack."""

    provider_keys_kms_key: str = ""
    kms_endpoint_url: str | None = None


@dataclass(frozen=True, slots=True)
class NewDataKey:
    """A data key of 32 bytes, and the same wrapped by the key `kms_key_id`."""

    kms_key_id: str
    plain: bytes = field(repr=False)
    wrapped: bytes = field(repr=False)


class _Kms(Protocol):
    """What is used of boto3's client."""

    def generate_data_key(self, **request: Any) -> dict[str, Any]: ...

    def decrypt(self, **request: Any) -> dict[str, Any]: ...


class _Client(NamedTuple):
    settings: KmsSettings
    client: _Kms


_cached: _Client | None = None


def is_configured() -> bool:
    """Whether this deployment has a key that wraps data keys."""
    return bool(settings.read(KmsSettings).provider_keys_kms_key)


async def make_data_key(context: dict[str, str], kms_key_id: str | None = None) -> NewDataKey:
    """Returns a new data key for AES-256, wrapped with this encryption context by the key of the settings, or by
    another one."""

    def make(client: _Client) -> NewDataKey:
        response = client.client.generate_data_key(
            KeyId=kms_key_id or client.settings.provider_keys_kms_key, KeySpec="AES_256", EncryptionContext=context
        )
        return NewDataKey(response["KeyId"], plain=response["Plaintext"], wrapped=response["CiphertextBlob"])

    return await _run(make)


async def open_data_key(wrapped: bytes, context: dict[str, str]) -> bytes:
    """Returns the data key that was wrapped with this context. KMS knows by itself which of its keys wrapped it."""

    def open_one(client: _Client) -> bytes:
        plain: bytes = client.client.decrypt(CiphertextBlob=wrapped, EncryptionContext=context)["Plaintext"]
        return plain

    return await _run(open_one)


def reset_cache() -> None:
    """Drops the cached client: the next call creates one from the current settings and credentials."""
    global _cached
    _cached = None


async def _run[T](question: Callable[[_Client], T]) -> T:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        with request_stages.stage("kms"):
            return await asyncio.to_thread(lambda: question(_client()))
    except ClientError as error:
        raise _to_error(error.response) from None
    except BotoCoreError as error:
        log.warning("KMS cannot be reached", error=type(error).__name__)
        raise ProviderKeysUnavailable(retry_after=RETRY_AFTER_SECONDS) from None


def _to_error(response: Any) -> ProviderKeysUnavailable | ProviderKeyUnreadable:
    code = str(response.get("Error", {}).get("Code"))
    log.error("KMS refused", code=code)
    if code in _UNREADABLE:
        return ProviderKeyUnreadable()
    return ProviderKeysUnavailable(retry_after=RETRY_AFTER_SECONDS)


def _client() -> _Client:
    """The cached client, recreated when the settings change. Blocks; thread-safe."""
    global _cached
    config = settings.read(KmsSettings)
    if _cached is None or _cached.settings != config:
        import boto3
        from botocore.config import Config

        client = boto3.Session().client(
            "kms",
            endpoint_url=config.kms_endpoint_url,
            config=Config(connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2}),
        )
        _cached = _Client(config, client)
    return _cached
