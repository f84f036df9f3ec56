"""Fields, comments and boxes of PDF forms are read with their values, at their places."""

import base64
import io
from importlib import import_module
from pathlib import Path

import pytest
from PIL import Image

from tests.ingest_document.test_bad_files import handmade_pdf
from tests.world_cases.pdf.pages import field, form, form_page, line, one_line, opened, page, read, share_read

pytestmark = pytest.mark.sampled(0.4)


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
