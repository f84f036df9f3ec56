"""The body of Word files as programs and people make them: each text that Word shows is read once, in order."""

import pytest

from tests.ingest_document.office_files import paragraph, part, run, word
from tests.ingest_document.readings import opened, share, text


def begin(kind: str = "begin", form: str = "") -> str:
    """A run with the mark of a field."""
    return f'<w:r><w:fldChar w:fldCharType="{kind}">{form}</w:fldChar></w:r>'


def code(instruction: str) -> str:
    """A run with the code of a field."""
    return f"<w:r><w:instrText>{instruction}</w:instrText></w:r>"


def box(content: str) -> str:
    """A text box."""
    return f"<wps:wsp><wps:txbx><w:txbxContent>{content}</w:txbxContent></wps:txbx></wps:wsp>"


def cell(content: str, properties: str = "") -> str:
    """A cell of a table."""
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{content}</w:tc>"


def row(*cells: str) -> str:
    """A row of a table."""
    return f"<w:tr>{''.join(cells)}</w:tr>"


NUMBERING = part(
    "w:numbering",
    """<w:abstractNum w:abstractNumId="1">
    <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
    <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl>
    <w:lvl w:ilvl="2"><w:start w:val="4"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="(%3)"/></w:lvl>
    </w:abstractNum>
    <w:abstractNum w:abstractNumId="2"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="&#xF0B7;"/>
    <w:rPr><w:rFonts w:ascii="Symbol"/></w:rPr></w:lvl></w:abstractNum>
    <w:abstractNum w:abstractNumId="3"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/>
    <w:pStyle w:val="Clause"/><w:lvlText w:val="Clause %1"/></w:lvl></w:abstractNum>
    <w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>
    <w:num w:numId="2"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/>
    </w:lvlOverride></w:num><w:num w:numId="3"><w:abstractNumId w:val="2"/></w:num>
    <w:num w:numId="4"><w:abstractNumId w:val="3"/></w:num>""",
)
STYLES = part(
    "w:styles",
    """<w:style w:type="paragraph" w:default="1" w:styleId="Standard"><w:name w:val="Normal"/></w:style>
    <w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
    <w:style w:type="paragraph" w:styleId="Firm"><w:name w:val="Firm heading"/>
    <w:basedOn w:val="berschrift1"/></w:style>
    <w:style w:type="paragraph" w:styleId="Outline"><w:name w:val="Part"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr>
    </w:style>
    <w:style w:type="paragraph" w:styleId="Clause"><w:name w:val="Clause"/><w:pPr><w:numPr>
    <w:numId w:val="4"/></w:numPr></w:pPr></w:style>
    <w:style w:type="paragraph" w:styleId="Draft"><w:name w:val="Draft"/><w:rPr><w:vanish/></w:rPr></w:style>
    <w:style w:type="character" w:styleId="Secret"><w:name w:val="Secret"/><w:rPr><w:vanish/></w:rPr></w:style>""",
)


def item(content: str, list_id: int, level: int = 0) -> str:
    """A paragraph of a list."""
    return paragraph(content, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list_id}"/></w:numPr>')


def styled(content: str, style: str) -> str:
    """A paragraph with a style."""
    return paragraph(content, f'<w:pStyle w:val="{style}"/>')


CHECKED = "<w:ffData><w:checkBox><w:default w:val='0'/><w:checked/></w:checkBox></w:ffData>"
UNCHECKED = "<w:ffData><w:checkBox><w:default w:val='0'/></w:checkBox></w:ffData>"
CITIES = "<w:listEntry w:val='Pune'/><w:listEntry w:val='Kochi'/>"
CITY = f"<w:ffData><w:ddList><w:result w:val='1'/>{CITIES}</w:ddList></w:ffData>"
ADDRESS = f"{run('12 Park')}<w:r><w:br/></w:r>{run('Kolkata')}<w:r><w:tab/></w:r>{run('700016')}"
INNER_TABLE = f"<w:tbl>{row(cell(paragraph('A')), cell(paragraph('B')))}</w:tbl><w:p/>"
CASES = {
    "tracked-insertion": (
        paragraph(
            f"{run('Rent is ')}<w:del><w:r><w:delText>ten</w:delText></w:r></w:del><w:ins>{run('twelve')}</w:ins>"
        )
        + paragraph(f"<w:ins>{run('Cats may stay.')}</w:ins>", "<w:rPr><w:ins/></w:rPr>"),
        "Rent is twelve\nCats may stay.",
    ),
    "moved-text": (
        paragraph(f"<w:moveFrom>{run('Old place')}</w:moveFrom>{run('First.')}")
        + paragraph(f"<w:moveTo>{run('New place.')}</w:moveTo>"),
        "First.\nNew place.",
    ),
    "paragraph-mark-deleted": (
        paragraph(run("Un"), "<w:rPr><w:del/></w:rPr>") + paragraph("divided."),
        "Undivided.",
    ),
    "deleted-row": (
        f"<w:tbl><w:tr><w:trPr><w:del/></w:trPr>{cell(paragraph('Gone'))}</w:tr>{row(cell(paragraph('Stays')))}</w:tbl>",
        "Stays",
    ),
    "text-box-in-both-forms": (
        paragraph(
            f"{run('Anchor')}<w:r><mc:AlternateContent><mc:Choice Requires='wps'>"
            f"{box(paragraph('Call 1098'))}</mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent>"
            f"{paragraph('Call 1098')}</w:txbxContent></v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
            + run(" ends.")
        ),
        "Anchor ends.\nCall 1098",
    ),
    "choice-that-office-does-not-know": (
        paragraph(
            f"<mc:AlternateContent><mc:Choice Requires='unknown'>{run('New form')}</mc:Choice>"
            f"<mc:Fallback>{run('Old form')}</mc:Fallback></mc:AlternateContent>"
        ),
        "Old form",
    ),
    "content-controls": (
        "<w:sdt><w:sdtPr><w:alias w:val='x'/></w:sdtPr><w:sdtContent>"
        f"{paragraph('Salary: 81,250')}</w:sdtContent></w:sdt>"
        + paragraph(f"{run('From ')}<w:sdt><w:sdtContent>{run('3 August')}</w:sdtContent></w:sdt>")
        + f"<w:tbl><w:sdt><w:sdtContent><w:tr>{cell(paragraph('Row'))}<w:sdt><w:sdtContent>{cell(paragraph('Cell'))}"
        "</w:sdtContent></w:sdt></w:tr></w:sdtContent></w:sdt></w:tbl>",
        "Salary: 81,250\nFrom 3 August\nRow | Cell",
    ),
    "wrappers-inside-each-other": (
        paragraph(
            f"<w:hyperlink><w:smartTag><w:customXml>{run('Linked ')}</w:customXml></w:smartTag></w:hyperlink>"
            f"<w:fldSimple w:instr='REF x'>{run('Section 4')}</w:fldSimple><w:bdo><w:dir>{run(' end')}</w:dir></w:bdo>"
            f"<unknown:wrapper>{run('.')}</unknown:wrapper>"
        ),
        "Linked Section 4 end.",
    ),
    "breaks-in-a-cell": (
        f"<w:tbl>{row(cell(paragraph('Ravi')), cell(paragraph(ADDRESS)))}</w:tbl>",
        "Ravi | 12 Park Kolkata 700016",
    ),
    "breaks-and-hyphens": (
        paragraph(
            "<w:r><w:t>One</w:t><w:br/><w:t>two</w:t><w:cr/><w:t>three</w:t><w:tab/><w:t>e</w:t><w:noBreakHyphen/>"
            "<w:t>mail co</w:t><w:softHyphen/><w:t>op</w:t><w:ptab/><w:t>4</w:t></w:r>"
        ),
        "One\ntwo\nthree\te-mail coop\t4",
    ),
    "field-results": (
        paragraph(
            begin()
            + code("IF ")
            + begin()
            + code("MERGEFIELD x")
            + begin("separate")
            + run("inner code")
            + begin("end")
            + code(' = "a"')
            + begin("separate")
            + run("The result")
            + begin("end")
            + run(" is seen.")
        ),
        "The result is seen.",
    ),
    "field-that-never-ends": (
        paragraph(begin() + code("PAGE") + run("Half a field.")) + paragraph("What follows is here."),
        "Half a field.\nWhat follows is here.",
    ),
    "form-fields": (
        paragraph(
            begin(form=CHECKED)
            + code("FORMCHECKBOX")
            + begin("end")
            + run(" owner ")
            + begin(form=UNCHECKED)
            + code("FORMCHECKBOX")
            + begin("separate")
            + begin("end")
            + run(" tenant in ")
            + begin(form=CITY)
            + code("FORMDROPDOWN")
            + begin("end")
        ),
        "☒ owner ☐ tenant in Kochi",
    ),
    "hidden-text": (
        paragraph(run("Seen") + run("unseen", "<w:vanish/>") + run(" too", "<w:vanish w:val='0'/>"))
        + paragraph(run("by style", '<w:rStyle w:val="Secret"/>') + run("only this"))
        + styled(run("a draft") + run("but this", "<w:vanish w:val='false'/>"), "Draft"),
        "Seen too\nonly this\nbut this",
    ),
    "hidden-drawing": (
        paragraph(
            run("Page") + f"<w:r><w:drawing><wp:anchor><wp:docPr id='1' name='x' hidden='1'/>{box(paragraph('unseen'))}"
            "</wp:anchor></w:drawing></w:r>"
        ),
        "Page",
    ),
    "list-numbers": (
        item("Rent", 1)
        + item("Due", 1, 1)
        + item("Late", 1, 1)
        + item("Fee", 1, 2)
        + item("Notice", 1)
        + item("Form", 1, 1)
        + item("Annex", 2)
        + item("Keys", 3)
        + item("Next annex", 2)
        + styled("Pets", "Clause"),
        "1. Rent\n1.a) Due\n1.b) Late\n(IV) Fee\n2. Notice\n2.a) Form\n7. Annex\n• Keys\n8. Next annex\nClause 1 Pets",
    ),
    "rows-numbered-by-empty-paragraphs": (
        f"<w:tbl>{row(cell(item('<w:r/>', 1)), cell(paragraph('Rope')))}"
        f"{row(cell(item('<w:r/>', 1)), cell(paragraph('Axe')))}"
        f"</w:tbl>{item('<w:r/>', 3)}"
        + paragraph("<w:r/>", "<w:numPr><w:numId w:val='1'/></w:numPr><w:rPr><w:vanish/></w:rPr>")
        + paragraph("<w:r/>", "<w:numPr><w:numId w:val='1'/></w:numPr><w:sectPr/>"),
        "1. | Rope\n2. | Axe",
    ),
    "symbols": (
        paragraph(
            '<w:r><w:sym w:font="Wingdings" w:char="F0FE"/><w:t> agreed </w:t>'
            '<w:sym w:font="Symbol" w:char="F061"/></w:r>'
            + run("&#xF062;", '<w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/>')
        ),
        "☑ agreed αβ",
    ),
    "ruby": (
        paragraph(
            f"<w:r><w:ruby><w:rt>{run('とうきょう')}</w:rt><w:rubyBase>{run('東京')}</w:rubyBase></w:ruby></w:r>"
        ),
        "東京(とうきょう)",
    ),
    "equation": (
        paragraph(
            run("So")
            + "<m:oMath><m:r><m:t>x=</m:t></m:r><m:f><m:num><m:r><m:t>a+b</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t>"
            "</m:r></m:den></m:f><m:sSup><m:e><m:r><m:t>c</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup>"
            "</m:oMath>" + run("holds.")
        ),
        "So x=(a+b)/2c^2 holds.",
    ),
    "table-in-a-cell": (
        f"<w:tbl>{row(cell(paragraph('Left')), cell(INNER_TABLE))}"
        f"{row(cell(paragraph('C')), cell('<w:p/>'), cell(paragraph('D')))}</w:tbl>",
        "Left\nA | B\nC |  | D",
    ),
    "word-art": (
        paragraph("<w:r><w:pict><v:shape><v:textpath string='DRAFT COPY'/></v:shape></w:pict></w:r>" + run("Body")),
        "Body\nDRAFT COPY",
    ),
    "text-in-a-drawing": (
        paragraph("<w:r><w:drawing><a:txBody><a:p><a:r><a:t>Drawn</a:t></a:r></a:p></a:txBody></w:drawing></w:r>"),
        "Drawn",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_text_shown_by_word_is_read_once(case: str) -> None:
    body, expected = CASES[case]
    content = word(body, {"styles.xml": STYLES, "numbering.xml": NUMBERING})

    assert text(content) == expected
    if case != "word-art":  # its text is an attribute
        assert share(content) == 1


def test_headings_are_recognized_by_the_base_of_their_style() -> None:
    body = styled("Lease", "Firm") + paragraph("Text.") + styled("Rent", "Outline") + paragraph("Ten.")
    body += paragraph("Own level", '<w:outlineLvl w:val="0"/>')
    pieces = opened(word(body, {"styles.xml": STYLES})).unit(0)

    assert [piece.heading for piece in pieces] == ["Lease", "Lease > Rent", "Own level"]


def hiding(default: str = "", defaults: str = "") -> str:
    """Styles that hide text or show it; `default` are the run properties of the default one."""
    return part(
        "w:styles",
        f"""<w:docDefaults><w:rPrDefault><w:rPr>{defaults}</w:rPr></w:rPrDefault></w:docDefaults>
        <w:style w:type="paragraph" w:default="1" w:styleId="Standard"><w:rPr>{default}</w:rPr></w:style>
        <w:style w:type="paragraph" w:styleId="Body"><w:basedOn w:val="Standard"/></w:style>
        <w:style w:type="paragraph" w:styleId="Draft"><w:basedOn w:val="Standard"/><w:rPr><w:vanish/></w:rPr></w:style>
        <w:style w:type="paragraph" w:styleId="Inner"><w:basedOn w:val="Draft"/></w:style>
        <w:style w:type="paragraph" w:styleId="Final"><w:basedOn w:val="Draft"/><w:rPr><w:vanish w:val="0"/></w:rPr>
        </w:style>
        <w:style w:type="table" w:styleId="Answers"><w:rPr><w:vanish/></w:rPr></w:style>
        <w:style w:type="character" w:styleId="Secret"><w:rPr><w:vanish/></w:rPr></w:style>""",
    )


SECRET = '<w:rStyle w:val="Secret"/>'
VANISH = "<w:vanish/>"
SHOWN = "<w:vanish w:val='0'/>"


def answers(content: str) -> str:
    """A table of one cell whose style hides text."""
    return f'<w:tbl><w:tblPr><w:tblStyle w:val="Answers"/></w:tblPr><w:tr><w:tc>{content}</w:tc></w:tr></w:tbl>'


# The body of a document, its styles, and what is read.
STYLED = {
    "a-style-based-on-one-that-hides": (styled(run("no"), "Inner") + styled(run("Yes"), "Final"), hiding(), "Yes"),
    "two-styles-that-hide-show": (styled(run("Yes", SECRET) + run("no"), "Draft"), hiding(), "Yes"),
    "a-run-that-hides-itself-stays-hidden": (
        styled(run("no", SECRET + VANISH) + run("Yes", SHOWN), "Inner"),
        hiding(),
        "Yes",
    ),
    "a-style-of-tables-hides": (
        answers(paragraph(run("no") + run("Yes", SHOWN))) + paragraph("After"),
        hiding(),
        "Yes\nAfter",
    ),
    "styles-of-table-and-text-show": (
        answers(styled(run("Yes"), "Draft") + paragraph(run("too", SECRET))),
        hiding(),
        "Yes\ntoo",
    ),
    "three-styles-that-hide-hide": (answers(styled(run("no", SECRET) + run("Yes"), "Draft")), hiding(), "Yes"),
    "a-table-in-a-table-has-its-own-style": (
        answers(f"<w:tbl><w:tr><w:tc>{paragraph(run('Yes'))}</w:tc></w:tr></w:tbl>" + paragraph(run("no"))),
        hiding(),
        "Yes",
    ),
    "a-default-style-that-hides": (paragraph(run("All")) + styled(run("of it"), "Body"), hiding(VANISH), "All\nof it"),
    "a-default-style-and-hidden-runs": (
        paragraph(run("Yes") + run("no", VANISH)) + styled(run("no"), "Draft"),
        hiding(VANISH),
        "Yes",
    ),
    "a-default-style-and-a-style-of-the-run-show": (paragraph(run("Yes", SECRET)), hiding(VANISH), "Yes"),
    "defaults-that-hide": (paragraph(run("All")) + styled(run("no"), "Draft"), hiding(defaults=VANISH), "All"),
    "a-hidden-end-of-a-paragraph": (
        paragraph(run("Title"), "<w:rPr><w:vanish/><w:specVanish/></w:rPr>"),
        hiding(),
        "Title",
    ),
}


@pytest.mark.parametrize("case", STYLED)
def test_styles_hide_text_as_toggles_do(case: str) -> None:
    body, styles, expected = STYLED[case]
    content = word(body, {"styles.xml": styles})

    assert text(content) == expected
    assert share(content) == 1
