"""Fonts without a map to Unicode: their glyphs' names or their own tables are read, and all else counts as lost."""

import io
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from tests.ingest_document.test_bad_files import handmade_pdf
from tests.world_cases.pdf.pages import opened, read, share_read

pytestmark = pytest.mark.sampled(0.4)

SHAPE = b"<< /Length 29 >>\nstream\n600 0 d0 50 0 400 700 re f   \nendstream"


def font_page(shown: str, *objects: bytes) -> bytes:
    """A PDF with one line of text, whose font is the first of these objects, which count from 5."""
    stream = f"BT /F 12 Tf 20 150 Td {shown} Tj ET".encode()
    return handmade_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R "
            b"/Resources << /Font << /F 5 0 R >> >> >>",
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
            *objects,
        ]
    )


def named(names: str, first: int = 1, *, drawn: bool = True) -> bytes:
    """A page that shows each of these glyphs, of a font that draws them (Type 3) or of one that is not embedded."""
    glyphs = names.split()
    last = first + len(glyphs) - 1
    encoding = f"/Encoding << /Type /Encoding /Differences [{first} {' '.join(f'/{name}' for name in glyphs)}] >>"
    widths = f"/FirstChar {first} /LastChar {last} /Widths [{' '.join(['600'] * len(glyphs))}]"
    kind = "/Subtype /Type1 /BaseFont /Ownfont"
    if drawn:
        procedures = " ".join(f"/{name} 6 0 R" for name in glyphs)
        kind = (
            "/Subtype /Type3 /FontBBox [0 0 600 700] /FontMatrix [0.001 0 0 0.001 0 0] /Resources << >> "
            f"/CharProcs << {procedures} >>"
        )
    shown = "".join(f"{code:02x}" for code in range(first, last + 1))
    return font_page(f"<{shown}>", f"<< /Type /Font {kind} {encoding} {widths} >>".encode(), SHAPE)


def by_glyph(numbers: list[int], name: str, program: bytes = b"") -> bytes:
    """A page whose codes are the numbers of a TrueType font's glyphs, embedded or not."""
    shown = "".join(f"{number:04x}" for number in numbers)
    embedded = "/FontFile2 8 0 R" if program else ""
    return font_page(
        f"<{shown}>",
        f"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H /DescendantFonts [6 0 R] >>".encode(),
        f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{name} /CIDToGIDMap /Identity /DW 600 /FontDescriptor 7 0 R "
        f"/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>".encode(),
        f"<< /Type /FontDescriptor /FontName /{name} /Flags 32 /FontBBox [0 0 600 700] /ItalicAngle 0 /Ascent 700 "
        f"/Descent 0 /CapHeight 700 /StemV 80 {embedded} >>".encode(),
        b"<< /Length %d /Length1 %d >>\nstream\n%s\nendstream" % (len(program), len(program), program),
    )


def true_type(characters: str) -> bytes:
    """A font that has these characters, from glyph 1 on."""
    glyphs = [".notdef", *(f"glyph{number:05d}" for number in range(1, len(characters) + 1))]
    pen = TTGlyphPen(None)
    for at, point in enumerate([(50, 0), (50, 700), (450, 700), (450, 0)]):
        (pen.lineTo if at else pen.moveTo)(point)
    pen.closePath()
    shape = pen.glyph()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(glyphs)
    builder.setupCharacterMap({ord(each): name for each, name in zip(characters, glyphs[1:], strict=True)})
    builder.setupGlyf(dict.fromkeys(glyphs, shape))
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (600, 50)))
    builder.setupHorizontalHeader(ascent=700, descent=0)
    builder.setupOS2()
    builder.setupNameTable({"familyName": "Own", "styleName": "Regular"})
    builder.setupPost(keepGlyphNames=False)
    content = io.BytesIO()
    builder.save(content)
    return content.getvalue()


NAMES = {
    "o f_f_i c e r": "officer",
    "T_h r.sc e.alt a.001 t": "Threat",
    "uni00470065 u1F600 t uni0416": "Ge😀tЖ",
    "afii10017 afii10023 afii10024 afii10065 afii10071 afii10097": "АЁЖаёя",
    "Aacute ccedilla scaron Zdotaccent odieresis uhungarumlaut": "ÁçšŻöű",
    "alpha Gamma sigma1 lambda pi": "αΓςλπ",
    "quotedblleft R one five period germandbls quotedblright": "“R15.ß”",
    "Euro f_l oe Lslash dotlessi": "€flœŁı",
}


@pytest.mark.parametrize("drawn", [True, False], ids=["drawn", "not embedded"])
@pytest.mark.parametrize("names", NAMES)
def test_glyphs_are_read_by_their_names(tmp_path: Path, names: str, drawn: bool) -> None:
    file = named(names, drawn=drawn)

    assert read(tmp_path, file) == NAMES[names]
    assert share_read(file) == 1.0


@pytest.mark.parametrize(("names", "first"), [("a82 a83 a84", 82), ("G52 G53 G54", 0x52), ("C0082 C0083 C0084", 82)])
def test_a_glyph_name_that_is_a_code_identifies_the_character(tmp_path: Path, names: str, first: int) -> None:
    file = named(names, first)

    assert read(tmp_path, file) == "RST"
    assert share_read(file) == 1.0


def test_glyphs_with_meaningless_names_count_as_lost() -> None:
    file = named(" ".join(f"g{number}" for number in range(300, 320)))

    assert share_read(file) == 0
    reading = opened(file)
    list(reading.unit(0))
    assert reading.is_picture(0)


def test_a_few_unnamed_glyphs_are_not_reported_as_lost() -> None:
    assert share_read(named("R e n t bullet301 arrow302 box303")) == 1.0


@pytest.mark.parametrize("characters", ["Rent fo May", "Mięta", "Договр", "中文字符"])
def test_glyphs_are_read_by_the_table_of_their_embedded_font(tmp_path: Path, characters: str) -> None:
    known = "".join(dict.fromkeys(characters))
    file = by_glyph([known.index(each) + 1 for each in characters], "ABCDEF+Own", true_type(known))

    assert read(tmp_path, file) == characters
    assert share_read(file) == 1.0


def test_a_windows_font_without_embedding_is_read_by_its_glyph_order(tmp_path: Path) -> None:
    latin = [ord(each) - 29 for each in "Rent: 15"]
    cyrillic = [ord(each) - 0x410 + 570 for each in "Дом"]

    assert read(tmp_path, by_glyph(latin, "Verdana")) == "Rent: 15"
    assert read(tmp_path, by_glyph([*latin, 3, *cyrillic], "TimesNewRomanPSMT")) == "Rent: 15 Дом"


def test_glyphs_of_an_unknown_unembedded_font_are_dropped_and_count_as_lost(tmp_path: Path) -> None:
    file = by_glyph([ord(each) - 29 for each in "Unknown"], "Calibri")

    assert share_read(file) == 0
    with pytest.raises(SystemExit, match="no_text"):
        read(tmp_path, file)


def test_glyphs_of_a_shaped_script_without_a_map_count_as_lost() -> None:
    known = "কখগঘচছজ"

    assert share_read(by_glyph([known.index(each) + 1 for each in known], "ABCDEF+Own", true_type(known))) == 0
