"""A reader that loses text says so: the letters it read are compared with those that a second count finds."""

import pytest

from tests.ingest_document import made
from tests.ingest_document.office_files import paragraph, part, run, shape, slides, word
from tests.ingest_document.readings import module, share, text

WORD = word(paragraph("Rent is ten.") + paragraph(f"<w:hyperlink>{run('A linked clause')}</w:hyperlink>"))
SLIDES = slides({"slide1.xml": shape("Plan") + f"<p:grpSp>{shape('A grouped text')}</p:grpSp>"})
PAGE = b"<html><body><p>Seen</p><blockquote>A quoted text</blockquote>"
BOOK = made.book({"a.xhtml": "<p>Seen</p><blockquote>A quoted text</blockquote>"})


@pytest.mark.parametrize("content", [WORD, SLIDES, PAGE, BOOK], ids=["word", "slides", "page", "book"])
def test_a_valid_file_is_read_completely(content: bytes) -> None:
    assert share(content) == 1


@pytest.mark.parametrize(
    ("content", "list_of", "name", "element"),
    [
        (WORD, "office.walk", "INVISIBLE", "w:hyperlink"),
        (SLIDES, "office.walk", "INVISIBLE", "p:grpSp"),
        (PAGE, "web.elements", "UNSEEN", "blockquote"),
        (BOOK, "web.elements", "UNSEEN", "blockquote"),
    ],
    ids=["word", "slides", "page", "book"],
)
def test_a_reader_that_omits_an_element_is_noticed(content: bytes, list_of: str, name: str, element: str) -> None:
    left_out: set[str] = getattr(module(list_of), name)
    left_out.add(element)  # in its place, for other modules have imported it
    try:
        assert "A " not in text(content)
        assert share(content) < 0.98
    finally:
        left_out.discard(element)


def test_a_reader_that_omits_a_part_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    document = module("word.document")._Document
    monkeypatch.setattr(document, "_margins", lambda *_: iter(()))
    header = {"header1.xml": part("w:hdr", paragraph("The name of the firm"))}
    body = paragraph("Rent is ten.") + '<w:sectPr><w:headerReference r:id="header1"/></w:sectPr>'

    assert share(word(body, header)) < 0.98


def test_text_added_by_a_reader_does_not_hide_a_loss() -> None:
    numbers = part(
        "w:numbering",
        '<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:lvlText w:val="A very long name of a clause %1"/>'
        '</w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>',
    )
    body = paragraph("Rent.", '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>')

    assert text(word(body, {"numbering.xml": numbers})).startswith("A very long name")
    assert share(word(body, {"numbering.xml": numbers})) == 1
