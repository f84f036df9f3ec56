import type { Tokens, TokenizerObject } from "marked";

/** Characters that no address contains (RFC 3986, appendix A), and emphasis around it: an address ends before them. */
const FOREIGN = /["<>\\^`{|}]|\*\*|~~/;
/** Punctuation of other scripts ends an address anywhere: `https://example.com/a。谢谢`. Dashes and middle dots occur
 *  inside words of addresses, and end it only if no letter follows. */
const OTHER_PUNCTUATION = /(?![\p{Pd}·・‧])(?=[\p{P}\p{Sc}])\P{ASCII}|[\p{Pd}·・‧](?<=\P{ASCII})(?![\p{L}\p{N}])/u;
/** A host in ASCII directly followed by a word in another script, without another label after it:
 *  `https://example.com英文`. */
const WORDS_AFTER_HOST =
  /^([A-Za-z]+:\/\/[^/?#]*\.[A-Za-z]{2,})(?=\p{L})\P{ASCII}(?<!\p{Script=Latin})(?![^/?#]*\.\p{L})[^]*$/u;
/** An address whose host has letters of other scripts, with a dot. GFM accepts only ASCII. */
const OTHER_HOST = /^(?:https?:\/\/|www\.)(?:[\p{L}\p{M}\p{N}-]+\.)+[\p{L}\p{M}][\p{L}\p{M}\p{N}-]+[^\s<]*/iu;
/** The sentence's own characters after it: punctuation and quotes, or an entity. */
const AFTER = "?!.,:;*_'~";
const ENTITY = /&[a-zA-Z0-9]{1,31};$/;

/** A bare address in the text as GFM finds it (https://github.github.com/gfm/#autolinks-extension-). It ends before
 *  punctuation of every script, and before words in another script directly after its host. */
export const url: NonNullable<TokenizerObject["url"]> = function (src) {
  const known = this.rules.inline.url.exec(src);
  const found = known ?? OTHER_HOST.exec(src);
  if (!found) return undefined;
  const isMail = found[2] === "@";
  const address = isMail ? found[0] : endOf(found[0]);
  if (!isMail && !/^(?:[a-z]+:\/\/|www\.)[^\s/?#.:]/i.test(address)) return undefined;
  // Now its end is known, and whether the host still has a dot.
  if (!known && !OTHER_HOST.test(address)) return undefined;
  const plain = address.replace(/&amp;/g, "&");
  const href = isMail ? mailOf(plain) : /^www\./i.test(plain) ? `http://${plain}` : plain;
  const tokens: Tokens.Text[] = [{ type: "text", raw: address, text: address, escaped: false }];
  return { type: "link", raw: address, text: address, href, title: null, tokens };
};

function mailOf(address: string): string {
  return /^(?:mailto|xmpp):/i.test(address) ? address : `mailto:${address}`;
}

function endOf(text: string): string {
  let address = upTo(upTo(text, FOREIGN), OTHER_PUNCTUATION);
  address = address.replace(WORDS_AFTER_HOST, "$1");
  // Each character is read once: a text may end with thousands of brackets.
  const surplus = { ")": count(address, ")") - count(address, "("), "]": count(address, "]") - count(address, "[") };
  let end = address.length;
  for (; end > 0; end--) {
    const last = address[end - 1]!;
    const entity = last === ";" && ENTITY.exec(address.slice(Math.max(0, end - 33), end));
    if (entity) end -= entity[0].length - 1;
    else if (last === ")" || last === "]") {
      if (surplus[last]-- <= 0) break;
    } else if (!AFTER.includes(last)) break;
  }
  return address.slice(0, end);
}

function upTo(text: string, end: RegExp): string {
  const at = text.search(end);
  return at === -1 ? text : text.slice(0, at);
}

function count(text: string, sign: string): number {
  return text.split(sign).length - 1;
}
