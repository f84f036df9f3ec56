/** A sentence of the API about plans in the language of the page, or as it is where the page has none for it.
 *
 *  @param sentences patterns and their replacements, as in `i18n/pricing`
 */
export function translated(sentence: string, sentences: readonly (readonly [RegExp, string])[]): string {
  const match = sentences.find(([pattern]) => pattern.test(sentence));
  return match ? sentence.replace(match[0], match[1]) : sentence;
}
