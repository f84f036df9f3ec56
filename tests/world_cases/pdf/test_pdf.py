"""PDFs as strangers' programs write them are read whole: every text that people see, once, in whole words, in order.

Each file stands beside its text. README.md lists what each case shows and where it was reported.
"""

import base64
import io
import sys
import unicodedata
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from fpdf import FPDF
from PIL import Image

from bench.read_file import pieces
from local.data_folder import REPOSITORY
from tests.ingest_document import made
from tests.ingest_document.test_bad_files import handmade_pdf

pytestmark = pytest.mark.sampled(0.4)

FOLDER = Path(__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.txt") if path.stem != "hi-wrong-map")


def one_line(text: str) -> str:
    """The text without line ends: where a line of a page ends is the page's affair."""
    return " ".join(text.split())


def read(tmp_path: Path, content: bytes) -> str:
    """The text of a file, read in the process that reads files of strangers."""
    path = tmp_path / "file.pdf"
    path.write_bytes(content)
    return "\n".join(piece["text"] for piece in pieces(path))


def opened(content: bytes) -> Any:
    """The reading of a file in this process, for what is not part of the answer."""
    sys.path.insert(0, str(REPOSITORY / "functions/ingest_document"))
    return import_module("extraction.pdf.document").read(io.BytesIO(content), {"file_pages": 5_000})


def share_read(content: bytes) -> float:
    """Letters read of those that the file shows, over all pages."""
    reading = opened(content)
    in_file = read = 0
    for unit in range(reading.units):
        list(reading.unit(unit))
        letters = reading.letters(unit)
        in_file, read = in_file + letters.in_file, read + letters.read
    return read / in_file


def page(
    content: str, *, annotations: str = "", page_entries: str = "", form: str = "", objects: tuple[str, ...] = ()
) -> bytes:
    """A PDF with one page of 300 x 300 points; its font is /F, and further objects count from 6."""
    stream = content.encode("latin-1")
    catalogue = f"<< /Type /Catalog /Pages 2 0 R {form} >>"
    entries = f"/Annots [{annotations}] {page_entries}"
    return handmade_pdf(
        [
            catalogue.encode(),
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 5 0 R "
            b"/Resources << /Font << /F 4 0 R >> >> %s >>" % entries.encode(),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
            *(each.encode("latin-1") for each in objects),
        ]
    )


def line(text: str, x: float, y: float, size: float = 12) -> str:
    """Operators that write a line of text."""
    return f"BT /F {size} Tf {x} {y} Td ({text}) Tj ET\n"


def form(fields: int) -> str:
    """The catalogue's form of this many fields, without appearances."""
    listed = " ".join(f"{6 + at} 0 R" for at in range(fields))
    return f"/AcroForm << /Fields [{listed}] /NeedAppearances true /DA (/F 12 Tf) /DR << /Font << /F 4 0 R >> >> >>"


def field(entries: str, rect: str = "100 200 280 220") -> str:
    """A field that is its own widget."""
    return f"<< /Type /Annot /Subtype /Widget /Rect [{rect}] /F 4 /DA (/F 12 Tf) {entries} >>"


def form_page(content: str, *fields: str) -> bytes:
    """A page with a form."""
    listed = " ".join(f"{6 + at} 0 R" for at in range(len(fields)))
    return page(content, annotations=listed, form=form(len(fields)), objects=fields)


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


def test_a_filled_field_without_an_appearance_is_read_at_its_place(tmp_path: Path) -> None:
    content = line("Tenant:", 40, 205) + line("Flat:", 40, 155)
    named = field("/FT /Tx /T (a) /V (Leela Menon)")
    numbered = field("/FT /Tx /T (b) /V (17 B)", "100 150 280 170")

    assert read(tmp_path, form_page(content, named, numbered)) == "Tenant: Leela Menon\nFlat: 17 B"


def test_a_form_on_a_page_with_fonts_of_its_parent_keeps_the_page_text(tmp_path: Path) -> None:
    content = "BT /F 12 Tf 40 205 Td <0304> Tj ET"
    named = field("/FT /Tx /T (a) /V (Leela Menon)")
    # The page has no resources of its own, and without its font its codes are no text.
    file = handmade_pdf(
        [
            f"<< /Type /Catalog /Pages 2 0 R {form(1)} >>".encode(),
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] /Resources << /Font << /F 4 0 R >> >> >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 5 0 R /Annots [6 0 R] >>",
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding << /Differences [3 /M /s] >> >>",
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content.encode()),
            named.encode(),
        ]
    )

    assert read(tmp_path, file) == "Ms Leela Menon"


def test_a_value_in_the_boxes_of_a_comb_field_is_one_word(tmp_path: Path) -> None:
    comb = field("/FT /Tx /T (pan) /Ff 16777216 /MaxLen 10 /V (ABCDE1234F)")

    assert read(tmp_path, form_page(line("PAN:", 40, 205), comb)) == "PAN: ABCDE1234F"


def test_a_field_in_utf_16_is_read(tmp_path: Path) -> None:
    value = "देविका पिल्लै".encode("utf-16-be").hex()

    assert "देविका पिल्लै" in read(tmp_path, form_page("", field(f"/FT /Tx /T (a) /V <feff{value}>")))


def test_a_choice_is_read_by_its_label(tmp_path: Path) -> None:
    options = "/Opt [[(KL) (Kerala)] [(TN) (Tamil Nadu)]]"
    chosen = field(f"/FT /Ch /Ff 131072 /T (state) {options} /V (TN)")

    text = read(tmp_path, form_page(line("State:", 40, 205), chosen))

    assert "Tamil Nadu" in text
    assert "TN" not in text.replace("Tamil Nadu", "")


def test_check_boxes_are_read_with_their_names_and_states(tmp_path: Path) -> None:
    states = "/AP << /N << /Yes 9 0 R /Off 9 0 R >> >>"
    on = field(f"/FT /Btn /T (married) /TU (Is married) /V /Yes /AS /Yes {states}", "40 200 52 212")
    off = field(f"/FT /Btn /T (page1[0].owner[0]) /V /Off /AS /Off {states}", "40 150 52 162")
    empty = "<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Length 0 >>\nstream\n\nendstream"
    content = line("Married", 60, 202) + line("Owner", 60, 152)
    file = page(content, annotations="6 0 R 7 0 R", form=form(2), objects=(on, off, "null", empty))

    text = read(tmp_path, file)

    assert text.split("\n") == ["[x] Married", "[ ] Owner", "Is married: checked", "owner: not checked"]


def test_a_chosen_radio_button_is_read_with_its_group(tmp_path: Path) -> None:
    group = "<< /FT /Btn /Ff 49152 /T (payment) /V /cash /Kids [7 0 R 8 0 R] >>"
    widget = (
        "<< /Type /Annot /Subtype /Widget /Parent 6 0 R /F 4 /Rect [{}] /AS /{} "
        "/AP << /N << /{} 9 0 R /Off 9 0 R >> >> >>"
    )
    kids = (widget.format("40 200 52 212", "cash", "cash"), widget.format("40 150 52 162", "Off", "card"))
    empty = "<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Length 0 >>\nstream\n\nendstream"
    content = line("Cash", 60, 202) + line("Card", 60, 152)
    file = page(content, annotations="7 0 R 8 0 R", form=form(1), objects=(group, *kids, empty))

    text = read(tmp_path, file)

    assert text.split("\n") == ["[x] Cash", "[ ] Card", "payment: cash"]


def test_hidden_fields_and_passwords_are_not_read(tmp_path: Path) -> None:
    hidden = field("/FT /Tx /T (a) /V (Hidden text)").replace("/F 4", "/F 2")
    unseen = field("/FT /Tx /T (b) /V (Print only)", "100 150 280 170").replace("/F 4", "/F 36")
    password = field("/FT /Tx /Ff 8192 /T (c) /V (open sesame)", "100 100 280 120")

    text = read(tmp_path, form_page(line("Visible", 40, 205), hidden, unseen, password))

    assert "Visible" in text
    for secret in ("Hidden", "Print", "sesame"):
        assert secret not in text


def test_a_value_longer_than_its_field_is_read_whole_and_once(tmp_path: Path) -> None:
    words = " ".join(f"clause{number}" for number in range(60))
    long = field(f"/FT /Tx /Ff 4096 /T (a) /V ({words})", "40 180 160 220")

    text = read(tmp_path, form_page(line("Terms:", 40, 230), long))

    assert one_line(text) == f"Terms: {words}"


def test_comments_are_read_and_marked(tmp_path: Path) -> None:
    note = "<< /Type /Annot /Subtype /Text /Rect [10 10 30 30] /T (Asha) /Contents (Check the date) >>"
    highlight = (
        "<< /Type /Annot /Subtype /Highlight /Rect [40 200 100 215] /QuadPoints [40 215 100 215 40 200 100 200] "
        "/RC (<body><p>Is this &amp; that right?</p></body>) >>"
    )
    free = "<< /Type /Annot /Subtype /FreeText /Rect [40 100 250 130] /DA (/F 12 Tf) /Contents (Written on the page) >>"
    state = (
        "<< /Type /Annot /Subtype /Text /Rect [9 9 9 9] /StateModel (Review) /State (Accepted) /Contents (Accepted) >>"
    )
    popup = "<< /Type /Annot /Subtype /Popup /Rect [10 10 90 90] /Parent 6 0 R /Contents (Check the date) >>"
    listed = " ".join(f"{6 + at} 0 R" for at in range(5))
    file = page(line("The lease", 40, 203), annotations=listed, objects=(note, highlight, free, state, popup))

    text = read(tmp_path, file)

    assert text.split("\n") == [
        "The lease",
        "Written on the page",
        "Comment (Asha): Check the date",
        "Comment: Is this & that right?",
    ]
    assert share_read(file) == 1.0


def test_a_field_is_drawn_in_the_image_of_its_page(tmp_path: Path) -> None:
    file = form_page("", field("/FT /Tx /T (a) /V (Leela Menon)"))
    opened(file)
    rendered = import_module("extraction.pdf.page_images").render(
        io.BytesIO(file), [1], {"file_pages": 9, "answer_bytes": 9_000_000}
    )
    data = base64.b64decode(rendered["images"][0]["data"])

    image = Image.open(io.BytesIO(data))

    assert min(image.tobytes()) < 100


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
