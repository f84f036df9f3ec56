"""Texts in encodings from before UTF-8 are read as they were written; README.md names the reports."""

import unicodedata

import pytest

from tests.ingest_document import extracted

pytestmark = pytest.mark.sampled(0.4)

GERMAN = "Grüße aus Köln, der Mietvertrag über die Schlüssel. Straße, Ärger, Öl."
POLISH = "Umowa najmu została zawarta w Łodzi. Świetnie, żółć i gęś."
CZECH = "Smlouva o nájmu byla podepsána. Příliš žluťoučký kůň."
RUSSIAN = "Договор аренды заключён в Москве, оплата ежемесячно."
UKRAINIAN = "Договір оренди укладено в Києві, її вартість вказано."
TURKISH = "Kira sözleşmesi Ağustos ayında İstanbul'da imzalandı. Işık ve şişe."
KOREAN = "임대차 계약서는 서울에서 작성되었습니다. 똠방각하."
JAPANESE = "賃貸契約書は東京で締結されました。"
CHINESE = "租赁合同在北京签订，租金每月支付。"
TAIWANESE = "租賃合約在台北簽訂，租金每月支付。"
HINDI = "किराया हर महीने की पाँच तारीख तक देना है।"
CASES = [
    *((GERMAN, name) for name in ("cp1252", "iso8859_15", "mac_roman", "cp850", "cp437")),
    ("Hyresavtalet gäller från åtta månader på övervåningen.", "cp850"),
    ("Le contrat d'été, où les garçons mangent des crêpes à l'hôtel.", "mac_roman"),
    ("A locação não é válida: condições e ações à tarde.", "cp850"),
    *((POLISH, name) for name in ("cp1250", "iso8859_2")),
    *((CZECH, name) for name in ("cp1250", "iso8859_2", "cp852")),
    *((RUSSIAN, name) for name in ("cp1251", "koi8_r", "cp866", "iso8859_5", "mac_cyrillic")),
    *((UKRAINIAN, name) for name in ("cp1251", "koi8_u")),
    ("Το μισθωτήριο συμβόλαιο υπογράφηκε στην Αθήνα.", "cp1253"),
    (TURKISH, "cp1254"),
    ("חוזה שכירות זה נערך בתל אביב ביום ראשון", "cp1255"),
    ("عقد الإيجار هذا محرر في مدينة القاهرة يوم الأحد", "cp1256"),
    ("สัญญาเช่าห้องพักนี้ทำขึ้นเมื่อวันที่ ๑ มกราคม", "cp874"),
    (KOREAN, "cp949"),
    (KOREAN.replace("똠", "돔"), "euc_kr"),
    *((JAPANESE, name) for name in ("cp932", "euc_jp", "iso2022_jp")),
    *((CHINESE, name) for name in ("gbk", "gb18030")),
    (TAIWANESE, "big5"),
    *((text, name) for text in (GERMAN, HINDI, KOREAN, CHINESE) for name in ("utf-16-le", "utf-16-be")),
    (HINDI, "utf-32-le"),
    ("이름,주소\n이영희,부산시 중구\n박민수,서울시", "cp949"),
    ("본 계약은 임대인과 임차인 사이에 체결된 계약이다.", "cp949"),
    ("견적서", "cp949"),
    ("姓名,金额\n李四,100\n王五,250", "gbk"),
    ("订单号,客户\n1001,张伟\n1002,刘洋", "gbk"),
    ("发票", "gbk"),
    ("品名;单价\n螺丝;2\n齿轮;30", "gbk"),
    ("你好，世界", "gb18030"),
    ("本契約は、甲と乙の間で締結される。", "cp932"),
    ("氏名,住所,電話\n佐藤花子,大阪市,06", "cp932"),
    ("請求書番号：1001　合計金額：５，０００円", "cp932"),
    ("東京都", "cp932"),
    ("大阪", "cp932"),
    ("商品,商品名\nA1,ﾎﾞｰﾙﾍﾟﾝ 黒", "cp932"),
    ("姓名,金額\n李四,100", "big5"),
    ("訂單,客戶\n1,林口", "big5"),
    ("租賃合約在台北簽訂，租金每月支付。", "gbk"),
    ("訂單號,客戶\n1001,張偉\n1002,劉洋", "gbk"),
    ("臺灣大學圖書館開放時間", "gbk"),
    ("請將此文件傳送給財務部門審核", "gbk"),
    ("氏名,住所,電話\n佐藤花子,大阪市,06", "euc_jp"),
    ("東京都", "euc_jp"),
    ("請求書番号", "euc_jp"),
    ("株式会社山田商事 代表取締役 山田太郎", "euc_jp"),
    ("都道府県,市区町村\n北海道,札幌市\n青森県,弘前市", "euc_jp"),
    ("契約書 第一条 目的 第二条 期間", "euc_jp"),
    ("25°C", "cp1252"),
    ("1ª planta, 2º piso", "cp1252"),
    ("Temp 20°C ± 0.5 µm × 3", "cp1252"),
    ("Size: 10 µm, 5 × 3 m², ½ inch", "cp1252"),
    ("£100 – it’s “fine” … ½ © ®", "cp1252"),
    ("¥5,000 and ¢50", "cp1252"),
    ("Müller & Söhne – 5 € „Zitat“ … naïve café", "cp1252"),
    *(("Preis 5 € für Œuvre", name) for name in ("cp1252", "iso8859_15")),
    ("Año: 2025; Nº 5; 30º", "cp1252"),
    ("El niño comió piñas en la montaña", "cp1252"),
    ("Nom;Prénom;Société\nLefèvre;Chloé;Hôtel", "cp1252"),
    ("Þórður og Guðrún, það er gott", "cp1252"),
    ("Smlouva o nájmu bytu: měsíční nájemné", "cp1250"),
    ("Faktura č. 12, částka 500 Kč", "cp1250"),
    *(("Źdźbło, żółć, ćma, ślub", name) for name in ("cp1250", "iso8859_2")),
    ("Şehir;Tutar\nMuğla;1,5", "cp1254"),
    ("Tänan tellimuse eest, palun õigel ajal", "cp1257"),
    ("Paldies par pasūtījumu, lūdzu", "cp1257"),
    ("قرارداد اجاره پنج ماه", "cp1256"),
]


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize(("text", "name"), CASES, ids=[f"{name} {text[:8]}" for text, name in CASES])
def test_a_short_text_is_read_in_its_encoding(text: str, name: str) -> None:
    assert extracted.text(f"{text}\n".encode(name), "letter.txt") == text


def test_vietnamese_is_read_with_its_tone_marks() -> None:
    text = "Hợp đồng thuê nhà được ký tại Hà Nội, tiền thuê trả hàng tháng."
    tones = "\u0300\u0301\u0303\u0309\u0323"
    encoded = b""
    for letter in text:
        parts = unicodedata.normalize("NFD", letter)
        base = unicodedata.normalize("NFC", "".join(each for each in parts if each not in tones))
        encoded += (base + "".join(each for each in parts if each in tones)).encode("cp1258")

    assert unicodedata.normalize("NFC", extracted.text(encoded, "letter.txt")) == text


def test_a_late_non_ascii_character_still_decides_the_encoding() -> None:
    content = b"a line of the log\n" * 20_000 + f"{RUSSIAN}\n".encode("cp1251")

    assert extracted.text(content, "log.txt").endswith(RUSSIAN)


@pytest.mark.parametrize("cut", [1, 2])
def test_truncated_or_slightly_damaged_utf_8_is_read_as_utf_8(cut: int) -> None:
    encoded = f"{HINDI}\n".encode() * 3

    assert extracted.text(encoded[:-1][:-cut], "letter.txt").startswith(HINDI)
    assert extracted.text(encoded + b"\xff\xe9\n" + encoded, "letter.txt").endswith(HINDI)


def test_a_character_across_the_end_of_a_sample_is_not_damaged() -> None:
    content = b"x" * 65_535 + "é".encode() * 10

    assert extracted.text(content, "letter.txt").endswith("é" * 10)


def test_a_page_is_read_in_its_declared_encoding() -> None:
    html = '<html><head><meta charset="{}"></head><body><p>{}</p></body></html>'

    assert RUSSIAN in extracted.text(html.format("windows-1251", RUSSIAN).encode("cp1251"), "page.html")
    assert KOREAN in extracted.text(html.format("euc-kr", KOREAN).encode("cp949"), "page.html")
    assert "“rent”" in extracted.text(html.format("iso-8859-1", "“rent”").encode("cp1252"), "page.html")


def test_a_page_with_a_wrong_declaration_is_read() -> None:
    html = '<html><head><meta charset="{}"></head><body><p>{}</p></body></html>'

    assert HINDI in extracted.text(html.format("utf-16", HINDI).encode(), "page.html")
    assert JAPANESE in extracted.text(html.format("utf-8", JAPANESE).encode("cp932"), "page.html")
    assert HINDI in extracted.text(html.format("no-such-thing", HINDI).encode(), "page.html")


def test_programs_and_pictures_are_not_text_in_any_encoding() -> None:
    for content in (b"\x7fELF" + bytes(300), b"MZ\x90\0\3\0\0\0" * 40, bytes(range(256)) * 8, b"\1\0\2\0\3\0\4\0" * 50):
        assert extracted.problem(content, "letter.txt") == "unsupported"
