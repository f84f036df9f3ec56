"""Why a file cannot be read: a code for the caller, and a sentence for the user who uploaded the file."""

from typing import Any

MESSAGES = {
    "encrypted": "This file is protected with a password. Please remove the protection and upload it again.",
    "torn": "This file is damaged or incomplete. Please upload it again.",
    "too_large": "This file is too large to be read. Please split it into smaller files.",
    "too_many_pages": "This file has too many pages. Please split it into smaller files.",
    "unsupported": (
        "This kind of file cannot be read. "
        "PDF, Word (docx), Excel (xlsx), PowerPoint (pptx), EPUB, HTML, CSV, text and images (PNG, JPEG, WebP) can."
    ),
    "no_text": "No text was found in this file. If its pages are images, a model can read them.",
    "took_too_long": "Reading this file took too long. Please split it into smaller files.",
}


class ProblemFound(Exception):
    """A file that cannot be read; `code` is one of MESSAGES."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def describe(code: str) -> dict[str, str]:
    """The problem for the answer."""
    return {"code": code, "message": MESSAGES[code]}


def failed(code: str) -> dict[str, Any]:
    """The answer about a file with this problem."""
    return {
        "pieces": [],
        "position": None,
        "progress": 1.0,
        "pages": None,
        "pages_without_text": 0,
        "picture_pages": [],
        "letters": {"in_file": 0, "read": 0},
        "problem": describe(code),
    }


def not_rendered(code: str) -> dict[str, Any]:
    """The answer to a request for images of such a file."""
    return {"images": [], "problem": describe(code)}
