/** The addresses in a text, once each and in its order: separated by commas, semicolons or lines, also as mail programs
 *  copy them (`Ravi <ravi@example.com>`). What is no address is kept, so that its writer sees it refused. */
export function addressesIn(text: string): string[] {
  const found = text
    .split(/[,;\n]+/)
    .map((part) => /<([^<>]*)>\s*$/.exec(part)?.[1] ?? part)
    .flatMap((part) => part.trim().split(/\s+/))
    .map((part) => part.toLowerCase())
    .filter((part) => part !== "");
  return [...new Set(found)];
}
