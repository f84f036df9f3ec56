"""PowerPoint files: every text of a slide is read once, titles first, with what stands beside and behind the slides."""

import pytest

from tests.ingest_document.office_files import (
    STRICT,
    archived,
    part,
    relations,
    shape,
    slide,
    slide_members,
    slides,
)
from tests.ingest_document.readings import opened, share, text

NOTES = part(
    "p:notes",
    f"<p:cSld><p:spTree>{shape('Page 1', placeholder='sldNum')}{shape('Speak slowly', placeholder='body')}"
    f"{shape('A note beside')}</p:spTree></p:cSld>",
)


def table(*rows: str) -> str:
    """A table on a slide; cells of a row are parted by `|`."""
    cells = (
        "".join(
            f"<a:tc><a:txBody><a:p><a:r><a:t>{cell}</a:t></a:r></a:p></a:txBody></a:tc>" for cell in each.split("|")
        )
        for each in rows
    )
    made_rows = "".join(f"<a:tr>{each}</a:tr>" for each in cells)
    data = f"<a:graphicData><a:tbl>{made_rows}</a:tbl></a:graphicData>"
    return f"<p:graphicFrame><a:graphic>{data}</a:graphic></p:graphicFrame>"


def alternatives(first: str, second: str, requires: str = "wps") -> str:
    """The same in two forms."""
    return (
        f"<mc:AlternateContent><mc:Choice Requires='{requires}'>{first}</mc:Choice>"
        f"<mc:Fallback>{second}</mc:Fallback></mc:AlternateContent>"
    )


def item(said: str, scheme: str | None = "arabicPeriod", level: int = 0, more: str = "") -> str:
    """A paragraph of a list with numbers; None for one without a number."""
    number = f'<a:buAutoNum type="{scheme}" {more}/>' if scheme else "<a:buNone/>"
    return f'<a:p><a:pPr lvl="{level}">{number}</a:pPr><a:r><a:t>{said}</a:t></a:r></a:p>'


def listed(*paragraphs: str, styles: str = "") -> str:
    """A shape with these paragraphs, below a list style."""
    return f"<p:sp><p:txBody><a:lstStyle>{styles}</a:lstStyle>{''.join(paragraphs)}</p:txBody></p:sp>"


RUN = "<a:r><a:t>{}</a:t></a:r>"
CASES = {
    "breaks-in-title-and-text": (
        shape(f"{RUN.format('Quarterly')}<a:br/>{RUN.format('Review')}", placeholder="title")
        + shape(f"{RUN.format('Revenue grew')}<a:br/>{RUN.format('Costs fell')}"),
        "Quarterly Review\nRevenue grew\nCosts fell",
    ),
    "table": (table("City|Sales", "Pune|718"), "City | Sales\nPune | 718"),
    "table-in-both-forms": (alternatives(table("A|B"), shape("A B")), "A | B"),
    "both-forms": (alternatives(shape("Margin is 31 %"), shape("Margin is 31 %")), "Margin is 31 %"),
    "title-in-both-forms": (
        shape("Text") + alternatives(shape("Plan", placeholder="title"), shape("Plan", placeholder="title")),
        "Plan\nText",
    ),
    "groups-in-groups": (
        f"<p:grpSp><p:nvGrpSpPr><p:cNvPr id='3' name='g'/></p:nvGrpSpPr>{shape('Outer')}"
        f"<p:grpSp>{shape('Inner')}</p:grpSp></p:grpSp>",
        "Outer\nInner",
    ),
    "hidden-shapes": (
        shape("Seen")
        + shape("unseen", hidden=True)
        + f"<p:grpSp><p:nvGrpSpPr><p:cNvPr id='3' name='g' hidden='1'/></p:nvGrpSpPr>{shape('unseen')}</p:grpSp>",
        "Seen",
    ),
    "fields": (
        shape(f"{RUN.format('As of ')}<a:fld type='datetime1'><a:t>3 May 2026</a:t></a:fld>"),
        "As of 3 May 2026",
    ),
    "equation": (
        shape(
            RUN.format("Area")
            + alternatives("<m:oMath><m:r><m:t>πr</m:t></m:r></m:oMath>", RUN.format("picture"))
            + RUN.format("is known")
        ),
        "Area πr is known",
    ),
    "shape-in-an-unknown-wrapper": (f"<unknown:frame>{shape('Inside')}</unknown:frame>", "Inside"),
    "numbered-list": (
        listed(item("Rent"), item("Due", "alphaLcParenR", 1), item("Late", "alphaLcParenR", 1), item("Pets"))
        + listed(item("Keys")),
        "1. Rent\na) Due\nb) Late\n2. Pets\n1. Keys",
    ),
    "numbered-list-begun-anew": (
        listed(item("Rent"), item("A remark", None), item("Pets"), item("Keys", more="startAt='7'"))
        + listed(item("Fee", "romanUcPeriod"), "<a:p/>", item("Tax", "romanUcPeriod")),
        "1. Rent\nA remark\n1. Pets\n7. Keys\nI. Fee\nII. Tax",
    ),
    "numbered-list-by-its-style": (
        listed(
            shape("One").partition("<p:txBody>")[2].partition("</p:txBody>")[0],
            item("Two", None),
            item("Three", "circleNumDbPlain"),
            item("Four", "arabicParenBoth"),
            styles='<a:lvl1pPr><a:buAutoNum type="arabicPlain"/></a:lvl1pPr>',
        ),
        "1 One\nTwo\n① Three\n(1) Four",
    ),
    "title-after-the-text": (shape("Text") + shape("Title", placeholder="ctrTitle"), "Title\nText"),
}


@pytest.mark.parametrize("case", CASES)
def test_text_shown_by_powerpoint_is_read_once(case: str) -> None:
    shapes, expected = CASES[case]
    content = slides({"slide1.xml": shapes})

    assert text(content) == expected
    assert share(content) == 1


def test_a_title_with_a_line_break_is_a_heading_of_whole_words() -> None:
    content = slides({"slide1.xml": CASES["breaks-in-title-and-text"][0]})

    assert [piece.heading for piece in opened(content).unit(0)] == ["Quarterly Review"]


def test_a_hidden_slide_is_marked_and_has_its_own_page() -> None:
    content = slides({"slide1.xml": shape("One"), "slide2.xml": slide(shape("Two"), "show='0'")})
    reading = opened(content)

    assert [[piece.text for piece in reading.unit(unit)] for unit in range(2)] == [["One"], ["Hidden slide\nTwo"]]
    assert share(content) == 1


def test_notes_are_read_without_repeats_of_the_slide() -> None:
    content = slides(
        {"slide1.xml": shape("Sales")},
        {
            "ppt/slides/_rels/slide1.xml.rels": relations({"n": ("notesSlide", "../notesSlides/notesSlide1.xml")}),
            "ppt/notesSlides/notesSlide1.xml": NOTES,
        },
    )

    assert text(content) == "Sales\nNotes: Speak slowly\nA note beside"
    assert share(content) == 1


def test_texts_of_a_master_are_read_once_and_its_placeholders_never() -> None:
    behind = f"<p:cSld><p:spTree>{shape('Click to edit', placeholder='title')}{shape('Acme Ltd')}</p:spTree></p:cSld>"
    layout = f"<p:cSld><p:spTree>{shape('Board only')}</p:spTree></p:cSld>"
    to_layout = relations({"l": ("slideLayout", "../slideLayouts/slideLayout1.xml")})
    content = slides(
        {"slide1.xml": shape("One"), "slide2.xml": shape("Two")},
        {
            "ppt/slides/_rels/slide1.xml.rels": to_layout,
            "ppt/slides/_rels/slide2.xml.rels": to_layout,
            "ppt/slideLayouts/slideLayout1.xml": part("p:sldLayout", layout),
            "ppt/slideLayouts/_rels/slideLayout1.xml.rels": relations(
                {"m": ("slideMaster", "../slideMasters/slideMaster1.xml")}
            ),
            "ppt/slideMasters/slideMaster1.xml": part("p:sldMaster", behind),
        },
    )

    assert text(content) == "One\nBoard only\nAcme Ltd\nTwo"
    assert share(content) == 1


@pytest.mark.parametrize("form", ["old", "new"])
def test_comments_are_read_with_their_authors(form: str) -> None:
    if form == "old":
        comments = '<p:cmLst {}><p:cm authorId="0"><p:text>Check this.</p:text></p:cm></p:cmLst>'
        authors = part("p:cmAuthorLst", '<p:cmAuthor id="0" name="Asha Rao"/>')
    else:
        body = "<p188:txBody><a:p><a:r><a:t>{}</a:t></a:r></a:p></p188:txBody>"
        reply = f'<p188:replyLst><p188:reply authorId="0">{body.format("Done.")}</p188:reply></p188:replyLst>'
        comments = f'<p188:cmLst {{}}><p188:cm authorId="0">{reply}{body.format("Check this.")}</p188:cm></p188:cmLst>'
        authors = part("p188:authorLst", '<p188:author id="0" name="Asha Rao"/>')
    tag, _, rest = comments[1:].partition(" {}>")
    members = slide_members({"slide1.xml": shape("Plan")})
    members["ppt/slides/_rels/slide1.xml.rels"] = relations({"c": ("comments", "../comments/comment1.xml")})
    members["ppt/comments/comment1.xml"] = part(tag, rest.removesuffix(f"</{tag}>"))
    members["ppt/authors.xml"] = authors
    kind = "commentAuthors" if form == "old" else "authors"
    members["ppt/_rels/presentation.xml.rels"] = relations(
        {"slide1": ("slide", "slides/slide1.xml"), "a": (kind, "authors.xml")}
    )

    expected = "Plan\nComment (Asha Rao): Check this."
    assert text(archived(members)) == (expected if form == "old" else f"{expected}\nComment (Asha Rao): Done.")
    assert share(archived(members)) == 1


def test_labels_that_the_series_of_a_chart_share_count_once() -> None:
    def column(name: str, *values: int) -> str:
        points = "".join(f"<c:pt idx='{at}'><c:v>{each}</c:v></c:pt>" for at, each in enumerate(values))
        labels = "<c:pt idx='0'><c:v>North</c:v></c:pt><c:pt idx='1'><c:v>South</c:v></c:pt>"
        return (
            f"<c:ser><c:tx><c:strRef><c:strCache><c:pt idx='0'><c:v>{name}</c:v></c:pt></c:strCache></c:strRef></c:tx>"
            f"<c:cat><c:strRef><c:strCache>{labels}</c:strCache></c:strRef></c:cat>"
            f"<c:val><c:numRef><c:numCache>{points}</c:numCache></c:numRef></c:val></c:ser>"
        )

    columns = column("May", 1, 2) + column("June", 3, 4) + column("July", 5, 6)
    frame = "<p:graphicFrame><a:graphic><a:graphicData><c:chart r:id='c'/></a:graphicData></a:graphic></p:graphicFrame>"
    chart = f"<c:chart><c:plotArea><c:barChart>{columns}</c:barChart></c:plotArea></c:chart>"
    content = slides(
        {"slide1.xml": frame},
        {
            "ppt/slides/_rels/slide1.xml.rels": relations({"c": ("chart", "../charts/chart1.xml")}),
            "ppt/charts/chart1.xml": part("c:chartSpace", chart),
        },
    )

    assert text(content) == "May | June | July\nNorth | 1 | 3 | 5\nSouth | 2 | 4 | 6"
    assert share(content) == 1


def test_a_chart_of_the_newer_kind_is_read() -> None:
    chart = part(
        "cx:chartSpace",
        "<cx:chartData><cx:data><cx:strDim type='cat'><cx:lvl><cx:pt idx='0'>North</cx:pt><cx:pt idx='1'>South</cx:pt>"
        "</cx:lvl></cx:strDim></cx:data></cx:chartData><cx:chart><cx:title><cx:tx><cx:txData><cx:v>Regions</cx:v></cx:txData>"
        "</cx:tx></cx:title></cx:chart>",
    )
    frame = (
        "<p:graphicFrame><a:graphic><a:graphicData><cx:chart r:id='c'/></a:graphicData></a:graphic></p:graphicFrame>"
    )
    content = slides(
        {"slide1.xml": alternatives(frame, shape("This chart is not available."), "cx")},
        {
            "ppt/slides/_rels/slide1.xml.rels": relations({"c": ("chartEx", "../charts/chartEx1.xml")}),
            "ppt/charts/chartEx1.xml": chart,
        },
    )

    assert text(content) == "North | South\nRegions"
    assert share(content) == 1


def test_a_missing_slide_remains_a_page() -> None:
    members = slide_members({"slide1.xml": shape("One"), "slide2.xml": shape("Two"), "slide3.xml": shape("Three")})
    del members["ppt/slides/slide2.xml"]
    reading = opened(archived(members))

    assert reading.pages == 3
    assert [[piece.text for piece in reading.unit(unit)] for unit in range(3)] == [["One"], [], ["Three"]]


def test_a_strict_presentation_is_read_like_any_other() -> None:
    members = slide_members({"slide1.xml": shape("Plan", placeholder="title") + table("A|B")})
    for usual, strict in STRICT.items():
        members = {name: content.replace(usual, strict) for name, content in members.items()}

    assert text(archived(members)) == "Plan\nA | B"
