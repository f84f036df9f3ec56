"""The name of a conversation until a model or its user gives it a better one: the first words of its question."""

import re

from oneai.text import clean_line, cut_at_word, is_blank

# It fits in a line of the list of conversations on a wide screen.
MAX_CHARACTERS = 60
# The start of a question that is read for its name.
_READ_CHARACTERS = 2000

_FENCE = re.compile(r"^\s*(```|~~~).*$", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\]\n]+)\]\([^)\n]*\)")
_LINE_MARKS = re.compile(r"^\s*(([#>*+-]+|\d+\.)[ \t]+)+", re.MULTILINE)
_EMPHASIS = re.compile(r"\*\*|__|`")


def first_words(question: str) -> str | None:
    """The start of a question as a name of at most 60 characters, without Markdown, cut at a word with an ellipsis.

    None if nothing visible remains. Raises ValueError for lone surrogates."""
    start = question[:_READ_CHARACTERS]
    plain = _EMPHASIS.sub("", _LINE_MARKS.sub("", _LINK.sub(r"\1", _FENCE.sub("", start))))
    line = clean_line(plain)
    if re.search(r"\w", line) is None:  # nothing but marks, or a picture in signs
        line = clean_line(start)
    return None if is_blank(line) else cut_at_word(line, MAX_CHARACTERS)
