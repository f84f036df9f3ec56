/** A row's cells end at each pipe without a backslash, even inside code or a formula
 *  (https://github.github.com/gfm/#tables-extension-). Models still write `|x|` there. */
const CELL_END = /(?<!\\)\|/g;
/** Code, and formulas in each of their delimiters. */
const SPANS =
  /(`+)(?!`)[^\n]*?[^`\n]\1(?!`)|\$\$[^$\n]+\$\$|\\\([^\n]+?\\\)|\\\[[^\n]+?\\\]|\$(?!\s)[^$\n]*[^\s$]\$(?!\d)/g;

/** The text of a table with a backslash before each pipe of code and formulas, in rows with more cells than the table
 *  has columns, if that leaves no more cells than columns. Other rows stay unchanged. */
export function escapePipes(table: string): string {
  if (!/[`$]|\\[([]/.test(table)) return table;
  const lines = table.split("\n");
  const columns = cellsOf(lines[1] ?? "");
  return lines.map((line, index) => (index === 1 ? line : escaped(line, columns))).join("\n");
}

function escaped(row: string, columns: number): string {
  if (cellsOf(row) <= columns) return row;
  const changed = row.replace(SPANS, (span) => span.replace(CELL_END, "\\|"));
  return cellsOf(changed) <= columns ? changed : row;
}

function cellsOf(row: string): number {
  const inner = row
    .trim()
    .replace(/^\|/, "")
    .replace(/(?<!\\)\|$/, "");
  return (inner.match(CELL_END)?.length ?? 0) + 1;
}
