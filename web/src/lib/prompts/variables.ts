/** Variables of a prompt: `{{name}}`. A name starts with a letter or a digit, so that the control words of other template
 *  languages (`{{#if}}`, `{{> part}}`) are text. It has no braces, bars or line breaks. */
const VARIABLE = /\{\{[ \t]*([\p{L}\p{N}_][^{}|#\n]{0,59}?)[ \t]*\}\}/gu;

/** The variables in the order of their first occurrence. Names that differ in case alone are one variable. */
export function variablesOf(content: string): string[] {
  const found = new Map<string, string>();
  for (const [, name = ""] of content.matchAll(VARIABLE)) if (!found.has(key(name))) found.set(key(name), name);
  return [...found.values()];
}

/** The text with the values in place of the variables. A variable without a value remains as it is written. Values are
 *  inserted literally: a variable in a value is text. */
export function fill(content: string, values: ReadonlyMap<string, string>): string {
  const byKey = new Map([...values].map(([name, value]) => [key(name), value]));
  return content.replace(VARIABLE, (written, name: string) => byKey.get(key(name)) || written);
}

function key(name: string): string {
  return name.normalize("NFC").toLowerCase();
}
