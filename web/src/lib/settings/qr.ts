/** QR codes (ISO/IEC 18004) in byte mode with error correction M, in the smallest version that fits. */

/** By version from 1: codewords for error correction in a block, and blocks by their number of data codewords. From
 *  table 9 of the standard, level M. */
const BLOCKS: readonly (readonly [ecc: number, ...groups: (readonly [count: number, data: number])[]])[] = [
  [10, [1, 16]],
  [16, [1, 28]],
  [26, [1, 44]],
  [18, [2, 32]],
  [24, [2, 43]],
  [16, [4, 27]],
  [18, [4, 31]],
  [22, [2, 38], [2, 39]],
  [22, [3, 36], [2, 37]],
  [26, [4, 43], [1, 44]],
  [30, [1, 50], [4, 51]],
  [22, [6, 36], [2, 37]],
  [22, [8, 37], [1, 38]],
  [24, [4, 40], [5, 41]],
  [24, [5, 41], [5, 42]],
  [28, [7, 45], [3, 46]],
  [28, [10, 46], [1, 47]],
  [26, [9, 43], [4, 44]],
  [26, [3, 44], [11, 45]],
  [26, [3, 41], [13, 42]],
];
const EXP = new Uint8Array(512);
const LOG = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power++) {
  EXP[power] = EXP[power + 255] = value;
  LOG[value] = power;
  value = value & 128 ? (value << 1) ^ 0x11d : value << 1;
}
const MASKS: readonly ((row: number, column: number) => boolean)[] = [
  (row, column) => (row + column) % 2 === 0,
  (row) => row % 2 === 0,
  (_, column) => column % 3 === 0,
  (row, column) => (row + column) % 3 === 0,
  (row, column) => (Math.floor(row / 2) + Math.floor(column / 3)) % 2 === 0,
  (row, column) => ((row * column) % 2) + ((row * column) % 3) === 0,
  (row, column) => (((row * column) % 2) + ((row * column) % 3)) % 2 === 0,
  (row, column) => (((row + column) % 2) + ((row * column) % 3)) % 2 === 0,
];

/** The modules of the code by row, true for dark, without the quiet zone of four modules.
 *
 *  @throws RangeError for text of more than 666 bytes, which needs a version above 20
 */
export function qrCode(text: string): boolean[][] {
  const bytes = new TextEncoder().encode(text);
  const version = 1 + BLOCKS.findIndex((_, index) => bytes.length <= capacity(index + 1));
  if (version === 0) throw new RangeError("too long for a QR code");
  const codewords = interleaved(version, dataCodewords(version, bytes));
  const candidates = MASKS.map((_, mask) => drawn(version, codewords, mask));
  return candidates.reduce((best, each) => (penalty(each) < penalty(best) ? each : best));
}

function dataLength(version: number): number {
  const [, ...groups] = BLOCKS[version - 1]!;
  return groups.reduce((sum, [count, data]) => sum + count * data, 0);
}

/** Bytes of text: the data without mode (4 bits) and length (8 bits, from version 10 16). */
function capacity(version: number): number {
  return dataLength(version) - (version < 10 ? 2 : 3);
}

function dataCodewords(version: number, bytes: Uint8Array): number[] {
  const bits: number[] = [];
  const add = (value: number, count: number) => {
    for (let bit = count - 1; bit >= 0; bit--) bits.push((value >> bit) & 1);
  };
  add(0b0100, 4);
  add(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) add(byte, 8);
  const total = dataLength(version) * 8;
  add(0, Math.min(4, total - bits.length));
  add(0, -bits.length & 7);
  for (let pad = 0xec; bits.length < total; pad ^= 0xec ^ 0x11) add(pad, 8);
  return Array.from({ length: bits.length / 8 }, (_, at) =>
    Number.parseInt(bits.slice(at * 8, at * 8 + 8).join(""), 2),
  );
}

/** The codewords in the order in which they are drawn: of all blocks in turn, first data, then error correction. */
function interleaved(version: number, data: number[]): number[] {
  const [ecc, ...groups] = BLOCKS[version - 1]!;
  const lengths = groups.flatMap(([count, length]) => Array<number>(count).fill(length));
  let at = 0;
  const blocks = lengths.map((length) => data.slice(at, (at += length)));
  const corrections = blocks.map((block) => correction(block, ecc));
  const inTurn = (rows: number[][]) =>
    Array.from({ length: Math.max(...rows.map((row) => row.length)) }, (_, column) =>
      rows.flatMap((row) => (column < row.length ? [row[column]!] : [])),
    ).flat();
  return [...inTurn(blocks), ...inTurn(corrections)];
}

/** Reed–Solomon: the remainder of the block by the generator of this degree, over GF(256) with 0x11d. */
function correction(block: number[], degree: number): number[] {
  let generator = [1];
  for (let root = 0; root < degree; root++) {
    const next = [...generator, 0];
    generator.forEach((factor, at) => (next[at + 1]! ^= multiply(factor, EXP[root]!)));
    generator = next;
  }
  const remainder = Array<number>(degree).fill(0);
  for (const value of block) {
    const factor = value ^ remainder.shift()!;
    remainder.push(0);
    for (let at = 0; at < degree; at++) remainder[at]! ^= multiply(generator[at + 1]!, factor);
  }
  return remainder;
}

function multiply(one: number, other: number): number {
  return one && other ? EXP[LOG[one]! + LOG[other]!]! : 0;
}

function drawn(version: number, codewords: number[], mask: number): boolean[][] {
  const size = 17 + 4 * version;
  const grid = Array.from({ length: size }, () => Array<boolean | null>(size).fill(null));
  drawPatterns(grid, version, mask);
  let bit = 0;
  let up = true;
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right--; // the timing pattern's column
    for (let step = 0; step < size; step++)
      for (const column of [right, right - 1]) {
        const row = up ? size - 1 - step : step;
        if (grid[row]![column] !== null) continue;
        const dark = ((codewords[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
        grid[row]![column] = (dark === 1) !== MASKS[mask]!(row, column);
        bit++;
      }
    up = !up;
  }
  return grid as boolean[][];
}

/** Draws all that is not data: finders, alignment, timing, format and version. */
function drawPatterns(grid: (boolean | null)[][], version: number, mask: number): void {
  const size = grid.length;
  const set = (row: number, column: number, dark: boolean) => {
    if (row >= 0 && column >= 0 && row < size && column < size) grid[row]![column] = dark;
  };
  const square = (row: number, column: number, reach: number, light: readonly number[]) => {
    for (let down = -reach; down <= reach; down++)
      for (let across = -reach; across <= reach; across++)
        set(row + down, column + across, !light.includes(Math.max(Math.abs(down), Math.abs(across))));
  };
  for (let at = 0; at < size; at++) {
    set(6, at, at % 2 === 0);
    set(at, 6, at % 2 === 0);
  }
  for (const [row, column] of [
    [3, 3],
    [3, size - 4],
    [size - 4, 3],
  ] as const)
    square(row, column, 4, [2, 4]);
  const centres = alignment(version);
  const last = centres.length - 1;
  centres.forEach((row, down) =>
    centres.forEach((column, across) => {
      const onFinder = (down === 0 && (across === 0 || across === last)) || (down === last && across === 0);
      if (!onFinder) square(row, column, 2, [1]);
    }),
  );
  // Level M is 00. The format is protected by a BCH code and masked.
  const format = withRemainder(mask, 5, 10, 0x537) ^ 0x5412;
  const formatBit = (at: number) => ((format >> at) & 1) === 1;
  for (let at = 0; at < 15; at++) {
    const beside = at < 6 ? at : at < 8 ? at + 1 : size - 15 + at;
    set(beside, 8, formatBit(at));
    const below = at < 8 ? size - 1 - at : at === 8 ? 7 : 14 - at;
    set(8, below, formatBit(at));
  }
  set(size - 8, 8, true);
  if (version < 7) return;
  const number = withRemainder(version, 6, 12, 0x1f25);
  for (let at = 0; at < 18; at++) {
    const dark = ((number >> at) & 1) === 1;
    set(Math.floor(at / 3), size - 11 + (at % 3), dark);
    set(size - 11 + (at % 3), Math.floor(at / 3), dark);
  }
}

/** `value` followed by its remainder of `count` bits by the BCH generator. */
function withRemainder(value: number, bits: number, count: number, generator: number): number {
  let rest = value << count;
  for (let bit = bits + count - 1; bit >= count; bit--) if ((rest >> bit) & 1) rest ^= generator << (bit - count);
  return (value << count) | rest;
}

/** The rows and columns of the centres of alignment patterns. */
function alignment(version: number): number[] {
  if (version === 1) return [];
  const gaps = Math.floor(version / 7) + 1;
  const last = 10 + 4 * version;
  const step = 2 * Math.ceil((last - 6) / (gaps * 2));
  return [6, ...Array.from({ length: gaps }, (_, at) => last - step * (gaps - 1 - at))];
}

/** How hard a code is to read, by the four rules of the standard. */
function penalty(grid: boolean[][]): number {
  const size = grid.length;
  const columns = grid.map((_, at) => grid.map((row) => row[at]!));
  let sum = 0;
  for (const line of [...grid, ...columns]) {
    for (const run of line
      .map(Number)
      .join("")
      .match(/0{5,}|1{5,}/g) ?? [])
      sum += run.length - 2;
    const signs = line.map(Number).join("");
    for (const finder of ["10111010000", "00001011101"])
      for (let at = signs.indexOf(finder); at >= 0; at = signs.indexOf(finder, at + 1)) sum += 40;
  }
  for (let row = 1; row < size; row++)
    for (let column = 1; column < size; column++) {
      const dark = grid[row]![column];
      if (dark === grid[row - 1]![column] && dark === grid[row]![column - 1] && dark === grid[row - 1]![column - 1])
        sum += 3;
    }
  const share = grid.flat().filter(Boolean).length / size ** 2;
  return sum + 10 * Math.floor(Math.abs(share - 0.5) * 20);
}
