"""Mistyped GSTINs are distinguished from correct ones, and printable text from unprintable."""

import unicodedata

import pytest
from fontTools.ttLib import TTFont

from oneai.billing.invoices.pdf_layout import FONTS
from oneai.billing.invoices.printable import printable
from oneai.billing.tax.gstin import has_valid_check_character, well_formed
from oneai.billing.tax.regions import ALSO, COUNTRIES, STATES

TRUE = ["27AAPFU0939F1ZV", "29AAGCB7383J1Z4", "29ABCDE1234F1ZW"]


@pytest.mark.parametrize("gstin", TRUE)
def test_a_valid_gstin_is_accepted(gstin: str) -> None:
    assert well_formed(gstin)
    assert has_valid_check_character(gstin)


@pytest.mark.parametrize("gstin", TRUE)
def test_a_wrong_character_at_any_position_is_found(gstin: str) -> None:
    for place in range(15):
        for other in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".replace(gstin[place], ""):
            assert not has_valid_check_character(gstin[:place] + other + gstin[place + 1 :])


@pytest.mark.parametrize("text", ["", "27AAPFU0939F1ZVV", "2XAAPFU0939F1ZV", "27AAPFU0939F1YV", "२७AAPFU0939F1ZV"])
def test_an_invalid_gstin_is_not_well_formed(text: str) -> None:
    assert not well_formed(text)


def test_every_state_has_its_own_number() -> None:
    assert len(STATES) == len({state.number for state in STATES.values()}) == 36
    assert set(ALSO.values()) <= set(STATES)
    assert not set(ALSO) & set(STATES)


def test_countries_are_those_of_iso_3166() -> None:
    assert len(COUNTRIES) == 249
    assert (COUNTRIES["IN"], COUNTRIES["CI"], COUNTRIES["ZW"]) == ("India", "Côte d'Ivoire", "Zimbabwe")


def test_every_accepted_letter_has_a_glyph() -> None:
    drawn = set[int]().union(*(TTFont(font).getBestCmap() for font in FONTS.glob("*-Regular.ttf")))

    taken = {point for point in range(0x30000) if not 0xD800 <= point < 0xE000 and printable(chr(point))}

    assert [hex(point) for point in taken - drawn] == []
    assert {ord(each) for each in "₹€क्षதமிழ்ÄŁğё\u200d"} <= taken
    assert not any(unicodedata.category(chr(point)) in ("Cc", "Cs", "Cn") for point in taken)


def test_bold_fonts_have_the_same_letters() -> None:
    regular, bold = (set(TTFont(FONTS / f"NotoSans-{weight}.ttf").getBestCmap()) for weight in ("Regular", "Bold"))

    assert regular == bold
