import { isoTime } from '../../core/clock.ts';
import type { RunStatus } from '../../core/run.ts';
import type { Fate } from '../explain/schedule-past.ts';
import type { Column, Listing } from '../output/output.ts';
import { showStatus } from '../output/status.ts';
import type { Style } from '../output/style.ts';
import { isoOrNull } from '../output/time.ts';
import { offsetAt, offsetText, wallTime } from '../zone.ts';
import { localText } from './preview-view.ts';

/** A fate with what has become of its run, and the zone it is read in. */
export interface ShownFate extends Fate {
  readonly runStatus: RunStatus | null;
  readonly zone: string;
}

const LOOKS: Readonly<Record<Fate['outcome'], readonly [mark: string, paint: keyof Style]>> = {
  started: ['▶', 'green'],
  skipped: ['✗', 'red'],
  paused: ['⏸', 'yellow'],
  undecided: ['○', 'yellow'],
  held_back: ['○', 'cyan'],
  other_timing: ['·', 'dim'],
  before_creation: ['·', 'dim'],
  unknown: ['?', 'dim'],
};

export const fateListing: Listing<ShownFate> = {
  columns: [
    {
      header: 'SCHEDULED',
      isId: true,
      value: ({ zone, scheduledAt }) => localText(zone, scheduledAt),
      plain: ({ scheduledAt }) => isoTime(scheduledAt),
    },
    {
      header: 'OUTCOME',
      isId: true,
      value: ({ outcome }, { style }) => {
        const [mark, paint] = LOOKS[outcome];
        return style[paint](`${mark} ${outcome.replace('_', ' ')}`);
      },
      plain: ({ outcome }) => outcome,
    },
    {
      // One column, so that a reason has room on 80 columns.
      header: 'RUN, OR WHY NOT',
      value: ({ runId, runStatus, reason }, { style }) => {
        const status = runStatus === null ? '' : `  ${showStatus(runStatus, style)}`;
        return [`${runId ?? ''}${status}`, reason ?? ''].filter((part) => part !== '').join('  ');
      },
    },
  ],
  json: fateJson,
  empty: 'It has had no occurrence yet.',
};

const [scheduled, outcome] = fateListing.columns;

export const plainFateListing: Listing<ShownFate> = {
  ...fateListing,
  columns: [
    scheduled as Column<ShownFate>,
    outcome as Column<ShownFate>,
    { header: 'RUN', value: ({ runId }) => runId ?? '' },
    { header: 'STATUS', value: ({ runStatus }) => runStatus ?? '' },
    { header: 'WHY', value: ({ reason }) => reason ?? '' },
  ],
};

export function fateJson({
  scheduledAt,
  zone,
  outcome,
  reason,
  runId,
  runStatus,
  startedAt,
}: ShownFate) {
  return {
    scheduled_time: isoTime(scheduledAt),
    local_time: `${wallTime(zone, scheduledAt)}${offsetText(offsetAt(zone, scheduledAt))}`,
    outcome,
    reason,
    run_id: runId,
    run_status: runStatus,
    actual_time: isoOrNull(startedAt),
  };
}
