"""`python -m local.docs_index`: makes the search indexes of the documentation, from the files its pages are built from.

The guide is docs/guide, in the order of its README, and docs/guide/hi in Hindi, whose headings have the anchors of the
English ones. The API's reference is docs/openapi.json, a page for each tag, in English. What only operators call has
a page, but no entry in an index. `web/guide/` builds the same pages, with the same anchors.
"""

import json
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from local.data_folder import REPOSITORY
from oneai.documentation.index import FILES, GuideLanguage, Index, Section, make_index

GUIDE = REPOSITORY / "docs" / "guide"
OPENAPI = REPOSITORY / "docs" / "openapi.json"
_FOLDER = REPOSITORY / "functions" / "docs"
_PAGE = re.compile(r"\]\(([a-z0-9-]+)\.md\)")
# What only operators can call, and readers of the documentation do not look for.
_OPERATORS = "Admin"
# The weight of a section of the reference. A section of the guide ranks higher, because readers want it first.
_REFERENCE = 0.4


def slugs(language: GuideLanguage = "en") -> list[str]:
    """The guide's pages in the order of its README."""
    folder = GUIDE if language == "en" else GUIDE / language
    return _PAGE.findall((folder / "README.md").read_text())


def build(language: GuideLanguage = "en") -> Index:
    """The index of all sections: of the guide in this language, and of the reference."""
    guide = [(section, 1.0) for slug in slugs() for section in _sections(slug, language)]
    reference = [(section, _REFERENCE) for section in _operations(json.loads(OPENAPI.read_text()))]
    return make_index(guide + reference)


def write(folder: Path = _FOLDER) -> dict[GuideLanguage, Path]:
    """Writes the indexes beside the function's code, each atomically and only if it changed. Returns their paths."""
    files = {language: folder / name for language, name in FILES.items()}
    for language, file in files.items():
        text = build(language).json()
        if not file.is_file() or file.read_text() != text:
            descriptor, name = tempfile.mkstemp(dir=folder, prefix=".index-")
            with os.fdopen(descriptor, "w") as new:
                new.write(text)
            Path(name).chmod(0o644)
            Path(name).replace(file)
    return files


def anchor_of(heading: str) -> str:
    """The anchor of a heading, in GitHub's form."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _sections(slug: str, language: GuideLanguage) -> list[Section]:
    """The sections of a page of the guide. Raises ValueError if a translation has other headings than the original."""
    original = list(_page(slug, (GUIDE / f"{slug}.md").read_text()))
    if language == "en":
        return original
    translated = _page(slug, (GUIDE / language / f"{slug}.md").read_text())
    return [section._replace(anchor=anchor) for section, (_, anchor, *_) in zip(translated, original, strict=True)]


def _page(slug: str, markdown: str) -> Iterator[Section]:
    tokens = MarkdownIt().enable("table").parse(markdown)
    anchors: Counter[str] = Counter()
    title = heading = anchor = ""
    texts: list[str] = []
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            if title:
                yield Section(slug, anchor, title, heading, " ".join(texts))
            heading, texts = _text(tokens[at + 1]), []
            anchor = _unique(anchor_of(heading), anchors) if title else ""
            title = title or heading
        elif token.type == "inline" and tokens[at - 1].type != "heading_open":
            texts.append(_text(token))
        elif token.type in ("fence", "code_block"):
            texts.append(token.content.strip())
    yield Section(slug, anchor, title, heading, " ".join(texts))


def _text(inline: Token) -> str:
    parts: Sequence[Token] = inline.children or ()
    return "".join(" " if part.type == "softbreak" else part.content for part in parts)


def _unique(anchor: str, used: Counter[str]) -> str:
    used[anchor] += 1
    return anchor if used[anchor] == 1 else f"{anchor}-{used[anchor] - 1}"


def _operations(document: dict[str, Any]) -> Iterator[Section]:
    for tag in document["tags"]:
        if tag["name"] == _OPERATORS:
            continue
        slug, title = f"api/{anchor_of(tag['name'])}", f"API: {tag['name']}"
        yield Section(slug, "", title, tag["name"], tag["description"])
        for path, method, operation in _of_tag(document["paths"], tag["name"]):
            anchor = operation["operationId"].replace("_", "-")
            fields = [parameter["name"] for parameter in operation.get("parameters", [])]
            text = " ".join([operation.get("description", ""), f"{method.upper()} {path}", *fields])
            yield Section(slug, anchor, title, operation["summary"], text)


def _of_tag(paths: dict[str, Any], tag: str) -> Iterable[tuple[str, str, dict[str, Any]]]:
    return (
        (path, method, operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if tag in operation["tags"]
    )


def main() -> int:
    """Writes them."""
    for file in write().values():
        sys.stdout.write(f"{file.relative_to(REPOSITORY)} is written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
