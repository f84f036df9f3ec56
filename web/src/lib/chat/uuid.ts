/** The name-based UUID of RFC 9562, version 5. The n-th compared answer has the id `uuid5(message_id, "n")`. */
export async function uuid5(namespace: string, name: string): Promise<string> {
  const space = Uint8Array.from(namespace.replaceAll("-", "").match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const digest = await crypto.subtle.digest("SHA-1", new Uint8Array([...space, ...new TextEncoder().encode(name)]));
  const bytes = new Uint8Array(digest).slice(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** The ids of `count` answers to one question. The first is `messageId`. */
export function comparedIds(messageId: string, count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, (_, n) => (n === 0 ? messageId : uuid5(messageId, String(n + 1)))));
}
