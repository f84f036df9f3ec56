"""Sheets from public bug reports are read as a user sees them; README.md names the reports."""

import zipfile
from io import BytesIO

import pytest

from tests.ingest_document import extracted
from tests.ingest_document.made import archive
from tests.ingest_document.readings import share
from tests.world_cases.sheets.made_book import (
    MAIN,
    RELATED,
    STRICT,
    book,
    number,
    relationships,
    row,
    sheet,
    strings,
    styles,
    text,
)

pytestmark = pytest.mark.sampled(0.4)

DRAWING = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
SPREADSHEET_DRAWING = 'xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"'
THREADS = "http://schemas.microsoft.com/office/2017/10/relationships"


def lines(content: bytes) -> list[str]:
    """The rows of a book, without exact values."""
    return [each for each in extracted.text(content).splitlines() if not each.startswith("(exact: ")]


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ("0%", "0.65", "65%"),
        ("0.00%", "-0.05", "-5.00%"),
        ('"$"#,##0.00', "56701.0309278351", "$56,701.03"),
        ("[$₹-4009]\\ #,##0.00", "1234.5", "₹ 1,234.50"),
        ("[$₹-4009]\\ #,##,##0.00", "1234567.5", "₹ 12,34,567.50"),
        ("[>=10000000]##\\,##\\,##\\,##0;[>=100000]##\\,##\\,##0;##,##0", "12345678", "1,23,45,678"),
        ("#,##0.00\\ [$€-407]", "-9.5", "-9.50 €"),
        ("#,##0;[Red](#,##0);\\-", "-1500", "(1,500)"),
        ("#,##0;[Red](#,##0);\\-", "0", "-"),
        ("0.00E+00", "12345.678", "1.23E+04"),
        ("# ?/?", "2.25", "2 1/4"),
        ("000\\-0000", "5551234", "555-1234"),
        ("00000", "420", "00420"),
        ("0.0,,\\ \\M", "1234567", "1.2 M"),
        (10, "0.125", "12.50%"),
        (44, "-1234.5", "(1,234.50)"),
        ("dd/mm/yyyy", "46024", "02/01/2026"),
        ("[$-409]d\\-mmm\\-yyyy;@", "46024", "2-Jan-2026"),
        ("[$-407]d\\.\\ mmmm\\ yyyy", "46024", "2. Januar 2026"),
        ('yyyy"年"m"月"d"日"', "46024", "2026年1月2日"),
        (14, "46024", "2026-01-02"),
        (31, "46024", "2026-01-02"),
        (18, "0.75", "6:00 PM"),
        ("[h]:mm", "1.5", "36:00"),
        ("[mm]:ss.0", "0.0423", "60:54.7"),
        ("yyyy\\-mm\\-dd", "60", "1900-02-29"),
        ("General", "0.1", "0.1"),
        ("General", "919812345678", "919812345678"),
        ("General", "0.333333333333333", "0.333333333"),
        ("@", "42", "42"),
    ],
)
def test_a_number_is_shown_in_its_format(code: str | int, value: str, shown: str) -> None:
    content = book({"A": sheet(row(text("x"), number(value, 1)))}, parts={"xl/styles.xml": styles(code)})

    assert lines(content) == [f"x | {shown}"]


def test_the_exact_value_of_a_number_follows_its_row() -> None:
    content = book(
        {"A": sheet(row(number(0.653, 1), number(1234.5, 2)))}, parts={"xl/styles.xml": styles("0%", "#,##0")}
    )

    assert extracted.text(content) == "65% | 1,235\n(exact: 0.653 | 1234.5)"


def test_a_format_that_hides_numbers_hides_them() -> None:
    content = book({"A": sheet(row(text("key"), number(7, 1), text("end")))}, parts={"xl/styles.xml": styles(";;;")})

    assert lines(content) == ["key |  | end"]


@pytest.mark.parametrize("code", ["#", "[=0]?;0.00", "#,###"])
def test_a_zero_that_its_format_leaves_blank_is_no_lost_text(code: str) -> None:
    rows = row(text("key"), number(0, 1), text("end"))
    content = book({"A": sheet(rows)}, parts={"xl/styles.xml": styles(code)})

    assert extracted.text(content) == "key |  | end\n(exact: 0)"
    assert share(content) == 1


def test_days_are_counted_from_1904_if_the_workbook_says_so() -> None:
    properties = '<workbookPr date1904="1"/>'
    later = f'<extLst><ext><x15:workbookPr xmlns:x15="{MAIN}/x" chartTrackingRefBase="1"/></ext></extLst>'
    content = book(
        {"A": sheet(row(number(100, 1)))}, parts={"xl/styles.xml": styles("yyyy-mm-dd")}, properties=properties + later
    )

    assert lines(content) == ["1904-04-10"]


def test_a_strict_workbook_is_read_with_its_dates() -> None:
    rows = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="d" s="1"><v>2026-01-02T00:00:00</v></c></row>'
    parts = {"xl/sharedStrings.xml": strings("<t>Due</t>", namespace=STRICT), "xl/styles.xml": styles("d/m/yyyy")}
    content = book({"A": sheet(rows, namespace=STRICT)}, parts=parts)

    assert lines(content) == ["Due | 2/1/2026"]


def test_a_formula_without_a_value_is_shown_itself() -> None:
    rows = (
        '<row r="1"><c r="A1"><v>2</v></c><c r="B1"><f>SUM(A1:A2)</f></c><c r="C1"><f>A1&amp;"A1"</f><v></v></c></row>'
        '<row r="2"><c r="A2"><v>3</v></c><c r="B2"><f t="shared" ref="B2:B3" si="0">A2*$D$1</f></c></row>'
        '<row r="3"><c r="A3"><v>4</v></c><c r="B3"><f t="shared" si="0"/></c></row>'
        '<row r="4"><c r="A4"><f t="array" ref="A4">_xlfn.UNIQUE(A1:A3)</f></c>'
        '<c r="B4" t="str"><f>""</f><v/></c></row>'
    )

    assert lines(book({"A": sheet(rows)})) == [
        '2 | =SUM(A1:A2) | =A1&"A1"',
        "3 | =A2*$D$1",
        "4 | =A3*$D$1",
        "=UNIQUE(A1:A3)",
    ]


def test_a_zero_for_a_formula_that_was_never_calculated_is_not_its_value() -> None:
    rows = '<row r="1"><c r="A1"><f>B1+1</f><v>0</v></c><c r="B1"><v>0</v></c></row>'

    assert lines(book({"A": sheet(rows)}, properties='<calcPr fullCalcOnLoad="1"/>')) == ["=B1+1 | 0"]
    assert lines(book({"A": sheet(rows)})) == ["0 | 0"]


def test_rich_text_is_complete_and_its_phonetic_guide_left_out() -> None:
    shared = strings(
        "<t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh>",
        "<r><t xml:space='preserve'>thirty </t></r><r><rPr><b/></rPr><t>days</t></r>",
        "<t>one_x000D_two_x005F_three</t>",
    )
    rows = "<row><c t='s'><v>0</v></c><c t='s'><v>1</v></c><c t='s'><v>2</v></c></row>"

    content = book({"A": sheet(rows)}, parts={"xl/sharedStrings.xml": shared})

    assert lines(content) == ["東京 | thirty days | one two_three"]


def test_cells_are_read_at_their_stated_position() -> None:
    rows = (
        '<row r="2"><c r="C2"><v>3</v></c><c r="A2"><v>1</v></c></row>'
        "<row><c><v>4</v></c><c><v>5</v></c></row>"
        '<row r="1"><c r="B1"><v>9</v></c></row>'
    )

    assert lines(book({"A": sheet(rows)})) == ["1 |  | 3", "4 | 5", " | 9"]


def test_cells_at_both_ends_of_a_sheet_make_two_short_rows() -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'

    assert lines(book({"A": sheet(rows)})) == ["1", " | 2"]


def test_a_sheet_with_cells_only_in_the_last_column_does_not_grow() -> None:
    content = book({"A": sheet("".join(f'<row r="{n}"><c r="XFD{n}"><v>7</v></c></row>' for n in range(1, 5001)))})

    assert len(extracted.text(content)) < 30_000


def test_a_value_of_merged_cells_is_read_once() -> None:
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>8</v></c><c r="B{n}"><v>8</v></c></row>' for n in (1, 2))
    merged = '<mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells>'

    assert lines(book({"A": sheet(rows + '<row r="3"><c r="A3"><v>9</v></c></row>', merged)})) == ["8", "9"]


def test_booleans_and_errors_are_shown_as_words() -> None:
    rows = '<row><c t="b"><v>1</v></c><c t="b"><v>0</v></c><c t="e"><v>#DIV/0!</v></c></row>'

    assert lines(book({"A": sheet(rows)})) == ["TRUE | FALSE | #DIV/0!"]


def test_a_hidden_sheet_is_marked_as_hidden_and_hidden_rows_are_read() -> None:
    rows = '<row r="1" hidden="1"><c r="A1"><v>5</v></c></row>'
    pieces = extracted.pieces(book({"Seen": sheet(rows), "Old": sheet(rows)}, states={"Old": "veryHidden"}))

    assert [(piece["heading"], piece["text"]) for piece in pieces] == [("Seen", "5"), ("Old (hidden)", "5")]


def test_comments_are_read_with_their_authors() -> None:
    notes = (
        f'<comments xmlns="{MAIN}"><authors><author>Ravi</author></authors><commentList>'
        '<comment ref="A1" authorId="0"><text><r><t>Ravi:</t></r><r><t> paid in cash</t></r></text></comment>'
        '<comment ref="B1" authorId="0"><text><t>[Threaded comment] get a newer program</t></text></comment>'
        "</commentList></comments>"
    )
    thread = (
        f'<ThreadedComments xmlns="{THREADS}"><threadedComment ref="B1" personId="{{1}}" id="a">'
        "<text>Is it late?</text></threadedComment>"
        '<threadedComment ref="B1" personId="{2}" id="b" parentId="a"><text>No.</text></threadedComment>'
        "</ThreadedComments>"
    )
    users = (
        f'<personList xmlns="{THREADS}"><person displayName="Asha" id="{{1}}"/><person displayName="Ben" id="{{2}}"/>'
        "</personList>"
    )
    parts = {
        "xl/worksheets/_rels/sheet1.xml.rels": relationships(
            ("comments", "../comments1.xml"), (f"{THREADS}/threadedComment", "/xl/threads/one.xml")
        ),
        "xl/comments1.xml": notes,
        "xl/threads/one.xml": thread,
        "xl/persons/person.xml": users,
        "xl/_rels/workbook.xml.rels": relationships(
            ("worksheet", "worksheets/sheet1.xml"), (f"{THREADS}/person", "persons/person.xml")
        ),
    }

    assert lines(book({"A": sheet(row(number(1)))}, parts=parts)) == [
        "1",
        "Comment on B1 by Asha: Is it late?",
        "Comment on B1 by Ben: No.",
        "Comment on A1: Ravi: paid in cash",
    ]


def test_text_boxes_charts_and_page_headers_are_read_once() -> None:
    compatibility = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    text_of_box = "<a:p><a:r><a:t>Call 1098</a:t></a:r><a:br/><a:r><a:t>at night</a:t></a:r></a:p>"
    box = f"<xdr:sp><xdr:txBody>{text_of_box}</xdr:txBody></xdr:sp>"
    drawing = (
        f"<xdr:wsDr {SPREADSHEET_DRAWING} {DRAWING} {compatibility}><mc:AlternateContent><mc:Choice>{box}</mc:Choice>"
        f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></xdr:wsDr>"
    )
    chart = (
        f'<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" {DRAWING}><c:chart>'
        "<c:title><c:tx><c:rich><a:p><a:r><a:t>Rent by city</a:t></a:r></a:p></c:rich></c:tx></c:title>"
        "<c:ser><c:tx><c:strRef><c:strCache><c:pt idx='0'><c:v>Pune</c:v></c:pt></c:strCache></c:strRef></c:tx></c:ser>"
        "</c:chart></c:chartSpace>"
    )
    printed = (
        '<headerFooter><oddHeader>&amp;L&amp;"Arial,Bold"&amp;14Draft&amp;R&amp;P / &amp;N</oddHeader></headerFooter>'
    )
    parts = {
        "xl/worksheets/_rels/sheet1.xml.rels": relationships(("drawing", "../drawings/drawing1.xml")),
        "xl/drawings/drawing1.xml": drawing,
        "xl/drawings/_rels/drawing1.xml.rels": relationships(("chart", "..\\charts\\Chart1.xml")),
        "xl/charts/chart1.xml": chart,
    }

    assert lines(book({"A": sheet(row(number(1)), printed)}, parts=parts)) == [
        "1",
        "Header: Draft /",
        "Call 1098 at night",
        "Chart: Rent by city | Pune",
    ]


@pytest.mark.parametrize("target", ["/xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml", "Worksheets\\Sheet1.xml"])
def test_parts_are_found_with_names_in_any_spelling(target: str) -> None:
    parts = {"xl/_rels/workbook.xml.rels": relationships(("worksheet", target))}

    assert lines(book({"A": sheet(row(number(1)))}, parts=parts)) == ["1"]


def test_a_package_with_backslashes_in_its_names_is_read() -> None:
    with zipfile.ZipFile(BytesIO(book({"A": sheet(row(number(1)))}))) as made:
        members = {name.replace("/", "\\"): made.read(name) for name in made.namelist()}

    assert lines(archive(members)) == ["1"]


def test_a_chart_sheet_between_others_does_not_shift_their_names() -> None:
    listed = "".join(f'<sheet name="{name}" r:id="rId{place}"/>' for place, name in enumerate("ABC", start=1))
    parts = {
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATED}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relationships(
            ("worksheet", "worksheets/sheet1.xml"),
            ("chartsheet", "chartsheets/sheet1.xml"),
            ("worksheet", "worksheets/sheet2.xml"),
        ),
        "xl/chartsheets/sheet1.xml": f'<chartsheet xmlns="{MAIN}"/>',
    }
    pieces = extracted.pieces(book({"A": sheet(row(number(1))), "C": sheet(row(number(2)))}, parts=parts))

    assert [(piece["heading"], piece["text"]) for piece in pieces] == [("A", "1"), ("C", "2")]


def test_styles_with_extensions_of_other_programs_keep_their_numbers() -> None:
    compatibility = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    alternative = (
        '<mc:AlternateContent><mc:Choice Requires="hs"><xf numFmtId="9"/></mc:Choice>'
        '<mc:Fallback><xf numFmtId="0"/></mc:Fallback></mc:AlternateContent>'
    )
    formats = f'<cellXfs><xf/>{alternative}<xf numFmtId="10"/></cellXfs>'
    xml = f'<styleSheet xmlns="{MAIN}" {compatibility}>{formats}</styleSheet>'

    content = book({"A": sheet(row(number(0.5, 1), number(0.5, 2)))}, parts={"xl/styles.xml": xml})

    assert lines(content) == ["50% | 50.00%"]


def test_a_document_type_declaration_is_refused() -> None:
    bomb = f'<!DOCTYPE x [<!ENTITY a "ha">]>{sheet(row(text("&a;")))}'

    assert extracted.problem(book({"A": bomb})) == "torn"
    assert extracted.problem(book({"A": sheet(row(number(1)))[:-20]})) == "torn"


def test_a_binary_workbook_is_an_unsupported_file() -> None:
    members = {
        "_rels/.rels": relationships(("officeDocument", "xl/workbook.bin")).encode(),
        "xl/workbook.bin": b"\x83\x01",
    }

    assert extracted.problem(archive(members)) == "unsupported"
