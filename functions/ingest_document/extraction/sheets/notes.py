"""Comments on cells: notes of one author, and threads of several people."""

from extraction.office.package import Element, Package
from extraction.sheets.shared_strings import rich_text


def read(package: Package, comments: list[str], threads: list[str], persons: list[str]) -> list[str]:
    """A line for each comment of a sheet, given the parts with comments: `Comment on B2 by Asha: Is this paid?`.

    A thread is stored twice, the second time as a note for older programs, which is left out.
    """
    names = {
        person.get("id", ""): person.get("displayName", "")
        for part in persons
        for person in _children(package.xml_or_none(part), "person")
    }
    lines: list[str] = []
    in_threads: set[str] = set()
    for part in threads:
        for comment in _children(package.xml_or_none(part), "threadedComment"):
            cell = comment.get("ref", "")
            in_threads.add(cell)
            text = " ".join(" ".join(each.text or "" for each in comment.iterchildren("{*}text")).split())
            lines.append(_line(cell, names.get(comment.get("personId", ""), ""), text))
    for part in comments:
        root = package.xml_or_none(part)
        authors = ["".join(each.itertext()).strip() for each in _children(root, "author")]
        for comment in _children(root, "comment"):
            cell = comment.get("ref", "")
            if cell in in_threads:
                continue
            text = " ".join(rich_text(each) for each in comment.iterchildren("{*}text"))
            number = comment.get("authorId", "")
            author = authors[int(number)] if number.isdecimal() and int(number) < len(authors) else ""
            # Excel begins the text with the author's name.
            lines.append(_line(cell, "" if text.startswith(author) else author, text))
    return [line for line in lines if line]


def _children(root: Element | None, name: str) -> list[Element]:
    return [] if root is None else list(root.iter(f"{{*}}{name}"))


def _line(cell: str, author: str, text: str) -> str:
    return f"Comment on {cell}{f' by {author}' if author else ''}: {text}" if text else ""
