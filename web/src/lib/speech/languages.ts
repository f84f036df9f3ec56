/** Scripts that name a language well enough for a voice. Languages that share one, such as Hindi and Marathi, have
 *  voices that can read each other's text. */
const SCRIPTS: readonly [letters: RegExp, language: string][] = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/gu, "ja"],
  [/\p{Script=Devanagari}/gu, "hi"],
  [/\p{Script=Bengali}/gu, "bn"],
  [/\p{Script=Tamil}/gu, "ta"],
  [/\p{Script=Telugu}/gu, "te"],
  [/\p{Script=Gujarati}/gu, "gu"],
  [/\p{Script=Kannada}/gu, "kn"],
  [/\p{Script=Malayalam}/gu, "ml"],
  [/\p{Script=Gurmukhi}/gu, "pa"],
  [/\p{Script=Hebrew}/gu, "he"],
  [/\p{Script=Cyrillic}/gu, "ru"],
  [/\p{Script=Greek}/gu, "el"],
  [/\p{Script=Thai}/gu, "th"],
  [/\p{Script=Hangul}/gu, "ko"],
  [/\p{Script=Han}/gu, "zh"],
  [/\p{Script=Arabic}/gu, "ar"],
];
/** Letters of Urdu that Arabic does not have. */
const URDU = /[ٹڈڑںےہھ]/u;

/** Frequent short words of languages in Latin letters. */
const WORDS: Record<string, string> = {
  en: "the and of to is in that it for with this are was be on as you not",
  de: "der die das und ist nicht ein eine zu mit den von auf sich für dem auch wie",
  fr: "le la les et est des une dans que pour pas qui sur avec ce il vous au",
  es: "el los las y es que en una por con para del se como más pero su al",
  pt: "o os as e é que em uma para com não do da por mais como se ao",
  it: "il gli e è che di una per con non del della sono come più si le",
  nl: "de het een en is van dat niet te met op voor zijn aan er ook maar",
};

/** The language of a sentence by its script; null if it is in Latin letters, or has no letters. */
export function scriptLanguage(text: string): string | null {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  for (const [pattern, language] of SCRIPTS) {
    const found = text.match(pattern)?.length ?? 0;
    // A Japanese sentence has as many Chinese signs as its own; others may contain a word in Latin letters.
    if (found * (language === "ja" ? 5 : 2) > letters && found > 0)
      return language === "ar" && URDU.test(text) ? "ur" : language;
  }
  return null;
}

/** The language of a text in Latin letters by its frequent words; `fallback` if none prevails. */
export function latinLanguage(text: string, fallback: string): string {
  const words =
    text
      .slice(0, 5_000)
      .toLowerCase()
      .match(/\p{Script=Latin}+/gu) ?? [];
  const counts = Object.entries(WORDS).map(([language, frequent]): [string, number] => {
    const known = new Set(frequent.split(" "));
    return [language, words.filter((word) => known.has(word)).length];
  });
  const [best, second] = counts.sort((a, b) => b[1] - a[1]);
  return best && best[1] >= 2 && best[1] > (second?.[1] ?? 0) ? best[0] : fallback;
}

/** The voice for a language: one of the same region as `preferred` if possible; null if there is none. Android writes
 *  `hi_IN` for `hi-IN`.
 *
 *  @param preferred the user's languages, the most wanted first
 */
export function voiceFor<Voice extends Pick<SpeechSynthesisVoice, "lang" | "default" | "localService">>(
  voices: readonly Voice[],
  language: string,
  preferred: readonly string[],
): Voice | null {
  const code = ({ lang }: Voice) => lang.replaceAll("_", "-").toLowerCase();
  const suitable = voices.filter((voice) => code(voice).split("-")[0] === language);
  const wanted = preferred.map((each) => each.toLowerCase());
  const rank = (voice: Voice) => {
    const region = wanted.indexOf(code(voice));
    return (region < 0 ? wanted.length : region) * 4 + (voice.default ? 0 : 2) + (voice.localService ? 0 : 1);
  };
  return suitable.sort((a, b) => rank(a) - rank(b))[0] ?? null;
}
