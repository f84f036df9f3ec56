"""Proofs of a country: what each says, and whether a payment is from elsewhere."""

import pytest

from oneai import countries


@pytest.mark.parametrize(
    ("text", "proof"),
    [
        ("IN", "IN"),
        (" id ", "ID"),
        ("-IN-ID", "-IN-ID"),
        ("XX", None),  # a network that does not know
        ("T1", None),
        ("IND", None),
        ("-", None),
        ("", None),
        (None, None),
    ],
)
def test_a_proof_is_a_code_or_what_a_place_is_not(text: str | None, proof: str | None) -> None:
    assert countries.read(text) == proof


@pytest.mark.parametrize(
    ("payment", "network", "elsewhere"),
    [
        ("IN", None, False),
        ("IN", "-IN-ID", False),  # a traveller with an Indian card
        ("US", "IN", True),
        ("-IN", "IN", True),
        (None, "-IN-ID", True),
        (None, "IN", False),
        (None, None, False),
        ("-ID", "-ID", False),
    ],
)
def test_the_payments_country_decides_and_the_networks_only_if_it_is_open(
    payment: str | None, network: str | None, *, elsewhere: bool
) -> None:
    assert countries.is_elsewhere("IN", payment=payment, network=network) is elsewhere


def test_a_proof_that_excludes_other_countries_leaves_the_country_open() -> None:
    assert countries.agrees("-IN-ID", "SG") is None
    assert not countries.is_elsewhere("SG", payment="-IN", network="-IN-ID")
    assert not countries.is_elsewhere(None, payment="US", network="US")


@pytest.mark.parametrize(("network", "elsewhere"), [("SG", False), ("IN", True), ("US", True), (None, False)])
def test_a_card_of_some_other_country_needs_a_network_that_does_not_disagree(
    network: str | None, *, elsewhere: bool
) -> None:
    assert countries.is_elsewhere("SG", payment="-IN", network=network) is elsewhere
