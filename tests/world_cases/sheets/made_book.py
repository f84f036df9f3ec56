"""Books made part by part, with what other programs write and openpyxl does not."""

from collections.abc import Mapping

from tests.ingest_document.made import archive

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def relationships(*targets: tuple[str, str]) -> str:
    """The relationships of a part, `rId1` and on: the last word of each one's type, and its target."""
    listed = "".join(
        f'<Relationship Id="rId{number}" Type="{kind if ":" in kind else f"{RELATED}/{kind}"}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}">{listed}</Relationships>'


def sheet(rows: str, after: str = "", namespace: str = MAIN) -> str:
    """A worksheet of these rows, with what comes after them."""
    return f'<worksheet xmlns="{namespace}" xmlns:r="{RELATED}"><sheetData>{rows}</sheetData>{after}</worksheet>'


def row(*cells: str) -> str:
    """A row of cells that say nothing about where they stand."""
    return f"<row>{''.join(cells)}</row>"


def text(value: str) -> str:
    """A cell with a text of its own."""
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>'


def number(value: float | str, style: int = 0) -> str:
    """A cell with a number."""
    return f'<c s="{style}"><v>{value}</v></c>'


def strings(*elements: str, namespace: str = MAIN) -> str:
    """Shared strings, each the content of an `si`."""
    return f'<sst xmlns="{namespace}">{"".join(f"<si>{each}</si>" for each in elements)}</sst>'


def styles(*codes: str | int) -> str:
    """Styles from 1 on, each with a format's code or with the number of one that is built in."""
    own = [each for each in codes if isinstance(each, str)]
    formats = "".join(
        f'<numFmt numFmtId="{200 + place}" formatCode="{_escaped(code)}"/>' for place, code in enumerate(own)
    )
    used = "".join(f'<xf numFmtId="{200 + own.index(code) if isinstance(code, str) else code}"/>' for code in codes)
    return f'<styleSheet xmlns="{MAIN}"><numFmts>{formats}</numFmts><cellXfs><xf/>{used}</cellXfs></styleSheet>'


def _escaped(code: str) -> str:
    return code.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def book(
    sheets: Mapping[str, str],
    *,
    parts: Mapping[str, str] | None = None,
    properties: str = "",
    states: Mapping[str, str] | None = None,
) -> bytes:
    """A book of these worksheets, in `xl/worksheets/sheet1.xml` and on, with further parts or others in their place.

    `properties` is XML of the workbook besides its sheets, `states` what a sheet is besides visible.
    """
    targets = [("worksheet", f"worksheets/sheet{place}.xml") for place in range(1, len(sheets) + 1)]
    extra = parts or {}
    if "xl/sharedStrings.xml" in extra:
        targets.append(("sharedStrings", "sharedStrings.xml"))
    if "xl/styles.xml" in extra:
        targets.append(("styles", "styles.xml"))
    listed = "".join(
        f'<sheet name="{title}" sheetId="{place}" r:id="rId{place}" state="{(states or {}).get(title, "visible")}"/>'
        for place, title in enumerate(sheets, start=1)
    )
    workbook = f'<workbook xmlns="{MAIN}" xmlns:r="{RELATED}">{properties}<sheets>{listed}</sheets></workbook>'
    members = {
        "_rels/.rels": relationships(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": workbook,
        "xl/_rels/workbook.xml.rels": relationships(*targets),
        **{f"xl/worksheets/sheet{place}.xml": xml for place, xml in enumerate(sheets.values(), start=1)},
        **extra,
    }
    return archive({name: content.encode() for name, content in members.items() if content})
