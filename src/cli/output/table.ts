import { displayWidth } from './text.ts';

export interface TableColumn {
  readonly header: string;
  /** Never cut, however narrow the terminal: ids. */
  readonly isKept: boolean;
}

const GAP = 2;
const NARROWEST = 8;

/** Borderless, as wide as its content and never wider than the terminal: the widest columns give way. */
export async function renderTable(
  rows: readonly (readonly string[])[],
  columns: readonly TableColumn[],
  /** Of the terminal; Infinity where nobody counts. */
  width: number,
): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const widths = columnWidths(rows, columns, width);
  const table = new Table({
    head: columns.map(({ header }) => header),
    // The gap is padding: what has to be cut is cut before it. At the end of a line it is trimmed.
    colWidths: widths.map((w) => w + GAP),
    chars: BORDERLESS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP, compact: true },
  });
  for (const row of rows) table.push([...row]);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function columnWidths(
  rows: readonly (readonly string[])[],
  columns: readonly TableColumn[],
  width: number,
): number[] {
  const widths = columns.map(({ header }, i) =>
    Math.max(displayWidth(header), ...rows.map((row) => displayWidth(row[i] ?? ''))),
  );
  let excess = sum(widths) + GAP * (widths.length - 1) - width;
  while (excess > 0) {
    const flexible = widths.map((w, i) => (columns[i]?.isKept ? 0 : w));
    const widest = flexible.indexOf(Math.max(...flexible));
    if ((flexible[widest] ?? 0) <= NARROWEST) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

const BORDERLESS = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
    'middle',
  ].map((part) => [part, '']),
);
