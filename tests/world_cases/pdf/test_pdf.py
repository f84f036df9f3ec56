"""PDFs as strangers' programs write them are read whole: every text that people see, once, in whole words, in order.

Each file stands beside its text. README.md lists what each case shows and where it was reported.
"""

import unicodedata
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from fpdf import FPDF
from PIL import Image

from bench.read_file import pieces
from tests.ingest_document import made
from tests.world_cases.pdf.pages import field, form_page, line, one_line, opened, page, read, share_read

pytestmark = pytest.mark.sampled(0.4)

FOLDER = Path(__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.txt") if path.stem != "hi-wrong-map")


@pytest.mark.parametrize("name", NAMES)
def test_a_page_in_any_script_is_read_as_written(name: str) -> None:
    text = "\n".join(piece["text"] for piece in pieces(FOLDER / f"{name}.pdf"))

    assert one_line(text) == one_line((FOLDER / f"{name}.txt").read_text("utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_no_letter_of_such_a_page_is_reported_as_lost(name: str) -> None:
    assert share_read((FOLDER / f"{name}.pdf").read_bytes()) == 1.0


def test_a_two_column_paper_is_read_column_by_column() -> None:
    (only,) = pieces(FOLDER / "paper-ghostscript.pdf")
    text = one_line(only["text"])

    assert "The first difficulty of an efficient office is the flow of its files." in text
    assert text.index("fiscal year.") < text.index("2 Methods")
    assert "sufficient for the differences" in text


def test_columns_written_across_are_read_one_after_the_other(tmp_path: Path) -> None:
    left = [f"left line number {number} of it" for number in range(12)]
    right = [f"right line number {number} of it" for number in range(12)]
    content = "".join(
        line(one, 10, 280 - 14 * at, 8) + line(other, 160, 280 - 14 * at, 8)
        for at, (one, other) in enumerate(zip(left, right, strict=True))
    )

    assert read(tmp_path, page(content)).split("\n") == [*left, *right]


def test_a_table_below_two_columns_is_read_after_them(tmp_path: Path) -> None:
    prose = [(f"left line number {number} of it", f"right line number {number} of it") for number in range(8)]
    rows = [(f"Month {number}", f"{number}00") for number in range(5)]
    title = "BT /F 10 Tf 4 Tc 10 285 Td (LEASE AGREEMENT) Tj 0 Tc ET\n"
    content = title + "".join(
        line(left, 10, 260 - 12 * at, 8) + line(right, 160, 260 - 12 * at, 8) for at, (left, right) in enumerate(prose)
    )
    content += "".join(line(a, 10, 120 - 12 * at, 8) + line(b, 90, 120 - 12 * at, 8) for at, (a, b) in enumerate(rows))

    text = read(tmp_path, page(content))

    columns = [*(left for left, _ in prose), *(right for _, right in prose)]
    assert text.split("\n") == ["LEASE AGREEMENT", *columns, *(" ".join(row) for row in rows)]


@pytest.mark.parametrize("short", ["", "Sum {}"], ids=["one column", "two columns"])
@pytest.mark.parametrize("gap", [0, 6])
def test_columns_between_short_lines_are_read_one_after_the_other(tmp_path: Path, short: str, gap: int) -> None:
    prose = [(f"left line number {number} of it", f"right line number {number} of it") for number in range(6)]
    above, below = [("Flat 3", short and "Floor 4")] * 2, [(f"Item {at}", short.format(at)) for at in range(8)]
    content, y = "", 285
    for left, right in [*above, *prose, *below]:
        y -= 11 + (gap if (left, right) == below[0] else 0)
        content += line(left, 10, y, 8) + line(right, 160, y, 8)
    owner = field("/FT /Tx /T (a) /V (Leela Menon)", "100 2 280 14")

    text = read(tmp_path, form_page(content, owner))

    columns = [*(left for left, _ in prose), *(right for _, right in prose)]
    rows = [[" ".join(filter(None, row)) for row in part] for part in (above, below)]
    assert text.split("\n") == [*rows[0], *columns, *rows[1], "Leela Menon"]


def test_a_table_is_read_row_by_row(tmp_path: Path) -> None:
    rows = [(f"Flat {number}", f"{number * 100}", "paid") for number in range(12)]
    content = "".join(
        line(cell, 10 + 100 * column, 280 - 14 * at, 8)
        for at, row in enumerate(rows)
        for column, cell in enumerate(row)
    )

    assert read(tmp_path, page(content)).split("\n") == [" ".join(row) for row in rows]


def test_lines_in_disorder_are_read_from_the_top(tmp_path: Path) -> None:
    lines = [f"This is line {number} of the page" for number in range(20)]
    order = sorted(range(20), key=lambda at: (at * 11) % 20)
    content = "".join(line(lines[at], 10, 285 - 14 * at, 8) for at in order)

    assert read(tmp_path, page(content)).split("\n") == lines


def test_a_letter_spaced_title_is_read_as_words(tmp_path: Path) -> None:
    title = "BT /F 12 Tf 4 Tc 20 250 Td (LEASE AGREEMENT OF) Tj 0 Tc ET\n"

    assert read(tmp_path, page(title + line("Rent", 20, 200))) == "LEASE AGREEMENT OF\nRent"


def test_a_rotated_page_is_read_like_any_other(tmp_path: Path) -> None:
    content = "BT /F 12 Tf 0 1 -1 0 40 20 Tm (Turned first) Tj ET BT /F 12 Tf 0 1 -1 0 60 20 Tm (Turned second) Tj ET"
    turned = page(content, page_entries="/Rotate 90")

    assert read(tmp_path, turned) == "Turned first\nTurned second"


@pytest.mark.parametrize("entries", ["/Rotate 90", ""])
def test_every_upright_line_of_a_page_ends_with_a_line_break(tmp_path: Path, entries: str) -> None:
    lines = [f"Line {at} of a page that stands upright" for at in range(5)]
    content = " ".join(f"BT /F 12 Tf 0 1 -1 0 {40 + 20 * at} 20 Tm ({text}) Tj ET" for at, text in enumerate(lines))

    assert read(tmp_path, page(content, page_entries=entries)) == "\n".join(lines)


def test_cropped_text_is_neither_read_nor_reported_as_lost(tmp_path: Path) -> None:
    content = line("Inside", 20, 100) + line("Outside of the cropped page", 20, 280)
    file = page(content, page_entries="/CropBox [0 0 300 200]")

    assert read(tmp_path, file) == "Inside"
    assert share_read(file) == 1.0


def test_words_divided_at_line_ends_are_joined(tmp_path: Path) -> None:
    lines = ["The agree-", "ment of the Anglo-", "Indian owners is well-known and bind\xad", "ing: see 3-", "4"]
    content = "".join(line(text, 20, 200 - 14 * at) for at, text in enumerate(lines))

    text = one_line(read(tmp_path, page(content)))

    assert text == "The agreement of the Anglo-Indian owners is well-known and binding: see 3- 4"


def scan(words: str, *, invisible: str = "") -> bytes:
    """A page that a picture covers, with a few words over it, and words that only a search finds."""
    document = FPDF()
    document.set_font("helvetica", size=12)
    document.add_page()
    document.image(Image.new("L", (100, 140), 200), x=0, y=0, w=210, h=297)
    document.set_xy(150, 10)
    document.cell(text=words)
    if invisible:
        with document.local_context(text_mode="INVISIBLE"):
            document.set_xy(10, 20)
            document.multi_cell(150, text=invisible)
    return bytes(document.output())


PICTURES: list[tuple[str, Callable[[], bytes], bool]] = [
    ("stamp", lambda: scan("RECEIVED 12 MAY 2026"), True),
    ("page number", lambda: scan("- 3 -"), True),
    ("scanner's mark", lambda: scan("Scanned with AnyScanner"), True),
    ("recognised", lambda: scan("1", invisible="The tenant pays the rent on the first day of each month. " * 6), False),
    ("text", lambda: made.pdf(["The tenant pays the rent."]), False),
    ("small picture", lambda: made.scan(["A logo"]), False),
    ("wrong map", (FOLDER / "hi-wrong-map.pdf").read_bytes, True),
]


@pytest.mark.parametrize(("file", "is_picture"), [each[1:] for each in PICTURES], ids=[each[0] for each in PICTURES])
def test_a_picture_page_with_a_few_words_is_recognized(file: Callable[[], bytes], is_picture: bool) -> None:
    reading = opened(file())
    list(reading.unit(0))

    assert reading.is_picture(0) is is_picture


def test_the_words_on_a_picture_page_are_read(tmp_path: Path) -> None:
    assert read(tmp_path, scan("RECEIVED 12 MAY 2026")) == "RECEIVED 12 MAY 2026"
    assert "tenant pays" in read(tmp_path, scan("1", invisible="The tenant pays the rent. " * 9))


def test_words_with_a_wrong_character_map_are_dropped_and_counted_as_lost() -> None:
    content = (FOLDER / "hi-wrong-map.pdf").read_bytes()
    text = "\n".join(piece["text"] for piece in pieces(FOLDER / "hi-wrong-map.pdf"))

    assert not any(unicodedata.name(each, "").startswith("LATIN") for each in text)
    assert share_read(content) < 0.98


def test_a_reader_that_loses_lines_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    content = (FOLDER / "hi-chromium.pdf").read_bytes()
    assert share_read(content) == 1.0
    layout = import_module("extraction.pdf.layout")
    whole = layout.text_of

    monkeypatch.setattr(layout, "text_of", lambda clusters: whole(clusters).rpartition("\n")[0])

    assert share_read(content) < 0.98
