import { sep } from 'node:path';
import type { CheckedRun } from '../../client/client.ts';
import type { Column, Listing } from '../output/output.ts';
import type { Style } from '../output/style.ts';
import { brief, clean } from '../output/text.ts';

type Verdict = CheckedRun['verdict'];

const LOOKS: Readonly<Record<Verdict['kind'], readonly [string, keyof Style]>> = {
  ok: ['✓ fits', 'green'],
  divergence: ['✗ diverges', 'red'],
  stuck: ['✗ gets stuck', 'red'],
  other_result: ['≠ other result', 'yellow'],
  unknown_workflow: ['? unknown workflow', 'yellow'],
};

/** @param cwd source lines below it are shown without it */
export function checkedListing(cwd: string): Listing<CheckedRun> {
  return {
    columns: [
      { header: 'RUN', isId: true, value: ({ runId }) => clean(runId) },
      { header: 'WORKFLOW', value: ({ workflowName }) => clean(workflowName) },
      {
        header: 'VERDICT',
        isId: true,
        value: ({ verdict }, { style }) => style[LOOKS[verdict.kind][1]](LOOKS[verdict.kind][0]),
        plain: ({ verdict }) => verdict.kind,
      },
      { header: 'RECORDED', value: ({ verdict }) => brief(sidesOf(verdict).recorded ?? '', 120) },
      { header: 'THE CODE', value: ({ verdict }) => brief(sidesOf(verdict).requested ?? '', 120) },
      { header: 'AT', value: ({ verdict }) => near(sidesOf(verdict).source ?? '', cwd) },
    ],
    json: checkedJson,
    empty: '',
  };
}

const [run, workflow, verdict] = checkedListing('').columns;

export const narrowListing: Listing<CheckedRun> = {
  ...checkedListing(''),
  columns: [run, workflow, verdict] as Column<CheckedRun>[],
};

/** Both sides of one that does not fit, a line each; empty for one that does. */
export function sidesText({ runId, verdict: found }: CheckedRun, cwd: string): string {
  const { sequence, recorded, requested, source } = sidesOf(found);
  if (requested === null) return '';
  const at = sequence === null ? '' : ` at event ${sequence}`;
  return [
    `${clean(runId)}${at}`,
    ...(recorded === null ? [] : [`    recorded  ${brief(recorded, 200)}`]),
    `    the code  ${brief(requested, 200)}`,
    ...(source === null ? [] : [`    at        ${near(source, cwd)}`]),
  ].join('\n');
}

function near(source: string, cwd: string): string {
  return clean(source.startsWith(`${cwd}${sep}`) ? source.slice(cwd.length + 1) : source);
}

export function checkedJson({ runId, workflowName, status, verdict }: CheckedRun) {
  const { sequence, recorded, requested, source } = sidesOf(verdict);
  return {
    run_id: runId,
    workflow_name: workflowName,
    status,
    verdict: verdict.kind,
    sequence,
    recorded,
    requested,
    source,
    awaiting: verdict.kind === 'stuck' ? verdict.awaiting : [],
  };
}

interface Sides {
  readonly sequence: number | null;
  readonly recorded: string | null;
  readonly requested: string | null;
  readonly source: string | null;
}

/** What the history says and what the code does. */
function sidesOf(verdict: Verdict): Sides {
  switch (verdict.kind) {
    case 'divergence':
      return verdict.divergence;
    case 'other_result': {
      const { sequence, recorded, replayed } = verdict;
      const text = JSON.stringify;
      return { sequence, recorded: text(recorded), requested: text(replayed), source: null };
    }
    case 'stuck': {
      const awaits = verdict.awaiting.join(', ') || 'a promise that is no pyworkflow primitive';
      return { sequence: null, recorded: null, requested: `awaits ${awaits}`, source: null };
    }
    default:
      return { sequence: null, recorded: null, requested: null, source: null };
  }
}
