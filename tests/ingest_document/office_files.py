"""Office files written part by part, for what no program's interface lets one make."""

from collections.abc import Mapping

from tests.ingest_document import made

_OPEN = "http://schemas.openxmlformats.org"
NAMESPACES = {
    "w": f"{_OPEN}/wordprocessingml/2006/main",
    "p": f"{_OPEN}/presentationml/2006/main",
    "a": f"{_OPEN}/drawingml/2006/main",
    "c": f"{_OPEN}/drawingml/2006/chart",
    "dgm": f"{_OPEN}/drawingml/2006/diagram",
    "wp": f"{_OPEN}/drawingml/2006/wordprocessingDrawing",
    "m": f"{_OPEN}/officeDocument/2006/math",
    "r": f"{_OPEN}/officeDocument/2006/relationships",
    "mc": f"{_OPEN}/markup-compatibility/2006",
    "v": "urn:schemas-microsoft-com:vml",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "cx": "http://schemas.microsoft.com/office/drawing/2014/chartex",
    "p188": "http://schemas.microsoft.com/office/powerpoint/2018/8/main",
    "unknown": "https://example.com/an-extension",
}
STRICT = {
    f"{_OPEN}/wordprocessingml/2006/main": "http://purl.oclc.org/ooxml/wordprocessingml/main",
    f"{_OPEN}/presentationml/2006/main": "http://purl.oclc.org/ooxml/presentationml/main",
    f"{_OPEN}/drawingml/2006/main": "http://purl.oclc.org/ooxml/drawingml/main",
    f"{_OPEN}/drawingml/2006/chart": "http://purl.oclc.org/ooxml/drawingml/chart",
    f"{_OPEN}/officeDocument/2006/math": "http://purl.oclc.org/ooxml/officeDocument/math",
    f"{_OPEN}/officeDocument/2006/relationships": "http://purl.oclc.org/ooxml/officeDocument/relationships",
}
_DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
_KINDS = f"{_OPEN}/officeDocument/2006/relationships"
_RELATIONS = f'xmlns="{_OPEN}/package/2006/relationships"'


def part(tag: str, content: str, attributes: str = "") -> str:
    """A part with this root element, in which all usual prefixes are declared."""
    return f"<{tag} {_DECLARED} {attributes}>{content}</{tag}>"


def relations(listed: Mapping[str, tuple[str, str]]) -> str:
    """A file of relationships: by id the kind and the target."""
    each = (f'<Relationship Id="{key}" Type="{_KINDS}/{kind}" Target="{to}"/>' for key, (kind, to) in listed.items())
    return f"<Relationships {_RELATIONS}>{''.join(each)}</Relationships>"


def word_members(body: str, parts: Mapping[str, str] | None = None) -> dict[str, str]:
    """The members of a docx. `parts` are further ones by file name below `word/`; its stem is the relationship's id,
    and its letters the kind: `header1.xml` is a `header`."""
    parts = parts or {}
    listed = {stem: (stem.rstrip("0123456789"), name) for name in parts if (stem := name.partition(".")[0])}
    return {
        "_rels/.rels": relations({"rId1": ("officeDocument", "word/document.xml")}),
        "word/document.xml": part("w:document", f"<w:body>{body}</w:body>"),
        "word/_rels/document.xml.rels": relations(listed),
    } | {f"word/{name}": content for name, content in parts.items()}


def word(body: str, parts: Mapping[str, str] | None = None) -> bytes:
    """A docx with this body."""
    return archived(word_members(body, parts))


def slide_members(slides: Mapping[str, str], parts: Mapping[str, str] | None = None) -> dict[str, str]:
    """The members of a pptx: slides by file name, as shapes or as a whole part, and further parts by full name."""
    listed = {name.partition(".")[0]: ("slide", f"slides/{name}") for name in slides}
    ids = "".join(f'<p:sldId id="{256 + at}" r:id="{key}"/>' for at, key in enumerate(listed))
    members = {
        "_rels/.rels": relations({"rId1": ("officeDocument", "ppt/presentation.xml")}),
        "ppt/presentation.xml": part("p:presentation", f"<p:sldIdLst>{ids}</p:sldIdLst>"),
        "ppt/_rels/presentation.xml.rels": relations(listed),
    }
    for name, content in slides.items():
        members[f"ppt/slides/{name}"] = content if content.startswith("<p:sld ") else slide(content)
    return members | dict(parts or {})


def slides(content: Mapping[str, str], parts: Mapping[str, str] | None = None) -> bytes:
    """A pptx of these slides."""
    return archived(slide_members(content, parts))


def slide(shapes: str, attributes: str = "") -> str:
    """A slide with these shapes."""
    return part("p:sld", f"<p:cSld><p:spTree>{shapes}</p:spTree></p:cSld>", attributes)


def shape(text: str, *, placeholder: str = "", hidden: bool = False) -> str:
    """A shape with one paragraph; `text` may hold elements."""
    content = text if text.startswith("<") else f"<a:r><a:t>{text}</a:t></a:r>"
    kind = f'<p:ph type="{placeholder}"/>' if placeholder else ""
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="2" name="x" {"hidden='1'" if hidden else ""}/><p:nvPr>{kind}</p:nvPr></p:nvSpPr>'
        f"<p:txBody><a:p>{content}</a:p></p:txBody></p:sp>"
    )


def paragraph(content: str, properties: str = "") -> str:
    """A paragraph of Word; `content` is text, or runs and other elements."""
    return f"<w:p><w:pPr>{properties}</w:pPr>{content if content.startswith('<') else run(content)}</w:p>"


def run(text: str, properties: str = "") -> str:
    """A run of Word."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def archived(members: Mapping[str, str]) -> bytes:
    """The members as a file."""
    return made.archive({name: content.encode() for name, content in members.items()})
