"""What a chatbot says itself, in each of its languages: where it has no answer, its model's words are not sent."""

from oneai.chatbots.answering.outcome import Outcome
from oneai.chatbots.fields import Language

NOT_FOUND: dict[Language, str] = {
    "en": "I found no answer to this in our documents.",
    "hi": "हमारे दस्तावेज़ों में मुझे इसका उत्तर नहीं मिला।",
    "id": "Saya tidak menemukan jawabannya di dokumen kami.",
}
OFF_TOPIC: dict[Language, str] = {
    "en": "I can only help with questions about what we offer.",
    "hi": "मैं केवल हमारी सेवाओं से जुड़े सवालों में मदद कर सकता हूँ।",
    "id": "Saya hanya dapat membantu pertanyaan tentang layanan kami.",
}
HANDOFF: dict[Language, str] = {
    "en": "A person should answer this. Leave a message, and we will get back to you.",
    "hi": "इसका उत्तर किसी व्यक्ति को देना चाहिए। संदेश छोड़ें, हम आपसे संपर्क करेंगे।",
    "id": "Pertanyaan ini perlu dijawab oleh seseorang. Tinggalkan pesan, dan kami akan menghubungi Anda.",
}
# Before the nearest curated answer, where none was found.
NEAREST: dict[Language, str] = {
    "en": "This may be near it:",
    "hi": "शायद यह काम आए:",
    "id": "Mungkin ini yang Anda cari:",
}
_BY_OUTCOME: dict[Outcome, dict[Language, str]] = {
    "not_found": NOT_FOUND,
    "off_topic": OFF_TOPIC,
    "handoff": HANDOFF,
}


def sentence(outcome: Outcome, language: Language) -> str:
    """The sentence for an outcome without words of the model; empty for the others."""
    return _BY_OUTCOME.get(outcome, {}).get(language, "")
