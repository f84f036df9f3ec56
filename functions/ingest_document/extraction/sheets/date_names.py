"""Names of months and days by language, for formats such as `[$-40C]d mmmm yyyy`; by default they are English."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Names:
    """Twelve months, and seven days from Sunday. `has_eras` is Japanese: years are counted by emperors."""

    months: Sequence[str]
    short_months: Sequence[str]
    days: Sequence[str]
    short_days: Sequence[str]
    has_eras: bool = False


# The months, their short forms, the days, and theirs, as in Windows (from Unicode CLDR where both agree).
_NAMES = {
    "en": (
        "January February March April May June July August September October November December",
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
        "Sunday Monday Tuesday Wednesday Thursday Friday Saturday",
        "Sun Mon Tue Wed Thu Fri Sat",
    ),
    "de": (
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "Jan Feb Mrz Apr Mai Jun Jul Aug Sep Okt Nov Dez",
        "Sonntag Montag Dienstag Mittwoch Donnerstag Freitag Samstag",
        "So Mo Di Mi Do Fr Sa",
    ),
    "fr": (
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "janv févr mars avr mai juin juil août sept oct nov déc",
        "dimanche lundi mardi mercredi jeudi vendredi samedi",
        "dim lun mar mer jeu ven sam",
    ),
    "es": (
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "ene feb mar abr may jun jul ago sep oct nov dic",
        "domingo lunes martes miércoles jueves viernes sábado",
        "dom lun mar mié jue vie sáb",
    ),
    "it": (
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "gen feb mar apr mag giu lug ago set ott nov dic",
        "domenica lunedì martedì mercoledì giovedì venerdì sabato",
        "dom lun mar mer gio ven sab",
    ),
    "pt": (
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "jan fev mar abr mai jun jul ago set out nov dez",
        "domingo segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado",
        "dom seg ter qua qui sex sáb",
    ),
    "nl": (
        "januari februari maart april mei juni juli augustus september oktober november december",
        "jan feb mrt apr mei jun jul aug sep okt nov dec",
        "zondag maandag dinsdag woensdag donderdag vrijdag zaterdag",
        "zo ma di wo do vr za",
    ),
    "pl": (
        "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień",
        "sty lut mar kwi maj cze lip sie wrz paź lis gru",
        "niedziela poniedziałek wtorek środa czwartek piątek sobota",
        "ndz pon wt śr czw pt sob",
    ),
    "ru": (
        "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
        "янв фев мар апр май июн июл авг сен окт ноя дек",
        "воскресенье понедельник вторник среда четверг пятница суббота",
        "Вс Пн Вт Ср Чт Пт Сб",
    ),
    "tr": (
        "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
        "Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara",
        "Pazar Pazartesi Salı Çarşamba Perşembe Cuma Cumartesi",
        "Paz Pzt Sal Çar Per Cum Cmt",
    ),
    "hi": (
        "जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर",
        "जन॰ फ़र॰ मार्च अप्रैल मई जून जुल॰ अग॰ सित॰ अक्टू॰ नव॰ दिस॰",
        "रविवार सोमवार मंगलवार बुधवार गुरुवार शुक्रवार शनिवार",
        "रवि सोम मंगल बुध गुरु शुक्र शनि",
    ),
    "ja": (
        "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月",
        "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月",
        "日曜日 月曜日 火曜日 水曜日 木曜日 金曜日 土曜日",
        "日 月 火 水 木 金 土",
    ),
    "zh": (
        "一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月",
        "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月",
        "星期日 星期一 星期二 星期三 星期四 星期五 星期六",
        "周日 周一 周二 周三 周四 周五 周六",
    ),
    "ko": (
        "1월 2월 3월 4월 5월 6월 7월 8월 9월 10월 11월 12월",
        "1 2 3 4 5 6 7 8 9 10 11 12",
        "일요일 월요일 화요일 수요일 목요일 금요일 토요일",
        "일 월 화 수 목 금 토",
    ),
}
# The lowest ten bits of a Windows language number are the language, the others the country ([MS-LCID] 2.2).
_PRIMARY = {
    0x04: "zh",
    0x07: "de",
    0x09: "en",
    0x0A: "es",
    0x0C: "fr",
    0x10: "it",
    0x11: "ja",
    0x12: "ko",
    0x13: "nl",
    0x15: "pl",
    0x16: "pt",
    0x19: "ru",
    0x1F: "tr",
    0x39: "hi",
}


@lru_cache(256)
def of_language(code: str) -> Names:
    """The names for `409` (hexadecimal, as Windows numbers languages) or `en-US`; English for an unknown one."""
    tag = code.partition("-")[0].lower()
    if tag not in _NAMES:
        try:
            tag = _PRIMARY.get(int(tag, 16) & 0x3FF, "en")
        except ValueError:
            tag = "en"
    months, short_months, days, short_days = (each.split() for each in _NAMES[tag])
    return Names(months, short_months, days, short_days, has_eras=tag == "ja")
