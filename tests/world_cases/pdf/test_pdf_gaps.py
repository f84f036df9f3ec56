"""Gaps between the characters of a PDF: lines, numbers and raised letters are read as people see them."""

import math
from pathlib import Path

import pytest

from tests.world_cases.pdf.pages import field, form_page, line, page, read, share_read

pytestmark = pytest.mark.sampled(0.4)

FIELD = field("/FT /Tx /T (a) /V (Leela Menon)", "100 20 280 40")


def number(parts: str, gap: int) -> str:
    """Operators that write the parts of a line apart by this many thousandths of the font's size."""
    shown = f" -{gap} ".join(f"({part})" for part in parts.split("|"))
    return f"BT /F 12 Tf 40 100 Td [{shown}] TJ ET\n"


def letters(text: str, x: float, y: float, size: float) -> str:
    """Operators that write each letter as a text of its own, as some programs do."""
    content = ""
    for letter in text:
        content += line(letter, x, y, size)
        x += {"m": 0.833, "t": 0.278, ".": 0.278}.get(letter, 0.556) * size
    return content


@pytest.mark.parametrize("where", [(110, 160), (110, 20), (40, 160), (290, 5)])
def test_a_single_last_character_is_a_line_of_its_own(tmp_path: Path, where: tuple[float, float]) -> None:
    content = line("The rent is 50", 40, 100) + line("1", *where)

    assert sorted(read(tmp_path, page(content)).split("\n")) == ["1", "The rent is 50"]


def test_labels_of_an_axis_are_read_one_by_one(tmp_path: Path) -> None:
    labels = ["0.2", "0.4", "0.6", "0.8"]
    content = "".join(letters(label, 100, 100 + 30 * at, 12) for at, label in enumerate(labels)) + line("1", 110, 220)

    assert sorted(read(tmp_path, page(content)).split()) == [*labels, "1"]


def test_a_page_number_written_first_or_in_the_middle_is_a_line_of_its_own(tmp_path: Path) -> None:
    content = line("7", 150, 20) + line("The rent is 50", 40, 100) + line("8", 150, 280) + line("and 60", 40, 80)

    assert sorted(read(tmp_path, page(content)).split("\n")) == ["7", "8", "The rent is 50", "and 60"]


@pytest.mark.parametrize("extra", [(), (FIELD,)], ids=["as it lies", "laid out"])
@pytest.mark.parametrize("gap", [115, 130, 160, 200])
@pytest.mark.parametrize("parts", ["Sum 1|234|567 paid", "of 5|000", "Run 10|km and 42|km/h", "Flat 5|b, 10|000|INR"])
def test_a_narrow_gap_in_a_number_is_a_space(tmp_path: Path, parts: str, gap: int, extra: tuple[str, ...]) -> None:
    content = number(parts, gap)

    text = read(tmp_path, form_page(content, *extra) if extra else page(content))

    assert text.removesuffix("\nLeela Menon") == parts.replace("|", " ")


def test_a_narrow_gap_between_two_texts_is_a_space(tmp_path: Path) -> None:
    content = line("8 / 5", 40, 100) + line("000", 68, 100) + line("in 2025, 3D, 1st", 100, 100)

    assert read(tmp_path, page(content)) == "8 / 5 000 in 2025, 3D, 1st"


@pytest.mark.parametrize("extra", [(), (FIELD,)], ids=["as it lies", "laid out"])
def test_kerned_or_boxed_digits_are_kept_together(tmp_path: Path, extra: tuple[str, ...]) -> None:
    content = number("Call 98|47|01|23 in 20|25 for 10|km", 60)

    text = read(tmp_path, form_page(content, *extra) if extra else page(content))

    assert text.removesuffix("\nLeela Menon") == "Call 98470123 in 2025 for 10km"


RAISED = {
    "le 3eme rang": line("le", 40, 100) + line("3", 52, 100) + letters("eme", 58.8, 106, 7) + line("rang", 76.5, 100),
    "the 5th of May": line("the 5", 40, 100) + letters("th", 66.8, 106, 7) + line("of May", 76, 100),
    "H2O and so on": line("H", 40, 100) + line("2", 49, 95, 7) + line("O and so on", 53, 100),
    "a note1 follows": line("a note", 40, 100) + line("1", 73.5, 106, 7) + line("follows", 81, 100),
    "area in m2": line("area in m", 40, 100) + line("2", 89.5, 106.5, 7),
    "price* and tax": line("price", 40, 100) + line("*", 66.8, 106.5, 8) + line("and tax", 73.5, 100),
}


@pytest.mark.parametrize("extra", [(), (FIELD,)], ids=["as it lies", "laid out"])
@pytest.mark.parametrize("text", RAISED)
def test_raised_and_lowered_letters_remain_in_their_line(tmp_path: Path, text: str, extra: tuple[str, ...]) -> None:
    content = RAISED[text] + line("The next line", 40, 80)

    found = read(tmp_path, form_page(content, *extra) if extra else page(content))

    assert found.removesuffix("\nLeela Menon") == f"{text}\nThe next line"


def test_a_small_line_beside_a_large_one_is_not_a_raised_letter(tmp_path: Path) -> None:
    content = line("Invoice", 40, 100, 20) + line("No. 7", 140, 92, 8) + line("The next line", 40, 60)

    assert read(tmp_path, page(content)).split("\n") == ["Invoice", "No. 7", "The next line"]


def test_a_space_under_a_letter_does_not_divide_its_word(tmp_path: Path) -> None:
    # The text moves back by the width of "c", writes a space, and goes on where "c" ends.
    content = "BT /F 12 Tf 40 100 Td [(so) (c) 500 ( ) -222 (ial and more)] TJ ET\n"

    assert read(tmp_path, form_page(content, FIELD)) == "social and more\nLeela Menon"


@pytest.mark.parametrize("text", ["COVID-|19 cases", "the F-|16 flies", "SARS-|CoV", "of A4-|210 mm"])
def test_a_hyphen_before_a_number_or_a_name_is_kept(tmp_path: Path, text: str) -> None:
    first, second = text.split("|")
    content = line(f"We write of {first}", 40, 100) + line(f"{second} and of the agree-", 40, 86) + line("ment", 40, 72)

    found = read(tmp_path, page(content))

    assert found.replace("-\n", "-") == f"We write of {first}{second} and of the agreement"


def turned(text: str, degrees: float, x: float, y: float, size: float = 12) -> str:
    """Operators that write each letter of a slanted line as a text of its own."""
    across, up = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    content = ""
    for letter in text:
        if letter != " ":
            content += f"BT /F {size} Tf {across} {up} {-up} {across} {x} {y} Tm ({letter}) Tj ET\n"
        width = size * {"m": 0.833, "t": 0.278, "l": 0.222, " ": 0.278}.get(letter, 0.556)
        x, y = x + width * across, y + width * up
    return content


@pytest.mark.parametrize("degrees", [7, 20, 33, 45, 52, 64, 80, 333])
def test_letters_of_a_slanted_line_are_words(tmp_path: Path, degrees: float) -> None:
    content = line("Plan", 10, 285) + turned("256 meta 30", degrees, 150, 150) + turned("17 50 8", degrees, 60, 100)

    assert sorted(read(tmp_path, page(content)).split("\n")) == ["17 50 8", "256 meta 30", "Plan"]


def test_a_text_drawn_twice_for_a_shadow_is_read_once(tmp_path: Path) -> None:
    first = [f"Line {at} of the lease" for at in range(8)]
    content = "".join(line(text, 40, 280 - 20 * at) for at, text in enumerate(first))
    content += "".join(line(text, 41, 279.2 - 20 * at) for at, text in enumerate(first))

    assert read(tmp_path, page(content)).split("\n") == first
    assert share_read(page(content)) == 1.0


def test_letters_spaced_apart_beside_true_gaps_are_words(tmp_path: Path) -> None:
    content = "BT /F 12 Tf 1.5 Tc 40 100 Td [(Here) -500 (is) -500 (some) -500 (formatted) -500 (text)] TJ ET\n"

    assert read(tmp_path, page(content)) == "Here is some formatted text"


@pytest.mark.parametrize("extra", [(), (FIELD,)], ids=["as it lies", "laid out"])
def test_a_hyphen_before_a_capital_letter_or_a_number_stays(tmp_path: Path, extra: tuple[str, ...]) -> None:
    lines = [
        "art of the Pre-",
        "\xc9cole age, in the years 1990-",
        "1995 and the Post-",
        "Ming time of an under-",
        "taking",
    ]
    content = "".join(line(text, 20, 250 - 14 * at) for at, text in enumerate(lines))

    text = read(tmp_path, form_page(content, *extra) if extra else page(content)).removesuffix("\nLeela Menon")

    expected = "art of the Pre-\xc9cole age, in the years 1990-1995 and the Post-Ming time of an undertaking"
    assert text.replace("-\n", "-") == expected
