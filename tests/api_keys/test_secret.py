"""The secrets of keys: what one looks like, and what is refused without the database."""

import pytest

from oneai.api_keys import secret
from oneai.http.authenticate import KEY_PREFIX


def test_a_secret_is_a_prefix_forty_random_characters_and_their_checksum() -> None:
    made = secret.generate()

    assert made.startswith("oneai_sk_")
    assert len(made) == 9 + 40 + 6
    assert made.removeprefix("oneai_sk_").isalnum()
    assert secret.is_well_formed(made)
    assert secret.generate() != made
    assert secret.PREFIX == KEY_PREFIX


def test_secrets_issued_earlier_remain_well_formed() -> None:
    assert secret.is_well_formed("oneai_sk_" + "0" * 40 + "2kaqcA")


@pytest.mark.parametrize("at", [9, 20, 48, 49, 54])
def test_one_wrong_character_is_noticed(at: int) -> None:
    made = secret.generate()
    other = "a" if made[at] != "a" else "b"

    assert not secret.is_well_formed(made[:at] + other + made[at + 1 :])


@pytest.mark.parametrize("text", ["", "oneai_sk_", "oneai_sk_short", "sk_" + "a" * 46, "oneai_sk_" + "é" * 46])
def test_an_invalid_secret_is_recognized(text: str) -> None:
    assert not secret.is_well_formed(text)
