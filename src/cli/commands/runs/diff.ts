import type { RunSummary } from '../../../core/run.ts';
import type { Cli } from '../../cli-context.ts';
import { type DiffRow, diffHistories } from '../../diff-histories.ts';
import { EXIT } from '../../exit-codes.ts';
import type { Listing } from '../../output/output.ts';
import { showStatus } from '../../output/status.ts';
import type { Style } from '../../output/style.ts';
import { brief, clean } from '../../output/text.ts';
import { eventDetail } from '../../views/event-detail.ts';
import { eventJson } from '../../views/event-view.ts';

export interface DiffRunsFlags {
  readonly all?: true;
  readonly exitCode?: true;
}

/** Equal events shown before the first difference, to see where it is. */
const CONTEXT = 2;

export async function diffRuns(
  cli: Cli,
  idA: string,
  idB: string,
  options: DiffRunsFlags,
): Promise<number> {
  const client = await cli.client();
  const [a, b] = await Promise.all([client.runs.get(idA), client.runs.get(idB)]);
  const [eventsA, eventsB] = await Promise.all([
    client.runs.events(a.runId),
    client.runs.events(b.runId),
  ]);
  const rows = diffHistories(eventsA, eventsB);
  const first = rows.findIndex(({ kind }) => kind !== 'same');
  const exitCode = options.exitCode === true && first !== -1 ? EXIT.failed : EXIT.done;
  const { output } = cli;
  if (output.format === 'json') {
    const json = {
      a: sideJson(a, eventsA.length),
      b: sideJson(b, eventsB.length),
      is_same: first === -1,
      first_difference: first === -1 ? null : rowJson(a.runId, b.runId, rows[first] as DiffRow),
      rows: rows.map((row) => rowJson(a.runId, b.runId, row)),
    };
    output.result({ json, plain: null, table: null });
    return exitCode;
  }
  if (output.format === 'plain') {
    for (const row of rows) output.raw(`${plainLine(row)}\n`);
    return exitCode;
  }
  const { style } = output.show;
  output.raw(`A  ${head(a, style)}\nB  ${head(b, style)}\n\n`);
  if (first === -1) {
    output.raw(`Both have done the same: ${rows.length} events.\n`);
    return exitCode;
  }
  const from = options.all === true ? 0 : Math.max(0, first - CONTEXT);
  const same = first === 1 ? '1 event is' : `${first} events are`;
  output.raw(
    `${same} the same; the first difference is at A ${seq(rows, first, 'a')}, B ${seq(rows, first, 'b')}\n\n`,
  );
  await output.list(rows.slice(from), listing(output.width));
  return exitCode;
}

const MARKS: Readonly<Record<DiffRow['kind'], readonly [string, keyof Style]>> = {
  same: [' ', 'dim'],
  changed: ['≠', 'yellow'],
  only_a: ['<', 'red'],
  only_b: ['>', 'green'],
};

function listing(width: number): Listing<DiffRow> {
  const room = Number.isFinite(width) ? Math.max(20, Math.floor((width - 6) / 2)) : 120;
  const side = (which: 'a' | 'b') => ({
    header: which.toUpperCase(),
    value: (row: DiffRow) => (row[which] === null ? '' : brief(text(row, which), room)),
  });
  return {
    columns: [
      {
        header: '',
        isId: true,
        value: ({ kind }, { style }) => style[MARKS[kind][1]](MARKS[kind][0]),
      },
      side('a'),
      side('b'),
    ],
    json: (row) => row,
    empty: '',
  };
}

function text(row: DiffRow, which: 'a' | 'b'): string {
  const event = row[which];
  return event === null ? '' : `${event.sequence} ${event.type} ${eventDetail(event)}`;
}

function plainLine(row: DiffRow): string {
  return [row.kind, clean(text(row, 'a')), clean(text(row, 'b'))].join('\t');
}

function seq(rows: readonly DiffRow[], first: number, which: 'a' | 'b'): string {
  const event = rows.slice(first).find((row) => row[which] !== null)?.[which];
  return event == null ? 'the end' : `event ${event.sequence}`;
}

function head(run: RunSummary, style: Style): string {
  return `${run.runId}  ${clean(run.workflowName)}  ${showStatus(run.status, style)}`;
}

function sideJson({ runId, workflowName, status }: RunSummary, events: number) {
  return { run_id: runId, workflow_name: workflowName, status, event_count: events };
}

function rowJson(runA: string, runB: string, { kind, a, b }: DiffRow) {
  return {
    kind,
    a: a === null ? null : eventJson(runA, a),
    b: b === null ? null : eventJson(runB, b),
  };
}
