"""A file that cannot be read ends in a problem that says so, also where it was made to attack its reader."""

import io
import zipfile

import pytest

from tests import effort
from tests.ingest_document import made
from tests.ingest_document.office_files import (
    archived,
    paragraph,
    relations,
    shape,
    slide_members,
    word,
    word_members,
)
from tests.ingest_document.reader import Reader

pytestmark = pytest.mark.sampled(0.3)

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(200)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


async def test_a_password_protected_file_is_distinguished_from_a_damaged_one(reader: Reader) -> None:
    locked = made.pdf(["A secret"], password="open sesame")

    assert await reader.problem(locked) == "encrypted"
    assert await reader.problem(OLE + bytes(500) + "EncryptedPackage".encode("utf-16-le") + bytes(500)) == "encrypted"
    assert await reader.problem(made.book({"a.xhtml": "x"}, encrypted="OEBPS/a.xhtml")) == "encrypted"


async def test_a_book_with_only_its_fonts_encrypted_is_read(reader: Reader) -> None:
    assert await reader.text(made.book({"a.xhtml": "Once"}, encrypted="OEBPS/font.otf")) == "Once"


@pytest.mark.sampled(0.3)
@pytest.mark.parametrize("share", [0.2, 0.6, 0.9])
async def test_a_truncated_file_does_not_fail_the_function(reader: Reader, share: float) -> None:
    for whole in (
        made.pdf(["One", "Two"]),
        made.word(paragraphs=[("Normal", "One")]),
        made.sheets({"One": [["a"]]}),
        made.slides([("One", "a", "b")]),
        made.book({"a.xhtml": "One"}),
    ):
        truncated = whole[: int(len(whole) * share)]
        answer = await reader.range(truncated)
        # PDFium repairs a PDF whose end alone is missing.
        assert answer["problem"] is not None or answer["pieces"], (whole[:4], share)
        if whole.startswith(b"PK"):
            assert answer["problem"]["code"] == "torn"


@pytest.mark.sampled(0.6)
@pytest.mark.parametrize(
    "content",
    [
        b"\x7fELF" + bytes(300),
        b"PK\3\4" + bytes(100),
        b"{\\rtf1 Hello}",
        OLE + bytes(1000),
        b"MZ\x90\0\3\0\0\0" * 40,
    ],
    ids=["elf", "pk", "rtf", "ole", "exe"],
)
async def test_a_file_that_is_no_document_is_not_read_under_any_name(reader: Reader, content: bytes) -> None:
    for name in effort.drawn(("contract.pdf", "table.xlsx", "notes.txt", "data.csv"), 2):
        assert await reader.problem(content, name) in ("unsupported", "torn")


async def test_a_zip_of_other_content_is_not_read(reader: Reader) -> None:
    assert await reader.problem(made.archive({"a.txt": b"text"}), "contract.docx") == "unsupported"


async def test_the_type_of_a_file_is_detected_by_its_content(reader: Reader) -> None:
    assert await reader.text(made.word(paragraphs=[("Normal", "A lease")]), "lease.pdf") == "A lease"
    assert await reader.text(made.pdf(["A lease"]), "lease.docx") == "A lease"
    assert await reader.text(b"<html><body>A lease", "lease.txt") == "A lease"


async def test_a_pdf_of_ten_thousand_pages_is_refused_before_any_page_is_read(reader: Reader) -> None:
    kids = b" ".join(b"3 0 R" for _ in range(10_000))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 10000 /Kids [" + kids + b"] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
    ]

    assert await reader.problem(handmade_pdf(objects)) == "too_many_pages"


async def test_scripts_in_a_pdf_are_neither_run_nor_read(reader: Reader) -> None:
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /OpenAction 4 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 5 0 R /Resources 7 0 R >>",
        b"<< /S /JavaScript /JS (while \\(true\\) app.alert\\('owned'\\)) >>",
        b"<< /Length 38 >>\nstream\nBT /F 12 Tf 20 200 Td (Harmless) Tj ET\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Font << /F 6 0 R >> >>",
    ]

    assert await reader.text(handmade_pdf(objects)) == "Harmless"


async def test_an_archive_that_unpacks_to_gigabytes_is_refused_before_unpacking(reader: Reader) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(6):
            archive.writestr(f"word/{number}.xml", bytes(100_000_000))
    assert len(bomb.getvalue()) < 1_000_000

    assert await reader.problem(bomb.getvalue()) == "too_large"


async def test_an_archive_that_lies_about_its_size_fills_no_memory(reader: Reader) -> None:
    bomb = bytearray(made.archive({"word/document.xml": bytes(50_000_000), "[Content_Types].xml": b"<Types/>"}))
    # The size of a member, unpacked, stands at byte 22 of its local header and 24 of the directory's entry.
    for signature, place in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        at = bomb.find(signature) + place
        bomb[at : at + 4] = (100).to_bytes(4, "little")

    assert await reader.problem(bytes(bomb)) == "torn"


async def test_entities_that_expand_to_gigabytes_are_refused(reader: Reader) -> None:
    laughs = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(10)
    )
    bomb = made.archive({"META-INF/container.xml": f"{laughs}]><x>&k;</x>".encode()})

    assert await reader.problem(bomb) == "torn"


async def test_a_part_of_an_office_file_that_declares_entities_is_refused(reader: Reader) -> None:
    for members in (word_members(paragraph("Text")), slide_members({"slide1.xml": shape("Text")})):
        name = next(each for each in ("word/document.xml", "ppt/slides/slide1.xml") if each in members)
        members[name] = f'<!DOCTYPE x [<!ENTITY a "ha">]>{members[name].replace("Text", "&a;")}'

        assert await reader.problem(archived(members)) == "torn"


async def test_elements_nested_up_to_the_limit_are_read_and_deeper_ones_refused(reader: Reader) -> None:
    def nested(tag: str, depth: int) -> bytes:
        return word(f"<{tag}>" * depth + paragraph("Deep") + f"</{tag}>" * depth)

    for tag in ("w:sdt", "w:p", "w:tbl", "w:tc", "w:customXml"):
        assert await reader.text(nested(tag, 240)) == "Deep"
        assert await reader.problem(nested(tag, 300)) == "torn"


async def test_a_document_that_includes_itself_ends(reader: Reader) -> None:
    members = word_members(paragraph("Outer") + '<w:altChunk r:id="x"/>')
    members["word/_rels/document.xml.rels"] = relations({"x": ("aFChunk", "chunk.docx")})
    files = {name: content.encode() for name, content in members.items()}
    for _ in range(4):
        files["word/chunk.docx"] = made.archive(files)

    assert await reader.text(made.archive(files)) == "Outer\nOuter"


async def test_a_file_that_needs_too_much_memory_fails_alone(reader: Reader) -> None:
    # Each element of a docx takes many times its size as a tree.
    body = b"<w:p/>" * 4_000_000
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    content = made.word(paragraphs=[("Normal", "x")])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    assert kind.encode() in members["[Content_Types].xml"]
    members["word/document.xml"] = members["word/document.xml"].replace(b"<w:body>", b"<w:body>" + body)

    assert await reader.problem(made.archive(members), memory_bytes=500_000_000) == "too_large"


async def test_a_file_that_takes_too_long_is_ended(reader: Reader) -> None:
    rows = made.sheets({"Rows": [[number] * 20 for number in range(20_000)]})

    assert await reader.problem(rows, hard_seconds=1, seconds=1, pieces=1_000_000) == "took_too_long"


async def test_a_file_above_the_size_limit_is_not_downloaded_whole(reader: Reader) -> None:
    assert await reader.problem(b"x" * 2_000_001, file_bytes=2_000_000) == "too_large"
    assert await reader.text(b"x" * 100) == "x" * 100


async def test_a_file_without_text_says_so_and_counts_its_pages(reader: Reader) -> None:
    answer = await reader.range(made.pdf(["", "", ""]))

    assert answer["problem"]["code"] == "no_text"
    assert (answer["pages"], answer["pages_without_text"], answer["position"]) == (3, 3, None)
    assert await reader.problem(b" \n\n ") == "no_text"
    assert await reader.problem(made.sheets({"Empty": []})) == "no_text"


async def test_a_missing_file_is_the_callers_error_without_its_address(reader: Reader) -> None:
    url = f"{reader.address}/gone?X-Amz-Signature=5ea1ed"

    outcome = await reader.invoke({"url": url, "name": "x", "media_type": "", "position": None})

    assert outcome.status == "failed"
    assert outcome.output == {"errorType": "DownloadFailed", "errorMessage": "the storage answered 404"}


def handmade_pdf(objects: list[bytes]) -> bytes:
    """A PDF of these objects, numbered from 1, the first of them its catalogue."""
    content, places = b"%PDF-1.7\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>" % (count, table, count)
    return content + head + b"\nstartxref\n%d\n%%%%EOF\n" % len(content)
