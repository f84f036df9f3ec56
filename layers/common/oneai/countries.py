"""The country of a buyer, by two proofs that agree: the billing address, and the payment's or the network's country.

A proof is a country's code, such as `IN`, or what the place is not: `-IN` is any country but India, `-IN-ID` neither
India nor Indonesia. So a proof that tells only some countries apart is one too.
"""

import re

_CODE = re.compile(r"[A-Z]{2}|(?:-[A-Z]{2})+")


def read(text: str | None) -> str | None:
    """A proof in this text; None if there is none. `XX` and `T1` of networks are no countries."""
    code = (text or "").strip().upper()
    return code if _CODE.fullmatch(code) and code not in ("XX", "ZZ") else None


def agrees(proof: str | None, country: str) -> bool | None:
    """Whether the proof says that the buyer is in this country; None if it leaves that open."""
    if proof is None:
        return None
    if proof.startswith("-"):
        return False if country in proof.split("-") else None
    return proof == country


def is_elsewhere(country: str | None, *, payment: str | None, network: str | None) -> bool:
    """Whether a payment comes from another country than the one whose price and tax it paid. The payment's own country
    decides, and the network's only if the payment leaves it open: then two proofs still agree, or the payment is
    refused. False if both leave it open, or no country was stored with what it pays."""
    if country is None:
        return False
    by_payment = agrees(payment, country)
    return (agrees(network, country) if by_payment is None else by_payment) is False
