"""A sheet that is read in ranges: each row comes exactly once, and the rows before a range are not parsed again."""

import io
import time
import zipfile
from typing import Any

import pytest

from tests.ingest_document import made
from tests.ingest_document.readings import module, opened
from tests.world_cases.sheets.made_book import book, number, row, sheet, strings, text

pytestmark = pytest.mark.sampled(0.4)

ROWS = 1_200
LONG = "word " * 2_000


def _numbered(*, says: bool) -> str:
    """Rows of a text and a number; `says` is whether rows and cells say where they stand."""
    if says:
        rows = (
            f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>row {n}</t></is></c><c r="B{n}"><v>{n}.5</v></c></row>'
            for n in range(1, ROWS + 1)
        )
    else:
        rows = (row(text(f"row {n}"), number(f"{n}.5")) for n in range(1, ROWS + 1))
    return "".join(rows)


def _formulas() -> str:
    """Rows whose formulas, never calculated, are children of one in the first row."""
    first = '<row r="1"><c r="A1"><v>0</v></c><c r="B1"><f t="shared" ref="B1:B9999" si="0">A1*$C$1</f></c></row>'
    return first + "".join(
        f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="B{n}"><f t="shared" si="0"/></c></row>' for n in range(2, ROWS)
    )


NUMBERED = _numbered(says=True)
PREFIXED = NUMBERED.replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:")
PRINTED = "<headerFooter><oddHeader>&amp;LRent</oddHeader></headerFooter>"
MERGED = '<mergeCells><mergeCell ref="A300:B900"/></mergeCells>'
CASES = {
    "rows that say their numbers": sheet(NUMBERED, PRINTED),
    "rows that do not": sheet(_numbered(says=False)),
    "a prefix": sheet("", PRINTED)
    .replace("</", "</x:")
    .replace("<", "<x:")
    .replace("<x:/x:", "</x:")
    .replace("xmlns=", "xmlns:x=")
    .replace("<x:sheetData>", f"<x:sheetData>{PREFIXED}"),
    "comments between rows": sheet(NUMBERED.replace('<row r="500">', '<!-- <row r="500"> --><row r="500">')),
    "CDATA sections": sheet(NUMBERED.replace("<t>row 7</t>", "<t><![CDATA[row 7 </row><row >]]></t>")),
    "merged cells over a seam": sheet(NUMBERED, MERGED),
    "formulas that cells share": sheet(_formulas()),
    "blank rows first": sheet('<row r="1"/><row r="2"/>' + NUMBERED.replace('<row r="', '<row spans="1:2" r="1')),
    "rows longer than a piece": sheet(row(text("head")) + "".join(row(text(f"{n} {LONG}")) for n in range(3))),
    "a first row longer than a piece": sheet(row(text(LONG)) + NUMBERED[:40_000].rpartition("<row")[0]),
    "no rows": sheet("", PRINTED),
}


def _answers(content: bytes, pieces: int) -> list[dict[str, Any]]:
    """The answers for all ranges, each with at most this number of pieces."""
    limits = {"seconds": 600, "pages": 500, "pieces": pieces, "answer_bytes": 10_000_000}
    ranges = module("ranges")
    answers: list[dict[str, Any]] = []
    position = None
    while not answers or position is not None:
        begin = ranges.Position.of(position)
        answers.append(ranges.read_range(opened(content), begin, limits, time.monotonic()))
        position = answers[-1]["position"]
    return answers


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("pieces", [1, 3])
def test_rows_at_the_seams_of_ranges_come_exactly_once(case: str, pieces: int) -> None:
    content = book({"One": CASES[case], "Two": sheet(row(text("last")))})
    (whole,) = _answers(content, 10_000)
    parts = _answers(content, pieces)

    assert len(whole["pieces"]) > (1 if case != "no rows" else 0)
    assert [piece for part in parts for piece in part["pieces"]] == whole["pieces"]
    assert parts[-1]["letters"] == whole["letters"]
    progress = [part["progress"] for part in parts]
    assert progress == sorted(progress)


def test_the_rows_before_a_range_are_not_parsed_again() -> None:
    rows = "".join(row(text(f"row {n} {'of a long sheet ' * 40}")) for n in range(3_000))
    content = book({"A": sheet(row(text("name")) + rows)})
    ranges = module("ranges")
    limits = {"seconds": 600, "pages": 500, "pieces": 300, "answer_bytes": 10_000_000}
    first = ranges.read_range(opened(content), ranges.Position(), limits, time.monotonic())
    damaged = book({"A": sheet(row(text("name")) + rows).replace("row 900 of", "row 900 <of")})

    following = ranges.read_range(opened(damaged), ranges.Position.of(first["position"]), limits, time.monotonic())

    last, next_ = first["pieces"][-1]["text"].splitlines(), following["pieces"][0]["text"].splitlines()
    assert next_[0] == "name"
    assert int(next_[1].split()[1]) == int(last[-1].split()[1]) + 1 > 901


def test_texts_that_cells_share_are_read_in_every_form() -> None:
    elements = ["<t>plain</t>", '<t xml:space="preserve"> kept </t>', "<t>a &amp; b</t>", "<t/>", "<r><t>ri</t></r>"]
    rows = "".join(f'<row><c t="s"><v>{at}</v></c></row>' for at in range(5))
    part = strings(*elements)
    prefixed = part.replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:").replace("xmlns=", "xmlns:x=")
    commented = part.replace("<si>", "<!-- <si> --><si>")

    for each in (part, prefixed, commented):
        reading = opened(book({"A": sheet(rows)}, parts={"xl/sharedStrings.xml": each}))
        assert [piece.text for piece in reading.unit(0)] == ["plain\nkept\na & b\nri"]
        assert reading.letters(0).read == reading.letters(0).in_file == 13


def test_a_sheet_truncated_within_its_rows_is_damaged_in_every_range() -> None:
    content = book({"A": CASES["rows that say their numbers"]})
    with zipfile.ZipFile(io.BytesIO(content)) as members:
        parts = {name: members.read(name) for name in members.namelist()}
    name = "xl/worksheets/sheet1.xml"
    parts[name] = parts[name][: parts[name].index(b'<row r="1100">') + 30]

    with pytest.raises(module("office.package").etree.XMLSyntaxError):
        _answers(made.archive(parts), 3)
