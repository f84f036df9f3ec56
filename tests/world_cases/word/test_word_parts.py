"""Word files besides their body: notes, comments, margins, charts, files that they take in, and how parts are found."""

import pytest

from tests.ingest_document import made
from tests.ingest_document.office_files import STRICT, archived, paragraph, part, relations, run, word, word_members
from tests.ingest_document.readings import share, text


def test_notes_and_comments_follow_their_paragraph() -> None:
    notes = part(
        "w:footnotes",
        f'<w:footnote w:type="separator" w:id="-1">{paragraph("unseen")}</w:footnote>'
        f'<w:footnote w:id="2">{paragraph("Without tax.")}</w:footnote>'
        f'<w:footnote w:id="3">{paragraph("Nothing refers to this.")}</w:footnote>',
    )
    endnotes = part("w:endnotes", f'<w:endnote w:id="1">{paragraph("See the annex.")}</w:endnote>')
    comments = part("w:comments", f'<w:comment w:id="0" w:author="Asha Rao">{paragraph("Too high?")}</w:comment>')
    body = paragraph(
        run("Rent")
        + '<w:r><w:footnoteReference w:id="2"/></w:r>'
        + run(" is ten")
        + '<w:r><w:endnoteReference w:id="1"/></w:r><w:r><w:commentReference w:id="0"/></w:r>'
    ) + paragraph("After.")
    content = word(body, {"footnotes.xml": notes, "endnotes.xml": endnotes, "comments.xml": comments})

    assert text(content) == (
        "Rent[1] is ten[i]\n[1] Without tax.\n[i] See the annex.\nComment (Asha Rao): Too high?\nAfter."
    )
    assert share(content) == 1


def test_a_note_that_refers_to_itself_ends() -> None:
    again = paragraph('<w:r><w:footnoteReference w:id="1"/></w:r>' + run("Loop"))
    content = word(again, {"footnotes.xml": part("w:footnotes", f'<w:footnote w:id="1">{again}</w:footnote>')})

    assert text(content) == "[1]Loop\n[1] Loop"


def test_headers_and_footers_come_once_and_only_those_that_pages_show() -> None:
    parts = {f"header{n}.xml": part("w:hdr", paragraph(said)) for n, said in enumerate(("Acme", "First", "Acme"), 1)}
    parts["footer1.xml"] = part("w:ftr", paragraph("Confidential"))

    def section(header: str, extra: str = "") -> str:
        return (
            f'<w:sectPr><w:headerReference w:type="default" r:id="{header}"/><w:headerReference w:type="first" '
            f'r:id="header2"/><w:footerReference w:type="default" r:id="footer1"/>{extra}</w:sectPr>'
        )

    body = f"<w:p><w:pPr>{section('header1')}</w:pPr>{run('One')}</w:p>{paragraph('Two')}"
    without_first = word(body + section("header3"), parts)
    with_first = word(body + section("header3", "<w:titlePg/>"), parts)

    assert text(without_first) == "Header: Acme\nOne\nTwo\nFooter: Confidential"
    assert text(with_first) == "Header: Acme\nHeader: First\nOne\nTwo\nFooter: Confidential"
    assert share(without_first) == share(with_first) == 1


def test_charts_and_diagrams_are_read_from_their_parts() -> None:
    chart = part(
        "c:chartSpace",
        "<c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>Rainfall</a:t></a:r></a:p></c:rich></c:tx></c:title><c:plotArea>"
        "<c:barChart><c:ser><c:tx><c:strRef><c:strCache><c:pt idx='0'><c:v>Pune</c:v></c:pt></c:strCache>"
        "</c:strRef></c:tx><c:cat><c:strRef><c:strCache><c:pt idx='0'><c:v>June</c:v></c:pt><c:pt idx='1'>"
        "<c:v>July</c:v></c:pt></c:strCache>"
        "</c:strRef></c:cat><c:val><c:numRef><c:numCache><c:pt idx='0'><c:v>4.2999999999999998</c:v></c:pt>"
        "<c:pt idx='1'><c:v>9</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser></c:barChart></c:plotArea></c:chart>",
    )
    points = "".join(
        f'<dgm:pt modelId="{key}"><dgm:t><a:p><a:r><a:t>{said}</a:t></a:r></a:p></dgm:t></dgm:pt>'
        for key, said in (("c", "Clerk"), ("b", "Board"), ("m", "Manager"))
    )
    links = "".join(
        f'<dgm:cxn srcId="{above}" destId="{below}" srcOrd="{order}"/>'
        for above, below, order in (("d", "b", 0), ("b", "m", 0), ("m", "c", 0))
    )
    diagram = part(
        "dgm:dataModel",
        f'<dgm:ptLst><dgm:pt modelId="d" type="doc"/>{points}</dgm:ptLst><dgm:cxnLst>{links}</dgm:cxnLst>',
    )
    body = paragraph("<w:r><w:drawing><c:chart r:id='chart1'/></w:drawing></w:r>" + run("Figure 1"))
    body += paragraph("<w:r><w:drawing><dgm:relIds r:dm='diagramData1'/></w:drawing></w:r>" + run("Figure 2"))
    content = word(body, {"chart1.xml": chart, "diagramData1.xml": diagram})

    assert text(content) == ("Figure 1\nRainfall\nPune\nJune | 4.3\nJuly | 9\nFigure 2\nBoard\nManager\nClerk")
    assert share(content) == 1


def test_a_strict_file_is_read_like_any_other() -> None:
    members = word_members(
        paragraph("Strict ")
        + "<w:tbl><w:tr>{}{}</w:tr></w:tbl>".format(*(f"<w:tc>{paragraph(each)}</w:tc>" for each in "AB"))
    )
    for usual, strict in STRICT.items():
        members = {name: content.replace(usual, strict) for name, content in members.items()}

    assert text(archived(members)) == "Strict\nA | B"


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("word/document2.xml", "word/document2.xml"),
        ("word/document.xml", "/word/document.xml"),
        ("word\\document.xml", "word\\document.xml"),
        ("Word/Document.xml", "word/document.XML"),
        ("word/my document.xml", "word/my%20document.xml"),
        ("content/main.xml", "content/main.xml"),
    ],
)
def test_the_main_part_is_found_by_its_relationship(name: str, target: str) -> None:
    document = word_members(paragraph("Found"))["word/document.xml"]
    types = '<Types><Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/></Types>'
    members = {
        "[Content_Types].xml": types,
        "_rels/.rels": relations({"r": ("officeDocument", target)}),
        name: document,
    }

    assert text(archived(members)) == "Found"


def test_a_part_that_is_missing_loses_nothing_else() -> None:
    members = word_members(paragraph("Here.") + "<w:sectPr><w:headerReference r:id='h'/></w:sectPr>")
    members["word/_rels/document.xml.rels"] = relations({"h": ("header", "gone.xml"), "s": ("styles", "also-gone.xml")})

    assert text(archived(members)) == "Here."


@pytest.mark.parametrize("name", ["chunk.html", "chunk.docx", "chunk.txt"])
def test_a_file_that_the_document_takes_in_is_read(name: str) -> None:
    chunks = {
        "chunk.html": b"<html><body><h1>Terms</h1><p>Ten days.</body></html>",
        "chunk.docx": word(paragraph("Terms") + paragraph("Ten days.")),
        "chunk.txt": b"Terms\nTen days.",
    }
    members = {
        key: content.encode()
        for key, content in word_members(paragraph("Before") + '<w:altChunk r:id="x"/>' + paragraph("After")).items()
    }
    members["word/_rels/document.xml.rels"] = relations({"x": ("aFChunk", name)}).encode()
    members[f"word/{name}"] = chunks[name]
    assert text(made.archive(members)) == "Before\nTerms\nTen days.\nAfter"
