"""Headings of Markdown are those that CommonMark finds, and no line of code is one."""

import pytest

from tests.ingest_document import extracted

CASES = {
    "a fence closes no longer one": ("# A\n````\n```\n# no\n````\n## B\n", ["A", "B"]),
    "tildes and backticks are two kinds": ("~~~\n```\n# no\n~~~\n# A\n", ["A"]),
    "a fence with an info string closes none": ("```\n# no\n``` python\n# no\n```\n# A\n", ["A"]),
    "backticks with a backtick behind them open none": ("``` a`b\n# A\n", ["A"]),
    "inline code opens none": ("use ``` this ``` here\n# A\n", ["A"]),
    "four spaces open none": ("    ```\n# A\n", ["A"]),
    "a fence that is never closed": ("# A\n```\n# no\n", ["A"]),
    "a fence in a list": ("1. x\n\n   ```\n   # no\n   ```\n# A\n", ["A"]),
    "a fence in a list in a list": ("- a\n    - b\n\n        ```sh\n        # no\n        ```\n# A\n", ["A"]),
    "a fence ends with its quotation": ("> ```\n> # no\n# A\n", ["A"]),
    "underlines": ("Title\n=====\nPart\n---\ntext\n", ["Title", "Part"]),
    "an underline below two lines": ("one\ntwo\n===\n", ["one two"]),
    "a rule below a list": ("- a\n---\n# A\n", ["A"]),
    "a rule after a blank line": ("a\n\n---\n# A\n", ["A"]),
    "a table": ("| a | b |\n|---|---|\n| 1 | 2 |\n# A\n", ["A"]),
    "front matter": ("---\ntitle: x\n# no\n---\n# A\n", ["A"]),
    "front matter that does not end": ("---\nnot data\n\n# A\n", ["A"]),
    "three spaces, and closing signs": ("   # A ##\n    # no\n", ["A"]),
    "a tag": ("#tag\n# A\n", ["A"]),
    "a comment": ("<!--\n# no\n-->\n# A\n", ["A"]),
    "preformatted HTML": ("<pre>\n# no\n</pre>\n# A\n", ["A"]),
}


@pytest.mark.parametrize("case", CASES)
def test_headings_are_those_of_commonmark(case: str) -> None:
    source, headings = CASES[case]

    blocks = list(extracted.module("extraction.text.markdown").blocks(source.splitlines(keepends=True)))

    assert [block.text for block in blocks if block.level is not None] == headings


def test_every_line_is_kept_except_for_heading_marks() -> None:
    source = "---\na: 1\n---\nTitle\n===\ntext\nmore\n\n    code\n- item\n\n```\n# x\n```\nend\n"

    assert extracted.text(source.encode(), "notes.md").splitlines() == [
        *("---", "a: 1", "---", "Title", "text", "more", "", "    code", "- item", "", "```", "# x", "```", "end"),
    ]
