"""XML with only elements and text in UTF-8, as most programs write it: its elements can be found as bytes."""

import re

_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml(?P<declared>[^>]*)\?>)?\s*(?=<)")
_OTHER_ENCODING = re.compile(rb"encoding\s*=\s*[\"'](?!(?i:utf-?8|us-ascii)[\"'])")
ROOT = re.compile(rb"<([\w:.-]+)(?:\s[^>]*)?>")
"""The tag of the first element behind the declaration."""


def begin_of(text: bytes) -> int | None:
    """Where the elements start in a text, given at least its first kilobyte; None if it is not UTF-8."""
    declaration = _DECLARATION.match(text)
    if declaration is None or _OTHER_ENCODING.search(declaration["declared"] or b""):
        return None
    return declaration.end()


def is_plain(text: bytes, begin: int) -> bool:
    """Whether there is no comment, CDATA section, processing instruction or document type from `begin` on.

    These can contain text that looks like an element.
    """
    return text.find(b"<!", begin) < 0 and text.find(b"<?", begin) < 0
