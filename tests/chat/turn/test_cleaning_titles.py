"""What models write when they are asked for a title, and what is made of it."""

import pytest

from oneai.chat.turn import titles


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Cooking rice", "Cooking rice"),
        ('"Cooking rice."', "Cooking rice"),
        ("“Cooking rice”\n\nI hope you like it!", "Cooking rice"),
        ("\n\n# **Cooking rice**\n", "Cooking rice"),
        ("- *Cooking* rice", "*Cooking* rice"),
        ("*Cooking rice*", "Cooking rice"),
        ("Title: 'Cooking rice'", "Cooking rice"),
        ("**Title:** Cooking rice", "Cooking rice"),
        ("शीर्षक: चावल पकाना।", "चावल पकाना"),
        ("चावल क्षत्रिय 👨‍👩‍👧‍👦", "चावल क्षत्रिय 👨‍👩‍👧‍👦"),
        ("Why `len()` is fast?", "Why len() is fast?"),
        ("C# and snake_case", "C# and snake_case"),
        ("[Rice](https://evil.example) and ![x](y)", "Rice and x"),
        ("<think>Let me see.\nRice?</think>\nCooking rice", "Cooking rice"),
        ("<think>Let me see, and I never stop", None),
        ("a\0b\u202ec\x07d\ud83d", "a b c d"),
        ("Cooking\t  rice\r\nwith dal", "Cooking rice"),
        ("To be continued...", "To be continued..."),
        ("", None),
        (' \n "" \n --- ', None),
        ("x" * 200, "x" * 79 + "…"),
        ("word " * 40, "word " * 15 + "word…"),
    ],
)
def test_a_title_is_one_short_plain_line(written: str, title: str | None) -> None:
    assert titles.clean_title(written) == title
    assert title is None or len(title) <= 80


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Name a bakery that opens at", "Name a bakery that opens…"),
        ("Rent is 10000 rupees, an", "Rent is 10000 rupees…"),
        ("Donaudampf", "Donaudampf…"),
        ("Cooking rice\nThis title is about ri", "Cooking rice"),
        ("word " * 40, "word " * 15 + "word…"),
        ("<think>Let me see, and I ne", None),
    ],
)
def test_a_title_that_reached_the_maximum_length_ends_with_an_ellipsis(written: str, title: str | None) -> None:
    assert titles.clean_title(written, cut_off=True) == title
