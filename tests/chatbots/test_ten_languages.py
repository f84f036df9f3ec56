"""Visitors ask in ten languages besides those that a chatbot speaks: what is known is found by its words."""

from typing import NamedTuple

import pytest

from oneai.chatbots.answering.curated import FITS, NEAR
from oneai.chatbots.answering.language import language_of
from oneai.chatbots.answering.rewriting import needs_rewriting
from oneai.chatbots.answering.telling_words import words_of
from tests.chatbots.made import insert_document, limit
from tests.chatbots.visitors import Website
from tests.workspaces.teams import in_workspace, insert_team
from tests.world import World


class Asked(NamedTuple):
    """When a shop opens, the same in other words, when it closes, and what a document says about posting with how it
    is asked."""

    question: str
    same: str
    opposite: str
    passage: str
    about_it: str


LANGUAGES = {
    "Arabic": Asked(
        *("متى يفتح المتجر يوم الأحد؟", "هل يفتح متجر يوم أحد؟", "متى يغلق المتجر يوم الأحد؟"),
        *("نرسل الشاي إلى نيبال بالبريد.", "هل يمكن إرسال الشاي إلى نيبال؟"),
    ),
    "Chinese": Asked(
        *("你们星期天几点开门？", "请问星期天什么时候开门", "你们星期天几点关门？"),
        *("茶叶通过邮局寄往尼泊尔。", "可以寄往尼泊尔吗？"),
    ),
    "Greek": Asked(
        *("Τι ώρα ανοίγετε την Κυριακή;", "ΠΟΤΕ ΑΝΟΙΓΕΤΕ ΤΗΝ ΚΥΡΙΑΚΗ, τι ώρα", "Τι ώρα κλείνετε την Κυριακή;"),
        *("Στέλνουμε τσάι στο Νεπάλ ταχυδρομικώς.", "Μπορείτε να στείλετε τσάι στο Νεπάλ;"),
    ),
    "Hebrew": Asked(
        *("מתי החנות נפתחת ביום ראשון?", "האם חנות נפתחת ביום ראשון", "מתי החנות נסגרת ביום ראשון?"),
        *("אנחנו שולחים תה לנפאל בדואר.", "אפשר לשלוח תה לנפאל?"),
    ),
    "Japanese": Asked(
        *("日曜日は何時に開きますか？", "日曜日はいつ開きますか", "日曜日は何時に閉まりますか？"),
        *("お茶はネパールへ郵便で送ります。", "ネパールへ送ってもらえますか？"),
    ),
    "Korean": Asked(
        *("영업시간이 어떻게 되나요?", "영업시간은 어떻게 됩니까", "휴무일이 어떻게 되나요?"),
        *("차는 우편으로 네팔에 보냅니다.", "네팔에 차를 보내 주시나요?"),
    ),
    "Portuguese": Asked(
        *("Quando vocês abrem aos domingos?", "VOCES ABREM AOS DOMINGOS", "Quando vocês fecham aos domingos?"),
        *("Enviamos chá para o Nepal pelo correio.", "Vocês enviam chá para o Nepal?"),
    ),
    "Russian": Asked(
        *("Когда вы открыты летом?", "летом вы во сколько открыты", "Когда вы закрыты летом?"),
        *("Мы отправляем чай в Непал почтой.", "Можно ли отправить чай в Непал?"),
    ),
    "Tamil": Asked(
        *("கடை எப்போது திறக்கும்?", "உங்கள் கடை எப்போது திறக்கும்", "கடை எப்போது மூடும்?"),
        *("தேயிலை நேபாளம் வரை தபாலில் அனுப்பப்படும்.", "தேயிலை நேபாளம் வரை வருமா?"),
    ),
    "Thai": Asked(
        *("ร้านเปิดวันอาทิตย์กี่โมง", "ร้านเปิดวันอาทิตย์กี่โมงครับ", "ร้านปิดวันอาทิตย์กี่โมง"),
        *("เราส่งชาไปเนปาลทางไปรษณีย์", "ส่งชาไปเนปาลได้ไหม"),
    ),
}


def _common(one: str, other: str) -> float:
    """The share of the words of both that they have in common."""
    first, second = set(words_of(one)), set(words_of(other))
    return len(first & second) / len(first | second)


@pytest.mark.parametrize("asked", LANGUAGES.values(), ids=LANGUAGES)
def test_a_question_in_other_words_fits_and_its_opposite_does_not(asked: Asked) -> None:
    assert _common(asked.question, asked.same) >= FITS
    assert _common(asked.question, asked.opposite) < FITS
    assert _common(asked.question, asked.about_it) < NEAR
    # An answer is in the first language that the chatbot speaks, where the visitor's is none of them.
    assert language_of(asked.about_it, ["id", "en"]) == "id"
    short_follow_up = asked.opposite.split()[-1]
    assert needs_rewriting(short_follow_up, [("user", asked.question)])


async def test_visitors_of_ten_languages_find_what_is_known_while_a_chatbot_is_away(shared: World) -> None:
    owner = shared.newcomer()
    user = shared.people[owner]
    team = insert_team(shared.database, user, tier="team", seats=2)
    documents = {
        name: insert_document(shared.database, team, user, asked.passage, name=name)
        for name, asked in LANGUAGES.items()
    }
    new = {"name": "Help", "model": "openai/gpt-4.1-mini", "knowledge": {"documents": [*map(str, documents.values())]}}
    made = (await in_workspace(shared, team, "POST", "/chatbots", new, who=owner)).json()
    path = f"/chatbots/{made['id']}"
    for name, asked in LANGUAGES.items():
        curated = {"question": asked.question, "answer": f"Curated in {name}"}
        assert (await shared.post(f"{path}/answers", curated, owner)).status_code == 201
    assert (await shared.post(f"{path}/publish", None, owner)).is_success
    assert (await shared.post(f"{path}/toggle", None, owner)).json() == {"status": "paused"}
    website = Website(shared, made["id"], made["public_id"])
    limit(shared.database, website.chatbot, visitor_per_hour=100)
    visitor = await website.visitor()

    for name, asked in LANGUAGES.items():
        away = (await website.post(visitor, "chat", {"message": asked.same})).json()
        assert away["answers"][0] == {"question": asked.question, "answer": f"Curated in {name}"}
        away = (await website.post(visitor, "chat", {"message": asked.about_it})).json()
        assert away["answers"][0] == {"question": name, "answer": asked.passage}
