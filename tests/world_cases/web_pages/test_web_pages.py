"""Web pages and e-books: what a browser or an e-book reader shows is read once, in whole words and in order."""

import pytest

from tests.ingest_document import extracted, made
from tests.ingest_document.readings import share, text

pytestmark = pytest.mark.sampled(0.4)

CASES = {
    "cells-with-paragraphs": (
        "<table><tr><td><p>Ravi</p><td><p>12 Park</p><p>Kolkata</p><tr><th>City<td>Pune<br>Kochi</table>",
        "Ravi | 12 Park Kolkata\nCity | Pune Kochi",
    ),
    "empty-cells-keep-their-place": ("<table><tr><td></td><td>5</td><td></td><td>7</td></tr></table>", " | 5 |  | 7"),
    "page-arranged-by-tables": (
        "<table><tr><td><h1>Shop</h1><table><tr><td>Tea<td>90</table><p>Thanks</table>after",
        "Shop\nTea | 90\nThanks\nafter",
    ),
    "rows-without-end-tags-or-rows": ("<table><td>A<td>B<tbody><tr><td>C<td>D</table>", "A | B\nC | D"),
    "chosen-option": (
        "<p>Size <select><option>S<option selected>M<option>L</select> in <select><option>red</option><option>blue"
        "</option></select>.</p>",
        "Size M in red .",
    ),
    "open-list-of-options": ("<select multiple><option>Tea<option>Milk</select>", "Tea Milk"),
    "select-that-never-ends": ("<select><option>One<option>Two<p>Text after</p>", "One\nText after"),
    "hidden-parts": (
        "<p>Seen<span style='display: none'>no</span> text<p hidden>no<p>more<div hidden>no<div>no</div>no</div>"
        "<div style='color:red;visibility:hidden'><b>no</b></div><td hidden>no</td>end",
        "Seen text\nmore\nend",
    ),
    "hidden-part-that-never-ends": ("<ul><li><span hidden>no</li><li>seen</ul>", "• seen"),
    "unseen-elements": (
        "<noscript>no</noscript><template><p>no</p></template><svg><title>no</title><text>Axis</text></svg><p>x"
        "<math><semantics><mi>a</mi><annotation encoding='x-tex'>\\alpha</annotation></semantics></math></p>",
        "Axis\nxa",
    ),
    "script-whose-end-tag-says-more": (
        "<script>if (a</b>c) '</scripts>'</script language><p>Seen<style>p{}</STYLE\n><p>too<script>x</script/>.",
        "Seen\ntoo.",
    ),
    "details-are-seen": ("<details><summary>More</summary>Inside</details>", "More\nInside"),
    "lists": (
        "<ol start=3><li>Tea<li>Milk<ol type=a><li>cow</ol></ol><ul><li>Salt</ul><ol reversed><li value=9>Rice</ol>",
        "3. Tea\n4. Milk\na. cow\n• Salt\n9. Rice",
    ),
    "fields-of-a-form": (
        "<form>Name <input value='Asha'><input type=hidden value=no><input type=password value=no> "
        "<input type=checkbox checked> I agree <textarea>Two\nlines</textarea>"
        "<button>Send</button><button>Cancel</button></form>",
        "Name Asha ☒ I agree\nTwo\nlines\nSend Cancel",
    ),
    "heading-with-a-break": ("<h1>Annual<br>Report</h1><p>Text", "Annual Report\nText"),
    "text-as-written": ("<pre>def f():\n    return 1\n</pre>", "def f():\n    return 1"),
    "entities-and-soft-hyphens": ("<p>Fish&nbsp;&amp; ch&shy;ips &#8364;5&copy", "Fish & chips €5©"),
    "ruby": ("<p><ruby>東京<rp>(</rp><rt>とうきょう</rt><rp>)</rp></ruby>", "東京(とうきょう)"),
    "stray-end-tags": ("<div><table><tr><td>A</div></p><td>B</table></span>C", "A | B\nC"),
}

# Pages without scripts whose style sheets hide a part, or seem to.
STYLED = {
    "class": ("<style>p{color:red} .pre, #old { mso-hide:all; display : none }</style>", "<i class='a pre'>no</i>", ""),
    "id": ("<style><!-- /* x */ #pre{visibility:hidden} --></style>", "<i id=pre>no</i>", ""),
    "capitals": ("<style>.pre{display:none}</style>", '<P CLASS="a  pre" ID="x">no</P>', ""),
    "two-sheets": ("<style>.b{}</style><style>.pre{display:none!important}</style>", "<td class=pre>no</td>", ""),
    "condition": ("<style>@media print{.pre{display:none}}</style>", "<i class=pre>yes</i>", "yes"),
    "shown-again": (
        "<style>.pre{display:none}@media(min-width:9em){b,.pre{display:block}}</style>",
        "<i class=pre>yes</i>",
        "yes",
    ),
    "shown-by-a-box": (
        "<style>.pre{display:none} #on:checked ~ .pre{display:block}</style>",
        "<i class=pre>yes</i>",
        "yes",
    ),
    "shown-by-any-box": (
        "<style>.pre{display:none} :checked + i{display:block}</style>",
        "<i class=pre>yes</i>",
        "yes",
    ),
    "part-of-another": ("<style>.menu .pre{display:none}</style>", "<i class=pre>yes</i>", "yes"),
    "sheet-elsewhere": (
        "<link rel=stylesheet href=a.css><style>.pre{display:none}</style>",
        "<i class=pre>yes</i>",
        "yes",
    ),
    "closed-dialog": ("", "<dialog>no</dialog>", ""),
    "open-dialog": ("", "<dialog open>yes</dialog>", "yes"),
    "dialog-with-a-button": ("", "<dialog id=d>yes</dialog><button commandfor=d command=show-modal></button>", "yes"),
}


@pytest.mark.parametrize("case", STYLED)
def test_what_the_style_sheets_of_a_page_hide_is_left_out(case: str) -> None:
    head, body, expected = STYLED[case]
    page = f"<!doctype html><html><head>{head}</head><body><p>One</p>{body}<p>two".encode()

    assert text(page).split() == ["One", *expected.split(), "two"]
    assert share(page) == 1


@pytest.mark.parametrize(
    "body", ["<dialog><h1>Terms</h1>Ten days.</dialog>", "<style>.x{display:none}</style><p class=x>Ten"]
)
def test_a_page_that_shows_nothing_is_read_as_if_a_script_showed_it(body: str) -> None:
    assert "Ten" in text(body.encode(), "part.html")
    assert share(body.encode(), "part.html") == 1


# What a script may show: tabs, accordions, views of an app. Each page has the same hidden parts.
HIDDEN = "<p>Rent<div hidden>Deposit</div><div style='display:none'>Notice</div><input hidden value=12>"
WITH_SCRIPTS = {
    "script": "<script>show()</script>",
    "script-of-another-file": "<script defer src=tabs.js></script>",
    "script-with-a-type": "<script type='text/javascript'>show()</script>",
    "module": '<script src="app.mjs" type=module></script>',
    "script-in-capitals": "<SCRIPT>show()</SCRIPT>",
    "handler-of-an-event": "<b id=more onclick='show()'></b>",
    "script-far-down-the-page": "<br>" * 40_000 + "<script>show()</script>",
}
WITHOUT_SCRIPTS = {
    "nothing": "",
    "data-for-search-engines": '<script type="application/ld+json">{"name": "Rent"}</script>',
    "data-of-an-app": "<script id=x type=application/json>{}</script>",
    "template-as-a-script": "<script type='text/x-template'><p>no</p></script>",
    "map-of-modules": '<script type="importmap">{}</script>',
    "text-that-reads-like-a-handler": "<!-- onclick -->",
}


@pytest.mark.parametrize("case", WITH_SCRIPTS)
def test_hidden_text_of_a_page_with_scripts_is_read(case: str) -> None:
    page = f"<!doctype html><html><body>{HIDDEN}{WITH_SCRIPTS[case]}".encode()
    assert text(page) == "Rent\nDeposit\nNotice\n12"
    assert share(page) == 1


@pytest.mark.parametrize("case", WITHOUT_SCRIPTS)
def test_hidden_text_of_a_page_without_scripts_is_left_out(case: str) -> None:
    page = f"<!doctype html><html><body>{HIDDEN}{WITHOUT_SCRIPTS[case]}".encode()
    assert text(page) == "Rent"
    assert share(page) == 1


@pytest.mark.parametrize("case", CASES)
def test_text_shown_by_a_browser_is_read_once(case: str) -> None:
    body, expected = CASES[case]
    page = f"<!doctype html><html><body>{body}".encode()

    assert text(page) == expected.strip()
    assert share(page) == 1


@pytest.mark.parametrize("written", ["class=x", 'Class="x y" data-a="1"', 'class="x" title="a &gt; b"'])
@pytest.mark.parametrize("case", CASES)
def test_upper_case_tags_with_attributes_are_read_the_same(case: str, written: str) -> None:
    body, expected = CASES[case]
    for tag in ("td", "tr", "th", "li", "p", "div", "b"):
        body = body.replace(f"<{tag}>", f"<{tag.upper()} {written} >").replace(f"</{tag}>", f"</{tag.upper()} >")
    assert text(f"<!doctype html><html><body>{body}".encode()) == expected.strip()


def test_deep_nesting_ends_in_time() -> None:
    for tag in ("div", "table><tr><td", "ul><li", "b", "p><b"):
        page = b"<html><body>" + f"<{tag}>a".encode() * 60_000
        assert text(page).count("a") == 60_000


def test_a_book_survives_errors_in_its_table_of_contents() -> None:
    package = """<package xmlns="http://www.idpf.org/2007/opf"><manifest>
        <item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>
        <item id="a" href="text/chapter%20one.xhtml" media-type="application/xhtml+xml"/>
        <item id="b" href="TEXT\\Two.xhtml" media-type="application/xhtml+xml"/>
        <item id="gone" href="gone.xhtml" media-type="application/xhtml+xml"/>
        <item id="picture" href="cover.jpg" media-type="image/jpeg"/></manifest>
        <spine><itemref idref="cover"/><itemref idref="picture"/><itemref idref="a"/><itemref idref="gone"/>
        <itemref idref="b"/><itemref idref="a"/></spine></package>"""
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/content.opf"/></rootfiles></container>'
    )
    page = "<html xmlns='http://www.w3.org/1999/xhtml'><head><title>Book</title></head><body>{}</body></html>"
    content = made.archive(
        {
            "mimetype": b"application/epub+zip",
            "META-INF/container.xml": container.encode(),
            "OEBPS/content.opf": package.encode(),
            "OEBPS/nav.xhtml": page.format("<nav>One Two</nav>").encode(),
            "OEBPS/cover.jpg": b"\xff\xd8\xff letters",
            "OEBPS/text/chapter one.xhtml": page.format("<h1>One</h1><a id='x'/><p>Once &#8230;</p>").encode(),
            "OEBPS/text/two.xhtml": page.format("<p><![CDATA[Tom & Jerry]]></p>").encode(),
        }
    )

    assert text(content) == "One\nOnce …\nTom & Jerry"


def test_a_book_without_a_reading_order_has_its_pages_but_not_its_contents() -> None:
    page = "<html><body><p>{}</body></html>"
    package = """<package><manifest><item id="a" href="a.html"/><item id="n" href="nav.html" properties="nav"/>
        <item id="s" href="style.css" media-type="text/css"/><item id="b" href="b.html"/></manifest>
        <spine/></package>"""
    content = made.archive(
        {
            "META-INF/container.xml": b"<container><rootfile full-path='book.opf'/></container>",
            "book.opf": package.encode(),
            **{f"{name}.html": page.format(name * 3).encode() for name in ("a", "b", "nav")},
            "style.css": b"p { color: red }",
        }
    )

    assert text(content) == "aaa\nbbb"


PAGE = "<html><body><p>One &amp; two</p></body></html>"
LICENCE = f"<!-- {'A licence. ' * 200}-->\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.html", "<table><tr><td>One &amp; two</td></tr></table>"),
        ("note.HTM", "<p>One &amp; two"),
        ("part.xhtml", '<div xmlns="http://www.w3.org/1999/xhtml">One &amp; two</div>'),
        ("late.html", LICENCE + PAGE),
        ("late", LICENCE * 2 + "<!DOCTYPE html>" + PAGE),
        ("old.txt", f'\ufeff<?xml version="1.0"?>\n<!-- A --> <!-- B -->\n{PAGE}'),
        ("report.xls", PAGE),
    ],
)
def test_a_page_is_recognized_by_its_name_or_its_beginning(name: str, content: str) -> None:
    assert extracted.text(content.encode(), name) == "One & two"


@pytest.mark.parametrize(
    "name", ["guide.md", "page.py", "notes.txt", "page.js", "mail.eml", "page.php", "make.sh", "data.json", "README"]
)
def test_a_page_inside_another_text_is_kept_as_written(name: str) -> None:
    content = f"A = '{PAGE}'\nlast <b> line"

    assert extracted.text(content.encode(), name) == content


@pytest.mark.parametrize("name", ["page.php", "page.jsx", "page.vue", "guide.md"])
def test_code_that_begins_like_a_page_is_kept_as_written(name: str) -> None:
    content = "<!doctype html>\n<html><?php echo 1 > 0 ?></html>"

    assert extracted.text(content.encode(), name) == content


def test_a_page_in_a_cell_leaves_the_rows_of_a_table_unchanged() -> None:
    content = 'no,subject,body\n1,Hello,"<html><body>Dear <b>Asha</b></body></html>"\n2,Bye,<head>\n'

    assert extracted.text(content.encode(), "mails.csv") == (
        "no | subject | body\n1 | Hello | <html><body>Dear <b>Asha</b></body></html>\n2 | Bye | <head>"
    )
