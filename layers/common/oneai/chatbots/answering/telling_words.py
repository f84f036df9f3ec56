"""The words of a question that say what it is about, for comparing it with curated ones."""

from oneai.conversations.tokenize import tokenize

# Words that most questions have.
_COMMON_TEXT = (
    "a an the is are was were be do does did can could will would shall should may i you he she it "
    "we they me my your our "
    "his her their its of to in on at for from by with and or but if how what when where which who "
    "whom whose why there "
    "here this that these those please tell know have has had get "
    "yang dan di ke dari apa apakah bagaimana berapa kapan mana siapa saya kami anda kamu ini itu "
    "bisa ada dengan untuk "
    "bagi jika kalau tolong mohon "
    "hai hain kya kaise kahan kab mera meri mujhe aap aapka ka ki ke ko se mein par batao "
    "है हैं था थे थी क्या कैसे कहाँ कहां कब कौन कितना कितने कितनी मेरा मेरी मुझे आप आपका आपकी आपके "
    "का की के को से में पर और "
    "या यह वह कृपया"
)
_COMMON = frozenset(word.text for word in tokenize(_COMMON_TEXT))
MAX_WORDS = 60


def words_of(text: str) -> list[str]:
    """The different words of a question, sorted: as searches compare them, without plural endings, and without those
    that most questions have, unless it has no others."""
    found = [word.text for word in tokenize(text[: MAX_WORDS * 100])]
    telling = {_stem(word) for word in found if word not in _COMMON}
    return sorted(telling or set(found))[:MAX_WORDS]


def _stem(word: str) -> str:
    return word[:-1] if word.isascii() and len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
