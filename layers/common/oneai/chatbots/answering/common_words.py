"""Words that most questions have, and so say nothing about what is asked. Without negations, which say much."""

import re

from oneai.conversations.tokenize import tokenize

_SPACED = (
    "a an the is are was were be do does did can could will would shall should may i you he she it "
    "we they me my your our "
    "his her their its of to in on at for from by with and or but if how what when where which who "
    "whom whose why there "
    "here this that these those please tell know have has had get "
    "yang dan di ke dari apa apakah bagaimana berapa kapan mana siapa saya kami anda kamu ini itu "
    "bisa ada dengan untuk "
    "bagi jika kalau tolong mohon "
    "o os as um uma e ou é são de da dos das em na nos nas ao à para por com que qual quais como onde quando quanto "
    "quem vocês você eu meu minha meus minhas seu sua seus suas nosso nossa tem têm há posso pode podem favor "
    "hai hain kya kaise kahan kab mera meri mujhe aap aapka ka ki ke ko se mein par batao "
    "है हैं था थे थी क्या कैसे कहाँ कहां कब कौन कितना कितने कितनी मेरा मेरी मुझे आप आपका आपकी आपके "
    "का की के को से में पर और "
    "या यह वह कृपया "
    "что как какой какая какое какие когда где куда сколько кто почему вы вас вам ваш ваша ваше ваши мы нас нам наш я "
    "мне меня мой моя это этот эта и или но же ли в во на по для с со из к у о об от до за есть можно пожалуйста "
    "τι πώς πού πότε πόσο πόσα ποιος ποια ποιο ποιες γιατί ο η οι το τα τον την του της των στο στη στην στον στα σε "
    "με για από και ή είναι έχετε έχει εσείς σας μας μου θα να μπορώ μπορείτε παρακαλώ ένα μια "
    "ما ماذا هل متى كيف أين كم من في على إلى عن مع أو هو هي هذا هذه لديكم عندكم لكم أنا أنتم نحن يمكن يمكنني أن فضلك "
    "מה מתי איפה היכן איך כיצד כמה האם מי של את אתם אני אנחנו יש על עם אל לי לכם שלכם שלי זה זאת או אפשר בבקשה "
    "என்ன எப்போது எங்கே எப்படி எவ்வளவு யார் ஏன் நீங்கள் நான் நாங்கள் உங்கள் எங்கள் ஒரு இந்த அந்த உள்ளது இருக்கிறது "
    "மற்றும் "
    "언제 어디 어디서 어떻게 무엇 뭐 누구 왜 저는 제가 저희 우리 이 그 및 있나요 있습니까 있어요 되나요 "
    "됩니까 하나요 합니까 인가요 입니까 주세요 알려주세요 좀"
)
# In scripts without spaces, where a word has no end that can be seen.
_UNSPACED = (
    "请问 請問 你们 你們 您们 我们 我們 什么时候 什麼時候 为什么 為什麼 什么 什麼 怎么 怎麼 怎样 怎樣 如何 "
    "哪里 哪裡 哪儿 几点 幾點 何时 何時 可以 是否 是不是 有没有 有沒有 吗 嗎 呢 吧 啊 的 了 是 我 你 您 请 請 "
    "でしょうか ですか ますか ください 教えて いつ どこ なに 何 どのように どうやって どう です ます "
    "กี่โมง เมื่อไร เมื่อไหร่ ที่ไหน อย่างไร ยังไง อะไร ไหม มั้ย หรือไม่ ครับ ค่ะ คุณ"
)


def _joined(text: str) -> str:
    return "".join(word.text for word in tokenize(text))


SPACED = frozenset(word.text for word in tokenize(_SPACED))
# In the form of joined words of `tokenize`. Particles of Japanese only after what is not written in hiragana.
UNSPACED = re.compile(
    "|".join(sorted(map(_joined, _UNSPACED.split()), key=len, reverse=True))
    + "|(?<=[\u30a1-\u30fc\u4e00-\u9fff])[はをにのと](?!\u3099)|(?<=[\u30a1-\u30fc\u4e00-\u9fff])[かて]\u3099"
)
