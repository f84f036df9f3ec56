"""Keys of providers are encrypted for one row, and open nowhere else."""

import os
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from oneai.provider_key_errors import ProviderKeyUnreadable
from oneai.provider_keys import envelope
from oneai.provider_keys.envelope import DataKey, Place
from tests.canaries import CANARY

SECRET = SecretStr(f"sk-{CANARY}")
PLACE = Place(UUID(int=1), "openai", UUID(int=2))


def data_key() -> DataKey:
    return DataKey(uuid4(), os.urandom(32))


def test_a_key_opens_in_its_own_row() -> None:
    key = data_key()

    assert envelope.unseal(envelope.seal(SECRET, PLACE, key), PLACE, key) == SECRET


def test_the_ciphertext_is_that_of_the_published_algorithm() -> None:
    """The vector was computed with another program."""
    sealed = envelope.encrypt(bytes(range(32)), bytes(range(12)), b"sk-example-key", b"v1|acct_1|openai|key_1")

    assert sealed.hex() == "3469fb7ebd84af6be124bae0d490e47c55ecc176147919ecdd6bd443eaf8"
    assert PLACE.additional_data() == f"v1|{UUID(int=1)}|openai|{UUID(int=2)}".encode()


@pytest.mark.parametrize(
    "other",
    [
        PLACE._replace(workspace_id=UUID(int=3)),
        PLACE._replace(provider="anthropic"),
        PLACE._replace(key_id=UUID(int=3)),
        PLACE._replace(base_url="https://models.example/v1"),
    ],
    ids=["workspace", "provider", "row", "address"],
)
def test_a_key_that_was_copied_to_another_row_does_not_open(other: Place) -> None:
    key = data_key()
    sealed = envelope.seal(SECRET, PLACE, key)

    with pytest.raises(ProviderKeyUnreadable):
        envelope.unseal(sealed, other, key)


def test_an_address_that_was_changed_in_the_row_does_not_get_the_key() -> None:
    key, place = data_key(), PLACE._replace(provider="custom", base_url="https://models.example/v1")
    sealed = envelope.seal(SECRET, place, key)

    with pytest.raises(ProviderKeyUnreadable):
        envelope.unseal(sealed, place._replace(base_url="https://attacker.example/v1"), key)


def test_a_changed_row_does_not_open() -> None:
    key = data_key()
    sealed = envelope.seal(SECRET, PLACE, key)
    flipped = bytes([sealed.ciphertext[0] ^ 1]) + sealed.ciphertext[1:]

    for changed in (
        replace(sealed, ciphertext=flipped),
        replace(sealed, ciphertext=sealed.ciphertext[:15]),
        replace(sealed, nonce=bytes(12)),
        replace(sealed, nonce=b""),
        replace(sealed, version=2),
        replace(sealed, data_key_id=uuid4()),
    ):
        with pytest.raises(ProviderKeyUnreadable):
            envelope.unseal(changed, PLACE, key)


def test_the_same_key_is_another_ciphertext_each_time() -> None:
    key = data_key()
    first, second = (envelope.seal(SECRET, PLACE, key) for _ in range(2))

    assert first.nonce != second.nonce
    assert first.ciphertext != second.ciphertext


def test_no_name_poses_as_two_parts() -> None:
    with pytest.raises(ValueError, match="separator"):
        PLACE._replace(provider=f"openai|{UUID(int=2)}").additional_data()


def test_no_representation_has_the_key_or_the_data_key() -> None:
    key = data_key()
    shown = repr((SECRET, key, envelope.seal(SECRET, PLACE, key)))

    assert CANARY not in shown
    assert repr(key.plain)[2:-1] not in shown
