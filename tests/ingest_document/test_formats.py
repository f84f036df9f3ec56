"""Each kind of file is read into its text, with the page and the heading of each piece."""

from datetime import date

import pytest

from tests.ingest_document import made
from tests.ingest_document.reader import Reader

pytestmark = pytest.mark.sampled(0.4)


def places(answer: dict[str, list[dict[str, object]]]) -> list[tuple[object, object, object]]:
    """Text, page and heading of each piece."""
    return [(piece["text"], piece["page"], piece["heading"]) for piece in answer["pieces"]]


async def test_a_pdf_is_read_page_by_page_under_its_bookmarks(reader: Reader) -> None:
    answer = await reader.range(made.pdf(["Preface", "Rent", "", "Notice"], sections={1: "Terms", 3: "Ending"}))

    assert places(answer) == [("Preface", 1, None), ("Rent", 2, "Terms"), ("Notice", 4, "Ending")]
    assert (answer["pages"], answer["pages_without_text"], answer["problem"]) == (4, 1, None)


async def test_a_docx_is_read_in_order_and_divided_at_headings(reader: Reader) -> None:
    content = made.word(
        paragraphs=[
            ("Title", "Lease"),
            ("Heading 1", "Terms"),
            ("Normal", "The rent is due monthly."),
            ("Heading 2", "Notice"),
            ("Normal", "Thirty days."),
            ("Heading 1", "Fees"),
        ],
        table=[["Late", "5 %"], ["Lost key", "20"]],
    )

    answer = await reader.range(content)

    assert places(answer) == [
        ("Lease", None, "Lease"),
        ("Terms\nThe rent is due monthly.", None, "Lease > Terms"),
        ("Notice\nThirty days.", None, "Lease > Terms > Notice"),
        ("Fees\nLate | 5 %\nLost key | 20", None, "Lease > Fees"),
    ]
    assert answer["pages"] is None


async def test_an_xlsx_is_read_row_by_row_with_the_table_header_in_each_piece(reader: Reader) -> None:
    rows = [[f"person {number}", number * 1.5, date(2026, 1, 2)] for number in range(400)]

    answer = await reader.range(made.sheets({"People": [["Name", "Sum", "Since"], *rows], "Empty": []}))

    assert len(answer["pieces"]) > 2
    assert all(piece["text"].startswith("Name | Sum | Since\n") for piece in answer["pieces"])
    assert {piece["heading"] for piece in answer["pieces"]} == {"People"}
    lines = [line for piece in answer["pieces"] for line in piece["text"].splitlines()[1:]]
    assert len(lines) == 400
    assert lines[:2] == ["person 0 | 0 | 2026-01-02", "person 1 | 1.5 | 2026-01-02"]


async def test_a_pptx_is_read_slide_by_slide_with_its_notes(reader: Reader) -> None:
    answer = await reader.range(made.slides([("Plan", "Grow", "Say it slowly"), ("Costs", "Few", "")]))

    assert places(answer) == [("Plan\nGrow\nNotes: Say it slowly", 1, "Plan"), ("Costs\nFew", 2, "Costs")]
    assert answer["pages"] == 2


async def test_an_epub_is_read_chapter_by_chapter(reader: Reader) -> None:
    chapters = {"b.xhtml": "<h1>One</h1><p>Once.</p>", "a.xhtml": "<h1>Two</h1><p>Twice.</p>"}

    answer = await reader.range(made.book(chapters))

    assert places(answer) == [("One\nOnce.", None, "One"), ("Two\nTwice.", None, "Two")]


async def test_html_is_read_as_displayed(reader: Reader) -> None:
    page = (
        "<!doctype html><title>Prices</title><style>p { color: red }</style><script>steal()</script>"
        "<h1>Plans</h1><p>Free &amp; Pro<br>for all<h2>Pro</h2><table><tr><td>Month<td>10</table>"
    )

    answer = await reader.range(page.encode())

    assert places(answer) == [
        ("Prices", None, None),
        ("Plans\nFree & Pro\nfor all", None, "Plans"),
        ("Pro\nMonth | 10", None, "Plans > Pro"),
    ]


async def test_csv_is_read_with_any_separator(reader: Reader) -> None:
    for content in (b'Name;Age\nAsha;"3; or 4"\n', b'Name,Age\nAsha,"3; or 4"\n', b"Name\tAge\nAsha\t3; or 4\n"):
        assert await reader.text(content, "people.csv") == "Name | Age\nAsha | 3; or 4"


async def test_markdown_is_divided_at_its_headings_but_not_in_code(reader: Reader) -> None:
    answer = await reader.range(b"# Use\nRun it.\n```sh\n# a comment\n```\n## More\nStop it.\n", "README.md")

    assert [(text, heading) for text, _, heading in places(answer)] == [
        ("Use\nRun it.\n```sh\n# a comment\n```", "Use"),
        ("More\nStop it.", "Use > More"),
    ]


async def test_code_keeps_its_indentation(reader: Reader) -> None:
    code = "def twice(x):\n    return 2 * x\n\nprint(twice(21))"

    assert await reader.text(code.encode(), "twice.py") == code


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("नमस्ते, यह एक पाठ है।", "utf-8"),
        ("Grüße aus Köln", "utf-8-sig"),
        ("Grüße aus Köln, in zwei Bytes", "utf-16"),
        ("Grüße aus Köln, ohne Marke", "utf-16-le"),
        ("Grüße aus Köln, ohne Marke", "utf-16-be"),
        ("Grüße in vier Bytes", "utf-32"),
        ("Ça va être déjà vu à l'été, où les garçons naïfs mangent des crêpes.", "cp1252"),
        ("Съешь ещё этих мягких французских булок, да выпей чаю.", "cp1251"),
        ("これは日本語の文章です。今日は天気がいい。", "shift_jis"),
        ("中文文档：今天天气很好，我们去公园散步。", "gb18030"),
    ],
)
async def test_text_is_read_in_any_encoding(reader: Reader, text: str, encoding: str) -> None:
    content = "\n".join([text] * 20)

    assert await reader.text(content.encode(encoding), "letter.txt") == content


async def test_characters_invalid_in_json_or_postgres_are_replaced(reader: Reader) -> None:
    page = "<html><body>one &#0; two &#xD800; three"

    text = await reader.text(page.encode())

    assert "\0" not in text
    text.encode()
