import type { MemoryRun, MemorySchedule } from '../memory/memory-state.ts';
import { detailsOf, type FileState, type NewLines, type Written } from './file-state.ts';
import type {
  GateImage,
  HookImage,
  Images,
  InboxImage,
  RunImage,
  ScheduleImage,
  StandsImage,
} from './images.ts';
import type { Place } from './journal.ts';
import type { JournalRecord } from './record.ts';
import { storeSummary } from './stored-summary.ts';

export interface Captured {
  readonly record: JournalRecord;
  readonly body: Buffer;
  /** Those it speaks of. */
  readonly runs: readonly MemoryRun[];
  /** To be called with the place of the record once it is there. */
  readonly settle: (place: Place) => void;
}

/** Takes down what has changed since the last time; null if nothing has. */
export function capture(state: FileState): Captured | null {
  const { changed } = state;
  const images: Images = {
    ...part(
      'workers',
      [...changed.workers].map((worker) => worker.record),
    ),
    ...part('gone', [...changed.gone]),
    ...part(
      'runs',
      [...changed.runs].map((run) => runImage(state, run)),
    ),
    ...part(
      'gates',
      [...changed.gates]
        .filter((gate) => state.memory.gates.get(gate.name) === gate)
        .map(gateImage),
    ),
    ...part(
      'schedules',
      [...changed.schedules].map((schedule) => scheduleImage(schedule)),
    ),
    ...(changed.rates.size > 0 && { rates: ratesImage(state, changed.rates) }),
  };
  const events = [...changed.events];
  const runs = [...changed.runs];
  const body = Buffer.concat(events.map(({ lines }) => lines));
  forget(state);
  if (Object.keys(images).length === 0) return null;
  const logs = events.map(({ run, lines }) => [run.key, lines.length] as const);
  return {
    record: { images, ...(logs.length > 0 && { logs }) },
    body,
    runs,
    settle(place) {
      for (const run of runs) detailsOf(state, run).segment = place.segment;
      addChunks(state, events, place);
    },
  };
}

function addChunks(state: FileState, events: readonly NewLines[], place: Place): void {
  let position = place.bodyAt;
  for (const { run, lines, logAt } of events) {
    const { length } = lines;
    const { chunks } = detailsOf(state, run);
    chunks.push({ segment: place.segment, position, length, logAt, copied: false });
    position += length;
  }
}

function part<K extends keyof Images, T>(
  name: K,
  items: readonly T[],
): { readonly [P in K]?: readonly T[] } {
  return items.length === 0 ? {} : ({ [name]: items } as { readonly [P in K]: readonly T[] });
}

function forget({ changed }: FileState): void {
  const { runs, gates, schedules, rates, workers, gone } = changed;
  for (const set of [runs, gates, schedules, rates, workers, gone]) set.clear();
  changed.events.length = 0;
}

/** What is new of a run since its last image; all there is, of one that has had none. */
export function runImage(
  state: FileState,
  run: MemoryRun,
  written: Written = detailsOf(state, run).written,
): RunImage {
  const { log, hookKeys } = detailsOf(state, run);
  const { key, sequence, epoch, owner, home, waits } = run;
  const summary = written.summary === run.summary ? undefined : storeSummary(run.summary);
  written.summary = run.summary;
  const hooks: HookImage[] = [];
  for (const [hookId, hook] of run.hooks) {
    if (written.hooks.get(hookId) === hook.record) continue;
    written.hooks.set(hookId, hook.record);
    hookKeys.add(hook.key);
    hooks.push({ key: hook.key, ...hook.record });
  }
  const hasTimers = run.timers.size > 0;
  const timers = hasTimers || written.timers ? [...run.timers.values()] : undefined;
  written.timers = hasTimers;
  const inbox = inboxImage(run, written);
  const hasStands = run.stands.length > 0;
  const stands = hasStands || written.stands ? standsImage(run) : undefined;
  written.stands = hasStands;
  return {
    key,
    sequence,
    log,
    epoch,
    owner: owner?.record.workerId ?? null,
    home,
    ...(state.memory.ready.has(run) && { ready: true as const }),
    ...(waits && { waits: true as const }),
    ...(summary && { summary }),
    ...(timers && { timers }),
    ...(inbox && { inbox }),
    ...(stands && { stands }),
    ...(hooks.length > 0 && { hooks }),
  };
}

function inboxImage(
  { inbox }: MemoryRun,
  written: { inboxAfter: number; inboxLast: number },
): InboxImage | undefined {
  const last = Math.max(written.inboxLast, inbox.at(-1)?.id ?? 0);
  const after = inbox[0] === undefined ? last : inbox[0].id - 1;
  if (last === written.inboxLast && after === written.inboxAfter) return undefined;
  const added = inbox.filter((entry) => entry.id > written.inboxLast);
  written.inboxLast = last;
  written.inboxAfter = after;
  return { after, added };
}

function standsImage({ stands, gateSet }: MemoryRun): StandsImage {
  return { set: gateSet, at: stands.map(({ gate, joins }) => [gate.name, gate.limit, joins]) };
}

export function gateImage({ name, limit }: GateImage): GateImage {
  return { name, limit };
}

const logged = new WeakMap<object, number>();

/** Its log is in the journal as it is now. */
export function markLogged(schedule: { readonly lastSequence: number }): void {
  logged.set(schedule, schedule.lastSequence);
}

/** @param whole its log from the beginning, for a checkpoint */
export function scheduleImage(schedule: MemorySchedule, whole = false): ScheduleImage {
  const seen = whole ? 0 : (logged.get(schedule) ?? 0);
  if (!whole) markLogged(schedule);
  const { key, record } = schedule;
  const log = schedule.log.filter((entry) => entry.sequence > seen);
  return { key, record, log };
}

function ratesImage({ memory }: FileState, names: Iterable<string>): NonNullable<Images['rates']> {
  return Object.fromEntries([...names].map((name) => [name, memory.rates.get(name) ?? []]));
}
