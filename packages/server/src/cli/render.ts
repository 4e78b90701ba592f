// Rows as text: a table for people, JSON lines, CSV (RFC 4180), TSV.

export type ShownFormat = 'json' | 'csv' | 'tsv' | 'table';

/** Characters of a cell in a table; the other formats show everything. */
const CELL_CHARS_MAX = 80;

function plain(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
}
/** Control characters of captured bytes must not reach the terminal. */
function printable(cell: unknown): string {
  const text = plain(cell).replace(/[\p{Cc}\p{Cf}]/gu, ' ');
  return text.length > CELL_CHARS_MAX ? `${text.slice(0, CELL_CHARS_MAX - 1)}…` : text;
}
const csv_cell = (cell: unknown): string => {
  const text = plain(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
const TSV_ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
const tsv_cell = (cell: unknown): string => plain(cell).replace(/[\\\t\n\r]/g, (c) => TSV_ESCAPES[c]!);

function* table(columns: readonly string[], rows: readonly (readonly unknown[])[]): Generator<string> {
  const cells = rows.map((row) => row.map(printable));
  const widths = columns.map((name, i) => cells.reduce((w, row) => Math.max(w, row[i]!.length), name.length));
  const numeric = columns.map((_name, i) => rows.every((row) => row[i] === null || typeof row[i] === 'number'));
  const line = (row: readonly string[]) =>
    `${row
      .map((cell, i) => (numeric[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd()}\n`;
  yield line(columns);
  yield line(widths.map((w) => '-'.repeat(w)));
  for (const row of cells) yield line(row);
}

export function* render_cells(
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
  format: ShownFormat,
): Generator<string> {
  if (format === 'table') return yield* table(columns, rows);
  if (format === 'json') {
    for (const row of rows)
      yield `${JSON.stringify(Object.fromEntries(columns.map((name, i) => [name, row[i] ?? null])))}\n`;
    return;
  }
  const [cell, between, end] =
    format === 'csv' ? ([csv_cell, ',', '\r\n'] as const) : ([tsv_cell, '\t', '\n'] as const);
  for (const row of [columns, ...rows]) yield `${row.map(cell).join(between)}${end}`;
}
