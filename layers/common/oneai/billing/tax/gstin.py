"""GSTINs, the numbers of businesses registered for India's goods and services tax."""

import re

# The state's number, the PAN (letters, digits, a letter), which of its registrations, Z, a character to check them.
_SHAPE = re.compile(r"[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z]Z[0-9A-Z]", re.ASCII)
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def well_formed(gstin: str) -> bool:
    """Whether it has a GSTIN's fifteen characters; the last one is not checked."""
    return _SHAPE.fullmatch(gstin) is not None


def has_valid_check_character(gstin: str) -> bool:
    """Whether the last character of a well-formed GSTIN fits those before it."""
    return check_character(gstin[:14]) == gstin[14]


def check_character(fourteen: str) -> str:
    """The check character of these: they count once and twice in turn, and both digits of each in base 36."""
    total = 0
    for place, character in enumerate(fourteen):
        total += sum(divmod(_DIGITS.index(character) * (1 + place % 2), 36))
    return _DIGITS[-total % 36]
