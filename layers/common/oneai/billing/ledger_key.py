"""The Ed25519 key that signs the roots of the ledger: of AWS KMS if a setting names one, else of the secret."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from oneai import settings
from oneai.clients import kms_signing
from oneai.settings import SettingsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True)
class LedgerKeySettings:
    """`ledger_key` is the private key: 32 random bytes in hexadecimal. `ledger_kms_key` names a key of KMS, with the
    key spec ECC_NIST_EDWARDS25519, and takes precedence."""

    ledger_key: str = ""
    ledger_kms_key: str = ""


def is_set() -> bool:
    """Whether there is a key."""
    config = settings.read(LedgerKeySettings)
    return bool(config.ledger_kms_key or config.ledger_key)


async def public_key() -> str:
    """The public key, 32 bytes in hexadecimal. Raises SettingsError, and botocore's errors for a key of KMS."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    config = settings.read(LedgerKeySettings)
    if not config.ledger_kms_key:
        return _local(config).public_key().public_bytes_raw().hex()
    found = load_der_public_key(await kms_signing.public_key(config.ledger_kms_key))
    if not isinstance(found, Ed25519PublicKey):
        raise SettingsError("The setting LEDGER_KMS_KEY names a key that is not for Ed25519.")
    return found.public_bytes_raw().hex()


async def sign(text: str) -> str:
    """The signature of the text's UTF-8 bytes, 64 bytes in hexadecimal. Raises as `public_key` does."""
    config = settings.read(LedgerKeySettings)
    if config.ledger_kms_key:
        return (await kms_signing.sign(config.ledger_kms_key, text.encode())).hex()
    return _local(config).sign(text.encode()).hex()


def _local(config: LedgerKeySettings) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(config.ledger_key))
    except ValueError:
        raise SettingsError("The setting LEDGER_KEY must be 32 bytes in hexadecimal.") from None
