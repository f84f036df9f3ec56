/** Zip files without compression: APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16. Up to 4 GB and 65,535 files. */

export interface Entry {
  /** Its name in the zip, UTF-8 when written. */
  name: string;
  content: Uint8Array<ArrayBuffer>;
}

/** General purpose bit 11: names are UTF-8. */
const UTF8 = 1 << 11;
/** 1 January 1980, the first day that the format knows: the files carry no time of their own. */
const DAY = (1 << 5) | 1;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 as ISO 3309 defines it. */
export function crc32(content: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of content) crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** A zip of these files. Equal names get a number: `Rain.md`, `Rain (2).md`, also where only their case differs. */
export function zip(entries: readonly Entry[]): Blob {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const directory: Uint8Array<ArrayBuffer>[] = [];
  let at = 0;
  for (const { name, content } of withDistinctNames(entries)) {
    const bytes = new TextEncoder().encode(name);
    const about = [
      ...[UTF8, 0, 0, DAY].map((value) => [value, 2] as const),
      ...[crc32(content), content.length, content.length].map((value) => [value, 4] as const),
      [bytes.length, 2] as const,
    ];
    const local = record([0x04034b50, 4], [20, 2], ...about, [0, 2]);
    directory.push(
      record([0x02014b50, 4], [20, 2], [20, 2], ...about, [0, 2], [0, 2], [0, 2], [0, 2], [0, 4], [at, 4]),
      bytes,
    );
    parts.push(local, bytes, content);
    at += local.length + bytes.length + content.length;
  }
  const size = directory.reduce((sum, each) => sum + each.length, 0);
  const count = entries.length;
  const end = record([0x06054b50, 4], [0, 2], [0, 2], [count, 2], [count, 2], [size, 4], [at, 4], [0, 2]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

/** Numbers in little-endian order, each with its size in bytes. */
function record(...fields: (readonly [value: number, size: number])[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(fields.reduce((sum, [, size]) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [value, size] of fields) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return bytes;
}

function withDistinctNames(entries: readonly Entry[]): Entry[] {
  const taken = new Set<string>();
  return entries.map(({ name, content }) => {
    const dot = name.lastIndexOf(".");
    let free = name;
    for (let n = 2; taken.has(free.toLowerCase()); n++) free = `${name.slice(0, dot)} (${n})${name.slice(dot)}`;
    taken.add(free.toLowerCase());
    return { name: free, content };
  });
}
