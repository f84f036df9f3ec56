"""Files of each kind, made as people's programs make them, and some by hand."""

import io
import zipfile
from collections.abc import Iterable, Mapping

import docx
import openpyxl
from fpdf import FPDF
from fpdf.enums import EncryptionMethod
from PIL import Image, ImageDraw

_DRAWING = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
_SLIDES = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
_REFERENCE = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_RELATIONS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
_KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def pdf(pages: Iterable[str], *, password: str | None = None, sections: Mapping[int, str] | None = None) -> bytes:
    """A PDF with one line on each page; `sections` are bookmarks by page, from 0."""
    made = FPDF()
    made.set_font("helvetica", size=12)
    if password is not None:
        made.set_encryption(
            owner_password=f"{password}-owner", user_password=password, encryption_method=EncryptionMethod.RC4
        )
    for number, text in enumerate(pages):
        made.add_page()
        if sections and number in sections:
            made.start_section(sections[number])
        if text:
            made.cell(text=text)
    return bytes(made.output())


def scan(pages: Iterable[str]) -> bytes:
    """A PDF as a scanner makes it: each page is a picture of its text, and holds none."""
    made = FPDF()
    for text in pages:
        picture = Image.new("L", (600, 200), 255)
        ImageDraw.Draw(picture).text((40, 80), text, fill=0)
        made.add_page()
        made.image(picture, x=10, y=10, w=180)
    return bytes(made.output())


def pdf_of_text(pages: Iterable[str]) -> bytes:
    """A PDF of pages full of text."""
    made = FPDF()
    made.set_font("helvetica", size=9)
    for text in pages:
        made.add_page()
        made.multi_cell(0, text=text)
    return bytes(made.output())


def word(*, paragraphs: Iterable[tuple[str, str]], table: Iterable[Iterable[str]] = ()) -> bytes:
    """A docx of paragraphs, each with its style, and a table after them."""
    made = docx.Document()
    for style, text in paragraphs:
        made.add_paragraph(text, style=style)
    rows = [list(row) for row in table]
    if rows:
        cells = made.add_table(len(rows), len(rows[0]))
        for y, row in enumerate(rows):
            for x, text in enumerate(row):
                cells.cell(y, x).text = text
    return _saved(made)


def sheets(content: Mapping[str, Iterable[Iterable[object]]]) -> bytes:
    """An xlsx of these sheets, written row by row."""
    made = openpyxl.Workbook(write_only=True)
    for title, rows in content.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    return _saved(made)


def slides(content: Iterable[tuple[str, str, str]]) -> bytes:
    """A pptx of slides, each with a title, a text and notes; stored in the opposite order."""
    members: dict[str, str] = {}
    listed, relations = "", ""
    for number, (title, text, notes) in enumerate(content, start=1):
        file = f"slide{100 - number}.xml"
        listed += f'<p:sldId id="{255 + number}" r:id="rId{number}"/>'
        relations += f'<Relationship Id="rId{number}" Type="{_KIND}/slide" Target="slides/{file}"/>'
        shapes = _shape("title", title) + _shape(None, text)
        members[f"ppt/slides/{file}"] = (
            f"<p:sld {_DRAWING} {_SLIDES}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>"
        )
        members[f"ppt/slides/_rels/{file}.rels"] = (
            f'<Relationships {_RELATIONS}><Relationship Id="rId1" Type="{_KIND}/notesSlide" '
            f'Target="../notesSlides/notes{number}.xml"/></Relationships>'
        )
        members[f"ppt/notesSlides/notes{number}.xml"] = (
            f"<p:notes {_DRAWING} {_SLIDES}>{_shape('body', notes)}{_shape('sldNum', str(number))}</p:notes>"
        )
    presentation = f"<p:presentation {_SLIDES} {_REFERENCE}><p:sldIdLst>{listed}</p:sldIdLst></p:presentation>"
    members["ppt/presentation.xml"] = presentation
    members["ppt/_rels/presentation.xml.rels"] = f"<Relationships {_RELATIONS}>{relations}</Relationships>"
    return archive({name: text.encode() for name, text in reversed(list(members.items()))})


def book(chapters: Mapping[str, str], *, encrypted: str | None = None) -> bytes:
    """An epub of chapters by file name; `encrypted` is the member that a shop says it has encrypted."""
    items = "".join(f'<item id="{name}" href="{name}"/>' for name in reversed(list(chapters)))
    spine = "".join(f'<itemref idref="{name}"/>' for name in chapters)
    package = (
        f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{items}</manifest><spine>{spine}</spine></package>'
    )
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/content.opf"/></rootfiles></container>'
    )
    members = {"mimetype": "application/epub+zip", "META-INF/container.xml": container, "OEBPS/content.opf": package}
    members |= {f"OEBPS/{name}": f"<html><body>{content}</body></html>" for name, content in chapters.items()}
    if encrypted is not None:
        members["META-INF/encryption.xml"] = (
            '<encryption xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData><enc:CipherData>'
            f'<enc:CipherReference URI="{encrypted}"/></enc:CipherData></enc:EncryptedData></encryption>'
        )
    return archive({name: text.encode() for name, text in members.items()})


def archive(members: Mapping[str, bytes]) -> bytes:
    """A zip file of these members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return file.getvalue()


def _shape(kind: str | None, text: str) -> str:
    placeholder = "" if kind is None else f'<p:ph type="{kind}"/>'
    return (
        f"<p:sp><p:nvSpPr><p:nvPr>{placeholder}</p:nvPr></p:nvSpPr>"
        f"<p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
    )


def _saved(made: docx.document.Document | openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()
