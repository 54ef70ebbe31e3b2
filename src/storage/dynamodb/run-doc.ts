import type { NewEvent } from '../../core/event.ts';
import type { HookRecord } from '../../core/hook.ts';
import type { CreateRun, RunChange } from '../commit.ts';
import { eventsToText } from '../event-text.ts';
import type { Timer } from '../store.ts';
import type { HookDoc, RunDoc } from './docs.ts';
import { digits, shardOf } from './keys.ts';
import { append, newLog } from './log.ts';
import { stowedText } from './stow.ts';
import { attributesOf } from './wire.ts';
import type { Work } from './work.ts';

/** Metadata and errors beyond this are written once, not with every change of the run. */
const INSIDE = 1_024;

export function newRunDoc(work: Work, pk: string, write: CreateRun): RunDoc {
  // The payloads live in the history only.
  const { input: _, result: __, metadata, error, ...run } = write.run;
  return {
    n: work.number(),
    run,
    metadata: work.stow(pk, JSON.stringify(metadata), INSIDE),
    error: work.stow(pk, JSON.stringify(error), INSIDE),
    sequence: 0,
    history: newLog(),
    epoch: 0,
    owner: null,
    home: write.workerId,
    ready: false,
    timers: [],
    hooks: [],
    inbox: { last: 0, through: 0, rousing: 0, ending: 0, log: newLog() },
    stands: [],
    gateSet: '',
    waits: false,
  };
}

export function appendEvents(
  work: Work,
  pk: string,
  doc: RunDoc,
  events: readonly NewEvent[],
): void {
  if (events.length === 0) return;
  const text = eventsToText(events).slice(1, -1);
  append(doc.history, pk, 'h', text, events.length, work.aside);
  doc.sequence += events.length;
}

export function setTimer(doc: RunDoc, { id, kind, dueAt }: Timer): void {
  clearTimer(doc, id);
  doc.timers.push({ id, kind, dueAt });
}

export function clearTimer(doc: RunDoc, id: string): void {
  doc.timers = doc.timers.filter((timer) => timer.id !== id);
}

/** What a hook is called never changes: an item of its own, which counts once the run names it. */
export function addHook(work: Work, pk: string, doc: RunDoc, hook: HookRecord): void {
  const n = work.number();
  const { status, receivedAt: at, payload, ...fixed } = hook;
  const text = work.stow(pk, JSON.stringify(fixed), 50_000);
  work.aside(
    attributesOf({
      ...{ pk, sk: hookKey(n), l: `hook#${shardOf(pk)}`, n },
      ...('i' in text ? { text: text.i } : { blob: stowedText(text) }),
    }),
  );
  const stowed = payload === null ? null : work.stow(pk, JSON.stringify(payload), INSIDE);
  const { hookId: id, expiresAt } = hook;
  doc.hooks.push({ id, n, status, expiresAt, at, payload: stowed });
}

export const hookKey = (n: number) => `k#${digits(n)}`;

export function receivedHook(
  work: Work,
  pk: string,
  hook: HookDoc,
  payload: unknown,
  now: number,
): void {
  const stowed = work.stow(pk, JSON.stringify(payload), INSIDE);
  Object.assign(hook, { status: 'received', at: now, payload: stowed });
}

/** A finished run waits for nothing. */
export function dropWaits(doc: RunDoc): void {
  doc.timers = [];
  consumeInbox(doc, Number.MAX_SAFE_INTEGER);
  for (const hook of doc.hooks) if (hook.status === 'pending') hook.status = 'disposed';
}

export function consumeInbox({ inbox }: RunDoc, through: number): void {
  inbox.through = Math.max(inbox.through, Math.min(through, inbox.last));
  if (inbox.through === inbox.last) inbox.log = newLog(inbox.last + 1);
}

export function changeRun(
  work: Work,
  pk: string,
  doc: RunDoc,
  change: RunChange | undefined,
): void {
  if (change === undefined) return;
  const { run } = doc;
  if (change.error !== undefined) doc.error = work.stow(pk, JSON.stringify(change.error), INSIDE);
  doc.run = {
    ...run,
    status: change.status ?? run.status,
    updatedAt: change.updatedAt,
    startedAt: run.startedAt ?? change.startedAt ?? null,
    completedAt: change.completedAt ?? run.completedAt,
    recoveryAttempts: change.recoveryAttempts ?? run.recoveryAttempts,
    continuedToRunId: change.continuedToRunId ?? run.continuedToRunId,
    progress: change.progress ?? run.progress,
  };
}

/** Takes the lease. */
export function hold(doc: RunDoc, workerId: string): void {
  doc.owner = workerId;
  doc.home = workerId;
  doc.epoch += 1;
  doc.ready = false;
}
