"""XML that is nothing but elements and text in UTF-8, as most programs write it: its elements can be found as bytes."""

import re

_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml(?P<declared>[^>]*)\?>)?\s*(?=<)")
_OTHER_ENCODING = re.compile(rb"encoding\s*=\s*[\"'](?!(?i:utf-?8|us-ascii)[\"'])")
ROOT = re.compile(rb"<([\w:.-]+)(?:\s[^>]*)?>")
"""The tag of the first element behind the declaration."""


def begin_of(text: bytes) -> int | None:
    """Where the elements begin in a text, given at least its first kilobyte; None for another encoding than UTF-8."""
    declaration = _DECLARATION.match(text)
    if declaration is None or _OTHER_ENCODING.search(declaration["declared"] or b""):
        return None
    return declaration.end()


def is_plain(text: bytes, begin: int) -> bool:
    """Whether nothing from `begin` on is a comment, a CDATA section, a processing instruction or a document type.

    What looks like an element in them is none.
    """
    return text.find(b"<!", begin) < 0 and text.find(b"<?", begin) < 0
