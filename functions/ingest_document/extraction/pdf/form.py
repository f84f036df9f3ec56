"""Form fields and comments of a PDF's page, as Acrobat shows them in addition to the page's own text."""

import ctypes
import html
import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pypdfium2
from pypdfium2 import raw

from extraction.pdf.characters import Cluster
from extraction.pieces import count_letters

_ANNOTATIONS = 2_000
_TEXT_BYTES = 200_000
# Flags of an annotation (ISO 32000-2, table 167) and of a text field (table 231).
_HIDDEN, _NO_VIEW, _PASSWORD = 1 << 1, 1 << 5, 1 << 13
_BOXES = (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON)
_VALUES = (raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX)
# Their contents are a link's target for programs, or belong to the annotation that opens them.
_SILENT = (raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP, raw.FPDF_ANNOT_WIDGET)


@dataclass(frozen=True)
class Field:
    """A field or a text that a comment writes on the page: left, bottom, right and top in points, and its text.

    `state` is None for text, otherwise whether a checkbox or radio button is on; `name` is its name for users.
    """

    box: tuple[float, float, float, float]
    name: str
    text: str
    state: bool | None = None
    is_radio: bool = False


@dataclass(frozen=True)
class Annotations:
    """The fields of one page at their places, and its comments, each with its author's name or none."""

    fields: tuple[Field, ...] = ()
    comments: tuple[tuple[str, str], ...] = ()
    to_draw: bool = False


NONE = Annotations()


def prepare(document: pypdfium2.PdfDocument) -> None:
    """Loads the document's form into PDFium, which otherwise does not draw or read fields. Call it before any page."""
    try:
        document.init_forms()
    except pypdfium2.PdfiumError:
        return  # a damaged form: the pages' own text can still be read


def annotations(document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage) -> Annotations:
    """The page's visible annotations. Hides print-only ones, because `draw` would show them."""
    count = min(raw.FPDFPage_GetAnnotCount(page), _ANNOTATIONS)
    fields: list[Field] = []
    comments: list[tuple[str, str]] = []
    to_draw = False
    for index in range(count):
        annotation = raw.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        try:
            kind = raw.FPDFAnnot_GetSubtype(annotation)
            flags = raw.FPDFAnnot_GetFlags(annotation)
            if flags & _NO_VIEW:
                raw.FPDFAnnot_SetFlags(annotation, flags | _HIDDEN)
            if flags & (_HIDDEN | _NO_VIEW):
                continue
            to_draw = to_draw or kind not in (raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP)
            if kind == raw.FPDF_ANNOT_WIDGET:
                fields += _field(document, annotation)
            elif kind == raw.FPDF_ANNOT_FREETEXT:
                fields.append(Field(_box(annotation), "", _contents(annotation)))
            elif kind not in _SILENT and (text := _contents(annotation)):
                comments.append((_string(annotation, b"T"), text))
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
    return Annotations(tuple(fields), tuple(comments), to_draw)


def draw(document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, index: int) -> pypdfium2.PdfPage:
    """The page, loaded again, with its fields and annotations as part of its content. Closes the given page."""
    raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY)
    page.close()
    return document[index]


def _field(document: pypdfium2.PdfDocument, annotation: Any) -> list[Field]:
    if document.formenv is None:
        return []
    form = document.formenv.raw
    kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
    name = _name(form, annotation)
    box = _box(annotation)
    if kind in _BOXES:
        is_on = bool(raw.FPDFAnnot_IsChecked(form, annotation))
        is_radio = kind == raw.FPDF_FORMFIELD_RADIOBUTTON
        value = _wide(lambda *to: raw.FPDFAnnot_GetFormFieldExportValue(form, annotation, *to)) if is_radio else ""
        return [Field(box, name, value, is_on, is_radio)]
    if kind not in _VALUES:
        return []
    if kind == raw.FPDF_FORMFIELD_TEXTFIELD and raw.FPDFAnnot_GetFormFieldFlags(form, annotation) & _PASSWORD:
        return []
    text = _wide(lambda *to: raw.FPDFAnnot_GetFormFieldValue(form, annotation, *to))
    if kind != raw.FPDF_FORMFIELD_TEXTFIELD:
        text = _chosen(form, annotation) or text
    return [Field(box, name, text)]


def _chosen(form: Any, annotation: Any) -> str:
    """The labels of the chosen options, which the form shows instead of their values."""
    options = min(raw.FPDFAnnot_GetOptionCount(form, annotation), 1_000)
    return "\n".join(
        _wide(lambda *to, at=at: raw.FPDFAnnot_GetOptionLabel(form, annotation, at, *to))
        for at in range(max(0, options))
        if raw.FPDFAnnot_IsOptionSelected(form, annotation, at)
    )


def _name(form: Any, annotation: Any) -> str:
    """The name that the form shows for the field, otherwise the last part of its own, without repetition numbers."""
    shown = _wide(lambda *to: raw.FPDFAnnot_GetFormFieldAlternateName(form, annotation, *to))
    if shown.strip():
        return " ".join(shown.split())
    name = _wide(lambda *to: raw.FPDFAnnot_GetFormFieldName(form, annotation, *to))
    return re.sub(r"\[\d+\]$", "", name.rpartition(".")[2]).strip()


def _contents(annotation: Any) -> str:
    """The text of a comment, from its rich text if it has no other. A state of a review, such as Accepted, has none."""
    if raw.FPDFAnnot_HasKey(annotation, ctypes.create_string_buffer(b"StateModel")):
        return ""
    if text := _string(annotation, b"Contents").strip():
        return text
    rich = re.sub(r"</p>|<br\s*/?>", "\n", _string(annotation, b"RC"))
    return html.unescape(re.sub(r"<[^>]*>", "", rich)).strip()


def _string(annotation: Any, key: bytes) -> str:
    name = ctypes.create_string_buffer(key)
    return _wide(lambda *to: raw.FPDFAnnot_GetStringValue(annotation, name, *to))


def _wide(ask: Callable[..., int]) -> str:
    """The string that a function of PDFium writes as UTF-16 with a final U+0000."""
    length = ask(None, 0)
    if not 2 < length <= _TEXT_BYTES:
        return ""
    buffer = ctypes.create_string_buffer(length)
    ask(ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), length)
    text = buffer.raw[: length - 2].decode("utf-16-le", "ignore")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _box(annotation: Any) -> tuple[float, float, float, float]:
    rect = raw.FS_RECTF()
    raw.FPDFAnnot_GetRect(annotation, rect)
    return (
        min(rect.left, rect.right),
        min(rect.bottom, rect.top),
        max(rect.left, rect.right),
        max(rect.bottom, rect.top),
    )


def placed(clusters: list[Cluster], fields: Sequence[Field]) -> tuple[list[Cluster], int, int]:
    """The page's clusters with all of its fields. If a field shows its text only in part, or as a mark, the text
    replaces it.

    Also the number of letters that were removed, and the number of the fields' own letters that were added.
    """
    taken, given = 0, 0
    for field in fields:
        if field.state is None and not field.text:
            continue
        inside = [each for each in clusters if _is_inside(each, field.box)]
        if field.state is None:
            inside = _drawn(clusters, inside, _letters(field.text))
            shown = [each for each in inside if _is_inside(each, field.box)]
            # A formatted number or date stays as drawn; a text that is cut off by its field does not.
            if not _letters(field.text).startswith(_letters("".join(each.text for each in inside))):
                continue
            drawn = "".join(each.text for each in inside)
            # One word is replaced by its value, because a comb field draws each letter in its own box.
            if len(shown) == len(inside) and _letters(drawn) == _letters(field.text) and drawn != field.text:
                continue
            text = field.text
        else:
            text = "[x]" if field.state else "[ ]"
        taken += sum(count_letters(each.text) for each in inside)
        given += 0 if field.state is not None else count_letters(text)
        gone = set(map(id, inside))
        clusters = [each for each in clusters if id(each) not in gone]
        clusters += _lines_of(field, text, inside)
    return clusters, taken, given


def _drawn(clusters: list[Cluster], inside: list[Cluster], value: str) -> list[Cluster]:
    """The drawn part of a value, which the field may cut off: from its first cluster, as far as both agree."""
    first = min((each.order for each in inside), default=math.inf)
    drawn: list[Cluster] = []
    letters = ""
    for each in sorted((each for each in clusters if first <= each.order < math.inf), key=lambda each: each.order):
        letters += _letters(each.text)
        if letters == value or not value.startswith(letters):
            drawn += [each] if letters == value else []
            break
        drawn.append(each)
    return drawn if len(drawn) >= len(inside) else inside


def _is_inside(cluster: Cluster, box: tuple[float, float, float, float]) -> bool:
    if cluster.turn:
        return False
    return box[0] - 1 <= (cluster.x0 + cluster.x1) / 2 <= box[2] + 1 and box[1] - 1 <= cluster.y <= box[3] + 1


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text)))


def _lines_of(field: Field, text: str, inside: list[Cluster]) -> list[Cluster]:
    """The text as one cluster per line, from the place where the field's own text started."""
    left, bottom, right, top = field.box
    lines = text.split("\n")
    size = max(1.0, min((top - bottom) / len(lines), 12.0))
    y = max((each.y for each in inside), default=top - size if len(lines) > 1 else (top + bottom) / 2 - size * 0.3)
    order = min((each.order for each in inside), default=math.inf)
    return [
        Cluster(line, left, right, y - at * size, size, order, is_added=field.state is not None)
        for at, line in enumerate(lines)
        if line.strip()
    ]


def listed(annotations: Annotations) -> tuple[list[str], int]:
    """The lines after the page's own text (the states of its boxes, and comments), and the letters of the comments."""
    lines: list[str] = []
    for field in annotations.fields:
        if field.state is None or not field.name:
            continue
        if not field.is_radio:
            lines.append(f"{field.name}: {'checked' if field.state else 'not checked'}")
        elif field.state:
            lines.append(f"{field.name}: {field.text or 'chosen'}")
    lines += [f"Comment ({author}): {text}" if author else f"Comment: {text}" for author, text in annotations.comments]
    return lines, sum(count_letters(text) for _, text in annotations.comments)
