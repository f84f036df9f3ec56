"""Documents can be read and followed: short cells and lines, and no link that leads nowhere."""

import re
from pathlib import Path

import pytest

from local.data_folder import REPOSITORY

GUIDE = REPOSITORY / "docs" / "guide"
PAGES = REPOSITORY / "web" / "src" / "routes" / "(public)"
GLOSSARY = REPOSITORY / "docs" / "glossary.md"
FIRST = [REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "clients/README.md")]
DOCUMENTS = [*FIRST, *sorted((REPOSITORY / "docs").rglob("*.md"))]
CELL, LINE = 200, 160
LINK = re.compile(r"\]\(([^)\s]+)\)")

every_document = pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(REPOSITORY)))


def lines_of(file: Path) -> list[tuple[int, str]]:
    """Numbered lines, without those of code."""
    written, in_code = [], False
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if line.lstrip().startswith("```"):
            in_code = not in_code
        elif not in_code:
            written.append((number, line))
    return written


def anchors(file: Path) -> set[str]:
    """The anchors of the headings of a document, in GitHub's form; the guide in Hindi has the English ones."""
    if file.parent == GUIDE / "hi":
        file = GUIDE / file.name
    headings = [line.lstrip("#").strip() for _, line in lines_of(file) if re.match(r"#+ ", line)]
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_document
def test_table_cells_are_short(file: Path) -> None:
    rows = [(number, line) for number, line in lines_of(file) if line.startswith("|")]
    cells = [(number, cell.strip()) for number, line in rows for cell in re.split(r"(?<!\\)\|", line)]
    assert [number for number, cell in cells if len(cell) > CELL] == []


@every_document
def test_a_line_fits_on_a_screen(file: Path) -> None:
    prose = [(number, line) for number, line in lines_of(file) if not line.startswith("|")]
    assert [number for number, line in prose if len(line) > LINE] == []


@every_document
def test_a_link_has_a_target(file: Path) -> None:
    for number, line in lines_of(file):
        for link in LINK.findall(line):
            path, _, anchor = link.partition("#")
            if "://" in link or link.startswith("mailto:"):
                continue
            # A page of the site, which only the guide's pages are beside.
            if path.startswith("/") and file.is_relative_to(GUIDE):
                assert (PAGES / path[1:] / "+page.svelte").is_file(), f"line {number}: {link}"
                continue
            target = (file.parent / path).resolve() if path else file
            assert target.exists(), f"line {number}: {link}"
            assert not anchor or anchor in anchors(target), f"line {number}: {link}"


def test_the_paths_in_the_glossary_exist() -> None:
    rows = [line.split(" | ") for line in GLOSSARY.read_text().splitlines() if line.startswith("| ") and "`" in line]
    paths = [path for row in rows for path in re.findall(r"`([\w./]+)`", row[-1])]

    assert len(paths) > 60
    package = REPOSITORY / "layers" / "common" / "oneai"
    assert [path for path in paths if not (package / path).exists() and not (REPOSITORY / path).exists()] == []
