"""Finds a file's format by its content; its name and declared type only choose between formats of plain text."""

import re
import zipfile
from collections.abc import Mapping
from typing import IO, Literal

from extraction.problems import ProblemFound
from extraction.text import encoding

type Family = Literal["pdf", "archive", "image", "other"]
type Format = Literal["pdf", "docx", "xlsx", "pptx", "epub", "html", "csv", "markdown", "text"]

HEAD_BYTES = 1024
# A page's first element may follow comments, such as a licence.
_PAGE_HEAD_BYTES = 65_536
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Office stores a file with a password in its old container, as a stream with this name.
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_PAGE_ENDINGS = frozenset(("html", "htm", "xhtml", "xht", "shtml"))
_PAGE_TYPES = frozenset(("text/html", "application/xhtml+xml"))
# The start of a page (the HTML standard, section 13.1). A page's tag further down is an example, a cell or a string.
_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?(?>\s+|<\?xml[^>]*>|<!--.*?-->)*+<(?:!doctype\s+html|html|head|body)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
# Templates and scripts are code even if they start like a page.
_CODE = frozenset(
    (
        *("php", "phtml", "jsp", "asp", "aspx", "cshtml", "erb", "ejs", "hbs", "mustache", "twig", "j2", "tpl"),
        *("vue", "svelte", "astro", "js", "jsx", "ts", "tsx"),
    )
)
_PARTS: Mapping[str, Format] = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx", "meta-inf/container.xml": "epub"}
# The type of an Office file's main part, which may be in any folder.
_TYPES = "[content_types].xml"
_TYPES_BYTES = 1_000_000
_MAIN_PARTS: Mapping[bytes, Format] = {
    b"wordprocessingml.": "docx",
    b"ms-word.": "docx",
    b"presentationml.": "pptx",
    b"ms-powerpoint.": "pptx",
    b"spreadsheetml.": "xlsx",
}


def family(file: IO[bytes]) -> Family:
    """The format by the first bytes, which decide the imports of its reader."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if b"%PDF-" in head:
        return "pdf"
    if head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")) or (head.startswith(b"RIFF") and head[8:12] == b"WEBP"):
        return "image"
    return "archive" if head.startswith(b"PK") else "other"


def format_of_archive(archive: zipfile.ZipFile, limits: Mapping[str, int]) -> Format:
    """The format of a zip file. Raises ProblemFound: `too_large` for its unpacked size, `encrypted`, `unsupported`."""
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    if len(members) > limits["archive_members"] or unpacked > limits["unpacked_bytes"]:
        raise ProblemFound("too_large")
    if any(member.flag_bits & 1 for member in members):
        raise ProblemFound("encrypted")
    # Part names are case-insensitive (ECMA-376 part 2); some programs write backslashes, or a leading slash.
    names = {member.filename.replace("\\", "/").lstrip("/").lower(): member for member in members}
    for beginning, format_ in _PARTS.items():
        if any(name.startswith(beginning) for name in names):
            return format_
    if _TYPES in names:
        with archive.open(names[_TYPES]) as types:
            listed = types.read(_TYPES_BYTES)
        for type_, format_ in _MAIN_PARTS.items():
            if type_ in listed:
                return format_
    raise ProblemFound("unsupported")


def format_of_text(file: IO[bytes], name: str, media_type: str) -> Format:
    """The format of a file that is not an archive. Raises ProblemFound: `encrypted`, or `unsupported` if it is not
    text.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if head.startswith(_OLE):
        file.seek(0)
        raise ProblemFound("encrypted" if _ENCRYPTED_STREAM in file.read() else "unsupported")
    if head.startswith(b"{\\rtf") or not encoding.is_text(file):
        raise ProblemFound("unsupported")
    ending = name.rpartition(".")[2].lower()
    if ending in _PAGE_ENDINGS or media_type in _PAGE_TYPES:
        return "html"
    if ending in ("csv", "tsv") or media_type in ("text/csv", "text/tab-separated-values"):
        return "csv"
    if ending in ("md", "markdown") or media_type == "text/markdown":
        return "markdown"
    if ending in _CODE:
        return "text"
    file.seek(0)
    # UTF-16 has a zero in every other byte.
    return "html" if _PAGE.match(file.read(_PAGE_HEAD_BYTES).replace(b"\0", b"")) else "text"
