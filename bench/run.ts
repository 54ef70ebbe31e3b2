import { parseArgs } from 'node:util';
import { installedPeers } from './lib/child-process.ts';
import { describeMachine } from './lib/machine.ts';
import { measure, type Row } from './lib/measure.ts';
import { printTable } from './lib/print.ts';
import type { Options } from './lib/workload.ts';
import { WORKLOADS } from './workloads/all.ts';

const USAGE = `npm run bench -- [W1 … W10] [--json] [--quick] [--pairs 5] [--peers]

  --quick   smaller sizes and three pairs
  --pairs   measurements of each side, alternating; at least 3
  --peers   OpenWorkflow and DBOS beside us (npm install --prefix bench/peers, PostgreSQL on 5432)
  --json    the table as JSON on stdout
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: false },
    pairs: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

process.on('SIGINT', () => process.exit(130));

const pairs = Number(values.pairs ?? (values.quick ? 3 : 5));
const wanted = positionals.map((id) => id.toUpperCase());
const unknown = wanted.filter((id) => !WORKLOADS.some((workload) => workload.id === id));
if (values.help || unknown.length > 0 || !(pairs >= 3)) {
  process.stderr.write(`${unknown.map((id) => `There is no workload ${id}.\n`).join('')}${USAGE}`);
  process.exit(values.help ? 0 : 2);
}
const peers = values.peers ? installedPeers() : [];
if (values.peers && peers.length === 0) {
  process.stderr.write('The peers are not installed: npm install --prefix bench/peers\n');
  process.exit(2);
}

const options: Options = { quick: values.quick, pairs, peers };
const machine = describeMachine();
const rows: Row[] = [];
for (const workload of WORKLOADS) {
  if (wanted.length > 0 && !wanted.includes(workload.id)) continue;
  rows.push(...(await measure(workload, options, (line) => process.stderr.write(`${line}\n`))));
}
const failed = rows.some((row) => row.figures.engine === undefined);
process.stdout.write(
  values.json
    ? `${JSON.stringify({ machine, options, rows }, null, 2)}\n`
    : `${printTable(rows, machine)}\n`,
);
// A missed target is a finding, not a failure; a side that could not be measured is one.
process.exitCode = failed ? 1 : 0;
