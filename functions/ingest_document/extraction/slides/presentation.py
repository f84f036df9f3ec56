"""PowerPoint (pptx): each slide is a page, its title the heading; notes and comments follow.

The text of a layout or master is read once, with the first slide that shows it.
"""

import zipfile
from collections.abc import Iterator

from extraction.office import shown_letters
from extraction.office.markup import reference
from extraction.office.package import Element, Package
from extraction.pieces import Block, Piece, Reading, by_heading, count_letters
from extraction.slides.walk import SlidesWalk, is_shown, unseen_placeholders, without
from extraction.tally import Tally

_MAIN = "ppt/presentation.xml"
_HIDDEN = "Hidden slide"
_NOTES = "Notes: "


def read(archive: zipfile.ZipFile) -> Reading:
    """Any exception means that the file is corrupt."""
    presentation = _Presentation(Package(archive))
    tally = Tally()

    def unit(index: int) -> Iterator[Piece]:
        return tally.counted(by_heading(presentation.blocks(index), page=index + 1))

    count = len(presentation.slides)
    return Reading(count, unit, count, lambda _: tally.result(presentation.letters, presentation.added))


class _Presentation:
    """One PowerPoint file. `letters` and `added` are those of the last slide that was read."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self._main = package.main(_MAIN)
        relationships = package.by_id(self._main)
        listed = [relationships.get(reference(each)) for each in package.xml(self._main).iter("{*}sldId")]
        # A missing slide counts as a page, so that later slides keep their numbers.
        self.slides = ["" if each is None else each.part for each in listed]
        self._first = self._first_uses()
        self._authors: dict[str, str] | None = None
        self.letters = self.added = 0

    def blocks(self, index: int) -> Iterator[Block]:
        """All blocks of a slide."""
        self.letters = self.added = 0
        part = self.slides[index]
        if not self.package.has(part):
            return
        root = self.package.xml(part)
        if not is_shown(root, "show"):
            self.added += count_letters(_HIDDEN)
            yield Block(_HIDDEN)
        yield from self._of_part(part, root)
        if is_shown(root, "showMasterSp"):
            for behind in self._first.get(index, ()):
                drawn = self.package.xml(behind)
                yield from self._of_part(behind, without(drawn, unseen_placeholders(drawn, is_notes=False)))
        for notes in self.package.related(part, "notesSlide"):
            page = self.package.xml(notes)
            found = self._of_part(notes, without(page, unseen_placeholders(page, is_notes=True)))
            if found:
                self.added += count_letters(_NOTES)
                yield Block(f"{_NOTES}{found[0].text}")
            yield from found[1:]
        for comments in self.package.related(part, "comments"):
            yield from self._comments(self.package.xml(comments))

    def _of_part(self, part: str, root: Element) -> list[Block]:
        walk = SlidesWalk(self.package, part)
        walk.enter(root)
        self.added += walk.added
        self.letters += shown_letters.in_slides_part(root) + shown_letters.in_drawings(self.package, part, root)
        return walk.titles + walk.blocks

    def _first_uses(self) -> dict[int, list[str]]:
        """The layouts and masters by the first slide that shows them."""
        seen = set[str]()
        first: dict[int, list[str]] = {}
        for index, slide in enumerate(self.slides):
            for layout in self.package.related(slide, "slideLayout"):
                if layout in seen:
                    continue
                behind = [layout]
                if is_shown(self.package.xml(layout), "showMasterSp"):
                    behind += self.package.related(layout, "slideMaster")
                first.setdefault(index, []).extend(each for each in behind if each not in seen)
                seen.update(behind)
        return first

    def _comments(self, root: Element) -> Iterator[Block]:
        """Comments with their authors, in the form of each version of PowerPoint, replies after them."""
        for comment in root.iter("{*}cm", "{*}reply"):
            author = self._author(comment.get("authorId", ""))
            texts = [each.text or "" for each in comment.iterchildren("{*}text")]
            for body in comment.iterchildren("{*}txBody"):
                texts += ["".join(each.text or "" for each in line.iter("{*}t")) for line in body.iter("{*}p")]
            text = " ".join(" ".join(texts).split())
            if text:
                title = f"Comment ({author}): " if author else "Comment: "
                self.added += count_letters(title)
                self.letters += count_letters(text)
                yield Block(f"{title}{text}")

    def _author(self, author_id: str) -> str:
        if self._authors is None:
            parts = [*self.package.related(self._main, "commentAuthors"), *self.package.related(self._main, "authors")]
            listed = (each for part in parts for each in self.package.xml(part))
            self._authors = {each.get("id", ""): each.get("name", "") for each in listed}
        return self._authors.get(author_id, "")
