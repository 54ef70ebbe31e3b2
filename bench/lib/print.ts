import type { Machine } from './machine.ts';
import type { Row } from './measure.ts';

const PEER_ORDER = ['openworkflow', 'dbos'];
const RIGHT = ['engine', 'bare', 'ratio', 'reached', ...PEER_ORDER];

/** The table for people; it is Markdown too, so that it can go into docs/benchmarks.md as it is. */
export function printTable(rows: readonly Row[], machine: Machine): string {
  const peers = PEER_ORDER.filter((peer) => rows.some((row) => peer in row.figures));
  const head = [
    '',
    'variant',
    'unit',
    'engine',
    'bare',
    'ratio',
    ...peers,
    'target',
    'reached',
    '',
  ];
  const lines = rows.map((row) => [
    row.workload,
    row.variant,
    row.unit,
    number(row.figures.engine) || 'failed',
    number(row.figures.bare),
    number(row.ratio),
    ...peers.map((peer) => number(row.figures[peer])),
    row.target ?? '',
    row.target === null ? '' : row.reached === null ? 'failed' : number(row.reached),
    row.ok === null ? '' : row.ok ? 'ok' : 'MISSES',
  ]);
  const columns = head.map((title, i) => ({
    width: Math.max(...[head, ...lines].map((line) => line[i]!.length), 3),
    right: RIGHT.includes(title),
  }));
  const draw = (cells: readonly string[]) => {
    const padded = columns.map(({ width, right }, i) =>
      right ? cells[i]!.padStart(width) : cells[i]!.padEnd(width),
    );
    return `| ${padded.join(' | ')} |`;
  };
  const rule = columns.map(({ width, right }) =>
    right ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  const facts = Object.entries(machine).map(([name, value]) => `${name} ${value}`);
  const notes = new Set(rows.flatMap((row) => (row.note ? [`${row.workload}: ${row.note}.`] : [])));
  return [
    facts.join(' · '),
    '',
    'Ratio: engine ÷ bare, the median over pairs of runs that alternate; figures are medians.',
    '',
    draw(head),
    draw(rule),
    ...lines.map(draw),
    '',
    ...notes,
  ].join('\n');
}

/** Three significant digits, thousands with a comma. */
function number(value: number | null | undefined): string {
  if (value === null || value === undefined) return '';
  const digits = value === 0 ? 1 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en-US', {
    maximumFractionDigits: Math.min(digits, 3),
    minimumFractionDigits: Math.min(digits, 2),
  });
}
