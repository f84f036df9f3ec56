/** A text of the API about plans in the page's language; unchanged if there is no translation.
 *
 *  @param sentences patterns and their replacements, as in `i18n/pricing`
 */
export function translated(sentence: string, sentences: readonly (readonly [RegExp, string])[]): string {
  const match = sentences.find(([pattern]) => pattern.test(sentence));
  return match ? sentence.replace(match[0], match[1]) : sentence;
}
