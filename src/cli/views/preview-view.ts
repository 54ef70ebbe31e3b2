import type { PreviewedOccurrence } from '../../client/schedules-client.ts';
import { isoTime } from '../../core/clock.ts';
import { durationText } from '../../core/duration.ts';
import type { Column, Listing } from '../output/output.ts';
import { relative } from '../output/time.ts';
import { clockChange, offsetAt, offsetText, wallTime } from '../zone.ts';

/** An occurrence as the clocks of its zone show it. */
export interface ShownOccurrence extends PreviewedOccurrence {
  readonly zone: string;
  /** The clocks have been changed since the occurrence before it. */
  readonly dst: 'forward' | 'back' | null;
  /** What is special about its time of day. */
  readonly note: string | null;
}

/** @param before the instant that the first one is compared with */
export function markClockChanges(
  occurrences: readonly PreviewedOccurrence[],
  zone: string,
  before: number,
): readonly ShownOccurrence[] {
  return occurrences.map((occurrence, index) => {
    const at = occurrence.scheduledAt;
    const previous = occurrences[index - 1]?.scheduledAt ?? before;
    const change = clockChange(zone, previous, at);
    const dst = change === null ? null : change.by > 0 ? 'forward' : 'back';
    return { ...occurrence, zone, dst, note: repeated(zone, at) ?? told(zone, at, change) };
  });
}

function told(zone: string, at: number, change: ReturnType<typeof clockChange>): string | null {
  if (change === null) return null;
  const by = durationText(Math.abs(change.by));
  const on = wallTime(zone, change.at).slice(0, 10);
  if (change.at === at && change.by > 0) {
    return `clocks skip ${by} here: this is the first instant after the gap`;
  }
  return `clocks went ${change.by > 0 ? 'forward' : 'back'} ${by} on ${on}`;
}

const HOURS_3 = 3 * 3_600_000;

/** Of a time of day that the clocks show twice on that day. */
function repeated(zone: string, at: number): string | null {
  const change = clockChange(zone, at, at + HOURS_3);
  if (change === null || change.by > 0 || at < change.at + change.by) return null;
  return `the clocks show this time twice (back ${durationText(-change.by)}): this is the first`;
}

const columns: readonly Column<ShownOccurrence>[] = [
  {
    header: 'SCHEDULED',
    isId: true,
    value: ({ scheduledAt, zone }) => localText(zone, scheduledAt),
    plain: ({ scheduledAt }) => isoTime(scheduledAt),
  },
  {
    header: 'UTC',
    isId: true,
    value: ({ scheduledAt }) => `${isoTime(scheduledAt).slice(0, 19)}Z`,
    plain: ({ firesAt }) => isoTime(firesAt),
  },
  {
    header: 'IN',
    value: ({ firesAt }, { now }) => relative(firesAt, now),
    plain: ({ zone, scheduledAt }) => localText(zone, scheduledAt),
  },
  {
    header: 'CLOCKS',
    value: ({ note, dst }, { style }) =>
      note === null ? '' : style.yellow(`${MARK[dst ?? 'same']} ${note}`),
    plain: ({ note }) => note ?? '',
  },
];

const MARK = { forward: '↷', back: '↶', same: '≈' };

export const previewListing: Listing<ShownOccurrence> = {
  columns,
  json: ({ scheduledAt, firesAt, zone, dst, note }) => ({
    scheduled_time: isoTime(scheduledAt),
    fires_at: isoTime(firesAt),
    local_time: `${wallTime(zone, scheduledAt)}${offsetText(offsetAt(zone, scheduledAt))}`,
    timezone: zone,
    dst,
    note,
  }),
  empty: 'It has no occurrence any more.',
};

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** `Sun 2026-03-08 03:00:00 -04:00` */
export function localText(zone: string, instant: number): string {
  const wall = wallTime(zone, instant);
  const day = DAYS[new Date(`${wall}Z`).getUTCDay()];
  return `${day} ${wall.replace('T', ' ')} ${offsetText(offsetAt(zone, instant))}`;
}
