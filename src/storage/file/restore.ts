import type { HookRecord } from '../../core/hook.ts';
import type { MemoryGate, MemoryRun, MemorySchedule } from '../memory/memory-state.ts';
import { clearTimer, setTimer } from '../memory/memory-waits.ts';
import { LOG_KEPT } from '../schedule-log.ts';
import { markLogged } from './capture.ts';
import { damaged } from './file-errors.ts';
import { detailsOf, emptyRun, entryOf, type FileState, revive, runByKey } from './file-state.ts';
import type { HookImage, Images, RunImage, ScheduleImage, StandsImage } from './images.ts';
import { restoreSummary } from './stored-summary.ts';

/** Makes of the state what the images say. */
export function applyImages(state: FileState, images: Images, segment: number): void {
  const { memory } = state;
  for (const record of images.workers ?? []) {
    const worker = memory.workers.get(record.workerId);
    if (worker !== undefined) worker.record = record;
    else memory.workers.set(record.workerId, { record, holds: new Set(), keptAlive: false });
  }
  for (const image of images.runs ?? []) applyRun(state, image, segment);
  for (const { name, limit } of images.gates ?? []) {
    const gate = memory.gates.get(name);
    if (gate !== undefined) gate.limit = limit;
  }
  for (const image of images.schedules ?? []) applySchedule(state, image);
  for (const [name, places] of Object.entries(images.rates ?? {})) {
    memory.rates.set(name, [...places]);
  }
  for (const workerId of images.gone ?? []) memory.workers.delete(workerId);
}

function applyRun(state: FileState, image: RunImage, segment: number): void {
  const run = runOf(state, image);
  const details = detailsOf(state, run);
  const { written } = details;
  details.log = image.log;
  details.segment = segment;
  run.sequence = image.sequence;
  run.epoch = image.epoch;
  run.home = image.home;
  if (image.summary !== undefined) applySummary(state, run, restoreSummary(image.summary));
  written.summary = run.summary;
  applyOwner(state, run, image.owner);
  state.memory.ready[image.ready === true ? 'add' : 'delete'](run);
  if (image.timers !== undefined) {
    for (const id of [...run.timers.keys()]) clearTimer(state.memory, run, id);
    for (const timer of image.timers) setTimer(state.memory, run, timer);
    written.timers = run.timers.size > 0;
  }
  applyInbox(state, run, image);
  applyStands(state, run, image.stands, image.waits === true);
  written.stands = run.stands.length > 0;
  for (const hook of image.hooks ?? []) applyHook(state, run, hook);
}

function runOf(state: FileState, { key, summary }: RunImage): MemoryRun {
  let run = runByKey(state, key);
  if (run === undefined) {
    if (summary === undefined) throw damaged(`run number ${key} has no beginning`);
    run = emptyRun(key, restoreSummary(summary));
  }
  revive(state, run);
  state.lastRunKey = Math.max(state.lastRunKey, key);
  return run;
}

function applySummary(state: FileState, run: MemoryRun, summary: MemoryRun['summary']): void {
  const before = entryOf(run);
  if (before !== null && state.liveKeys.get(before) === run) state.liveKeys.delete(before);
  run.summary = summary;
  const after = entryOf(run);
  if (after !== null) state.liveKeys.set(after, run);
}

function applyOwner({ memory }: FileState, run: MemoryRun, owner: string | null): void {
  run.owner?.holds.delete(run);
  run.owner = owner === null ? null : (memory.workers.get(owner) ?? null);
  run.owner?.holds.add(run);
}

function applyInbox(state: FileState, run: MemoryRun, { inbox }: RunImage): void {
  if (inbox === undefined) return;
  const { written } = detailsOf(state, run);
  const known = new Set(run.inbox.map((entry) => entry.id));
  const added = inbox.added.filter((entry) => !known.has(entry.id));
  run.inbox = [...run.inbox, ...added].filter((entry) => entry.id > inbox.after);
  written.inboxAfter = inbox.after;
  written.inboxLast = Math.max(written.inboxLast, inbox.after, run.inbox.at(-1)?.id ?? 0);
  state.memory.lastInboxId = Math.max(state.memory.lastInboxId, written.inboxLast);
}

/** Whoever stands where he stood keeps his place in the queue. */
function applyStands(
  { memory }: FileState,
  run: MemoryRun,
  image: StandsImage | undefined,
  waits: boolean,
): void {
  const names = image?.at.map(([name]) => name) ?? [];
  const stood = run.stands.map(({ gate }) => gate.name);
  if (run.waits === waits && names.join('\n') === stood.join('\n')) return;
  for (const { gate } of run.stands) {
    gate.holders.delete(run);
    gate.waiters.delete(run);
    if (gate.holders.size + gate.waiters.size === 0) memory.gates.delete(gate.name);
  }
  run.stands = [];
  run.waits = waits;
  if (image === undefined) return;
  run.gateSet = image.set;
  for (const [name, limit, joins] of image.at) {
    let gate: MemoryGate | undefined = memory.gates.get(name);
    if (gate === undefined) {
      gate = { name, limit, holders: new Set(), waiters: new Set() };
      memory.gates.set(name, gate);
    }
    gate[waits ? 'waiters' : 'holders'].add(run);
    run.stands.push({ gate, joins });
  }
}

function applyHook(state: FileState, run: MemoryRun, { key, ...record }: HookImage): void {
  const details = detailsOf(state, run);
  const hook = run.hooks.get(record.hookId);
  if (hook !== undefined) hook.record = record;
  else {
    const added = { key, record: record as HookRecord };
    run.hooks.set(record.hookId, added);
    state.liveHooks.set(key, added);
  }
  details.hookKeys.add(key);
  details.written.hooks.set(record.hookId, record);
  state.lastHookKey = Math.max(state.lastHookKey, key);
}

function applySchedule({ memory }: FileState, { key, record, log }: ScheduleImage): void {
  const { schedulesByKey, schedules } = memory;
  let schedule = schedulesByKey[key - 1];
  if (schedule?.record.scheduleId !== record.scheduleId) {
    const former = schedules.get(record.scheduleId);
    schedule = { key, record, lastSequence: former?.lastSequence ?? 0, log: former?.log ?? [] };
    // Those that were made anew since have left their numbers free.
    while (schedulesByKey.length < key)
      schedulesByKey.push(forgotten(schedulesByKey.length + 1, schedule));
    schedulesByKey[key - 1] = schedule;
    schedules.set(record.scheduleId, schedule);
  }
  schedule.record = record;
  const { lastSequence } = schedule;
  schedule.log = [...schedule.log, ...log.filter((entry) => entry.sequence > lastSequence)];
  schedule.log = schedule.log.slice(-LOG_KEPT);
  schedule.lastSequence = schedule.log.at(-1)?.sequence ?? lastSequence;
  markLogged(schedule);
}

function forgotten(key: number, like: MemorySchedule): MemorySchedule {
  return { key, record: { ...like.record, scheduleId: '' }, lastSequence: 0, log: [] };
}
