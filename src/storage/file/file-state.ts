import type { NewEvent } from '../../core/event.ts';
import type { HookRecord } from '../../core/hook.ts';
import { isFinished, type RunSummary } from '../../core/run.ts';
import {
  createMemoryState,
  idempotencyEntry,
  type MemoryGate,
  type MemoryHook,
  type MemoryRun,
  type MemorySchedule,
  type MemoryState,
  type MemoryWorker,
} from '../memory/memory-state.ts';
import type { CatalogRun, Catalogs } from './catalog.ts';
import { eventLine } from './event-line.ts';
import { restoreSummary } from './stored-summary.ts';

/**
 * What a process knows of the store: what is alive, in the memory store's state machine, and the
 * catalogs of what has finished. What has finished since the last checkpoint counts as alive here.
 */
export interface FileState {
  readonly memory: MemoryState;
  readonly live: Map<string, MemoryRun>;
  readonly liveByKey: Map<number, MemoryRun>;
  readonly liveHooks: Map<number, MemoryHook>;
  /** By workflow and idempotency key, of what is alive. */
  readonly liveKeys: Map<string, MemoryRun>;
  readonly details: WeakMap<MemoryRun, RunDetails>;
  readonly catalogs: Catalogs;
  readonly changed: Changed;
  lastRunKey: number;
  lastHookKey: number;
  /** The segment up to which there is a checkpoint, as far as this process knows. */
  checkpoint: number;
}

/** Beyond what the state machine knows of a run. */
export interface RunDetails {
  /** The length of its log with all its events, bytes. */
  log: number;
  /** The part of its log that may not be in its file yet. */
  readonly chunks: Chunk[];
  /** Keys of its hooks, those in catalogs included. */
  readonly hookKeys: Set<number>;
  /** The segment of the journal that last had an image of it. */
  segment: number;
  /** What the journal says of it. */
  readonly written: Written;
}

export interface Written {
  summary: RunSummary | null;
  inboxAfter: number;
  inboxLast: number;
  timers: boolean;
  stands: boolean;
  readonly hooks: Map<string, HookRecord>;
}

/** Events in the journal, and their place in the run's log. */
export interface Chunk {
  readonly segment: number;
  readonly position: number;
  readonly length: number;
  readonly logAt: number;
  /** Written to the log by this process, perhaps not flushed. */
  copied: boolean;
}

/** Since the last addition to the journal. */
export interface Changed {
  readonly runs: Set<MemoryRun>;
  readonly gates: Set<MemoryGate>;
  readonly schedules: Set<MemorySchedule>;
  readonly rates: Set<string>;
  readonly workers: Set<MemoryWorker>;
  readonly gone: Set<string>;
  readonly events: NewLines[];
}

export interface NewLines {
  readonly run: MemoryRun;
  readonly lines: Buffer;
  /** Their place in the run's log. */
  readonly logAt: number;
}

export function createFileState(catalogs: Catalogs): FileState {
  const live = new Map<string, MemoryRun>();
  const liveByKey = new Map<number, MemoryRun>();
  const liveHooks = new Map<number, MemoryHook>();
  const liveKeys = new Map<string, MemoryRun>();
  const changed: Changed = {
    runs: new Set(),
    gates: new Set(),
    schedules: new Set(),
    rates: new Set(),
    workers: new Set(),
    gone: new Set(),
    events: [],
  };
  const memory = createMemoryState({
    runs: {
      get: (runId) => live.get(runId) ?? fromCatalog(state, catalogs.keyOfId(runId)),
      set: (runId, run) => live.set(runId, run),
    },
    runsByKey: {
      get length() {
        return state.lastRunKey;
      },
      push(run) {
        state.lastRunKey = run.key;
        liveByKey.set(run.key, run);
      },
    },
    byIdempotency: {
      get: (entry) => liveKeys.get(entry) ?? fromCatalog(state, catalogs.keyOfEntry(entry), entry),
      set: (entry, run) => liveKeys.set(entry, run),
    },
    hooks: {
      get length() {
        return state.lastHookKey;
      },
      push(hook) {
        state.lastHookKey = hook.key;
        liveHooks.set(hook.key, hook);
      },
    },
    changes: {
      run(run) {
        revive(state, run);
        changed.runs.add(run);
      },
      events(run, events) {
        const lines = linesOf(run.sequence, events);
        const details = detailsOf(state, run);
        changed.events.push({ run, lines, logAt: details.log });
        details.log += lines.length;
      },
      gate: (gate) => void changed.gates.add(gate),
      schedule: (schedule) => void changed.schedules.add(schedule),
    },
  });
  const state: FileState = {
    memory,
    live,
    liveByKey,
    liveHooks,
    liveKeys,
    details: new WeakMap(),
    catalogs,
    changed,
    lastRunKey: 0,
    lastHookKey: 0,
    checkpoint: 0,
  };
  return state;
}

/** @param last sequence of the last of them */
function linesOf(last: number, events: readonly NewEvent[]): Buffer {
  const first = last - events.length + 1;
  return Buffer.from(events.map((event, index) => eventLine(event, first + index)).join(''));
}

export function detailsOf(state: FileState, run: MemoryRun): RunDetails {
  let details = state.details.get(run);
  if (details === undefined) {
    details = {
      log: 0,
      chunks: [],
      hookKeys: new Set(),
      segment: 0,
      written: nothingWritten(),
    };
    state.details.set(run, details);
  }
  return details;
}

export function nothingWritten(): Written {
  return {
    summary: null,
    inboxAfter: 0,
    inboxLast: 0,
    timers: false,
    stands: false,
    hooks: new Map(),
  };
}

/** The run with that key, out of a catalog if need be. */
export function runByKey(state: FileState, key: number): MemoryRun | undefined {
  return state.liveByKey.get(key) ?? fromCatalog(state, key);
}

/**
 * As the state machine needs it to refuse things.
 * @param entry the idempotency key it was looked up by: it may have lost it since
 */
function fromCatalog(
  state: FileState,
  key: number | undefined,
  entry?: string,
): MemoryRun | undefined {
  if (key === undefined) return undefined;
  const there = state.liveByKey.get(key);
  if (there !== undefined)
    return entry === undefined || entryOf(there) === entry ? there : undefined;
  const found = state.catalogs.readRun(key);
  return found === null ? undefined : asMemoryRun(state, found);
}

function asMemoryRun(state: FileState, found: CatalogRun): MemoryRun {
  const run = emptyRun(found.key, restoreSummary(found.run));
  run.sequence = found.sequence;
  const details = detailsOf(state, run);
  details.log = found.log;
  for (const key of found.hooks) details.hookKeys.add(key);
  return run;
}

/** Nothing can come of it any more: it may leave memory. */
export function isOver({ memory }: FileState, run: MemoryRun): boolean {
  const { summary, owner, stands, inbox, timers } = run;
  const isHeld = owner !== null || stands.length > 0 || memory.ready.has(run);
  return isFinished(summary.status) && !isHeld && inbox.length === 0 && timers.size === 0;
}

export function entryOf({ summary }: MemoryRun): string | null {
  const { workflowName, idempotencyKey } = summary;
  return idempotencyKey === null ? null : idempotencyEntry(workflowName, idempotencyKey);
}

export function emptyRun(key: number, summary: RunSummary): MemoryRun {
  return {
    key,
    summary,
    sequence: 0,
    events: [],
    timers: new Map(),
    hooks: new Map(),
    inbox: [],
    epoch: 0,
    owner: null,
    home: null,
    stands: [],
    gateSet: '',
    waits: false,
  };
}

/** Keeps a run in memory until the next checkpoint. */
export function revive(state: FileState, run: MemoryRun): void {
  state.live.set(run.summary.runId, run);
  state.liveByKey.set(run.key, run);
}
