"""Fenced code blocks of Markdown, by CommonMark (https://spec.commonmark.org/0.31.2/#fenced-code-blocks)."""

import re

# Up to three spaces, then at least three backticks or tildes; an info string after backticks has no backtick.
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}(?=[^`]*$)|~{3,})(?P<info>.*)$")
_LINE_END = re.compile(r"\r\n|\n|\r")
_BACKTICKS = re.compile(r"`{3,}")
# What may follow the fence: one word, as highlighters name languages.
_LANGUAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9+#._-]{0,39}")


def fenced(code: str, language: str | None = None) -> str:
    """The code as a block whose fence is longer than any run of backticks in it, so nothing in it ends the block.

    A `language` that is not one word is left out.
    """
    longest = max((len(run) for run in _BACKTICKS.findall(code)), default=2)
    fence = "`" * (longest + 1)
    info = language if language and _LANGUAGE.fullmatch(language) else ""
    return f"{fence}{info}\n{code.removesuffix('\n')}\n{fence}"


def closed(markdown: str) -> str:
    """The text with the fence that it leaves open closed, so text after it is not part of the code."""
    fence = open_fence(markdown)
    return f"{markdown.removesuffix('\n')}\n{fence}" if fence else markdown


def open_fence(markdown: str) -> str | None:
    """The fence that no line of the text closes: same character, at least as long, and nothing but spaces after it."""
    if "```" not in markdown and "~~~" not in markdown:
        return None
    opened: str | None = None
    for line in _LINE_END.split(markdown):
        found = _FENCE.match(line)
        if not found:
            continue
        fence = found["fence"]
        if opened is None:
            opened = fence
        elif fence[0] == opened[0] and len(fence) >= len(opened) and not found["info"].strip():
            opened = None
    return opened
