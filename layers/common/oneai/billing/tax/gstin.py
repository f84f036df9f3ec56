"""GSTINs, the numbers of businesses registered for India's goods and services tax."""

import re

# State number, PAN (five letters, four digits, a letter), registration of that PAN, Z, check character.
_SHAPE = re.compile(r"[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z]Z[0-9A-Z]", re.ASCII)
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def well_formed(gstin: str) -> bool:
    """Whether it has the form of a GSTIN; the check character is not verified."""
    return _SHAPE.fullmatch(gstin) is not None


def has_valid_check_character(gstin: str) -> bool:
    """Whether the last character of a well-formed GSTIN matches the others."""
    return check_character(gstin[:14]) == gstin[14]


def check_character(fourteen: str) -> str:
    """The check character: characters count once and twice in turn, and both base-36 digits of each product are
    added."""
    total = 0
    for place, character in enumerate(fourteen):
        total += sum(divmod(_DIGITS.index(character) * (1 + place % 2), 36))
    return _DIGITS[-total % 36]
