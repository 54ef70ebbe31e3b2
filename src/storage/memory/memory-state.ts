import type { NewEvent } from '../../core/event.ts';
import type { HookRecord } from '../../core/hook.ts';
import type { RunSummary } from '../../core/run.ts';
import type { NewScheduleEvent, ScheduleRecord } from '../../core/schedule.ts';
import type { BookedPlace } from '../rate.ts';
import type { InboxEntry, Timer, WorkerRecord } from '../store.ts';
import { createTimerIndex, type TimerIndex } from './timer-index.ts';

/**
 * What decides over writes. What it holds is its own: `copyOf` on the way in and out. A store that
 * keeps things elsewhere as well puts its own in the place of some of them, and is told of changes.
 */
export interface MemoryState {
  /** By id. */
  readonly runs: ById<MemoryRun>;
  /** In order of creation. */
  readonly runsByKey: ByKey<MemoryRun>;
  /** By workflow and idempotency key, see `idempotencyEntry`. */
  readonly byIdempotency: ById<MemoryRun>;
  /** Runs without an owner that want a worker's attention, whatever their timers say. */
  readonly ready: Set<MemoryRun>;
  readonly timers: TimerIndex;
  /** In order of creation. */
  readonly hooks: ByKey<MemoryHook>;
  readonly workers: Map<string, MemoryWorker>;
  /** By name; those that somebody stands at. */
  readonly gates: Map<string, MemoryGate>;
  /** By id. */
  readonly schedules: Map<string, MemorySchedule>;
  /** The schedule with key n at n - 1; where a deleted one was made anew, both. */
  readonly schedulesByKey: MemorySchedule[];
  /** By name: the places that later ones depend on, in order. */
  readonly rates: Map<string, readonly BookedPlace[]>;
  lastInboxId: number;
  /** The write at hand has created, admitted or sent something to another run. */
  wakes: boolean;
  readonly changes: ChangeListener;
}

/** A memory store itself has all of it at hand. */
export interface WholeMemoryState extends MemoryState {
  /** In order of creation. */
  readonly runs: Map<string, MemoryRun>;
  /** The run with key n at n - 1. */
  readonly runsByKey: MemoryRun[];
  /** The hook with key n at n - 1. */
  readonly hooks: MemoryHook[];
}

export interface ById<T> {
  get(id: string): T | undefined;
  set(id: string, item: T): unknown;
}

export interface ByKey<T> {
  /** The key of the last one. */
  readonly length: number;
  push(item: T): unknown;
}

/** Is told of everything that changes, after or just before it does; of workers and rates nothing. */
export interface ChangeListener {
  run(run: MemoryRun): void;
  /** New events of a run, which its sequence counts already. */
  events(run: MemoryRun, events: readonly NewEvent[]): void;
  /** Its limit; who stands at it is the runs' business. */
  gate(gate: MemoryGate): void;
  schedule(schedule: MemorySchedule): void;
}

export interface MemoryRun {
  /** 1 for the first run of the store. */
  readonly key: number;
  /** Replaced, never changed. */
  summary: RunSummary;
  /** Of its last event. */
  sequence: number;
  /** The event with sequence n at n - 1; none if they are kept elsewhere. */
  readonly events: NewEvent[];
  readonly timers: Map<string, Timer>;
  readonly hooks: Map<string, MemoryHook>;
  inbox: InboxEntry[];
  epoch: number;
  owner: MemoryWorker | null;
  /** The worker that started it or last claimed it. */
  home: string | null;
  /** The gates that it holds, or waits at. */
  stands: { readonly gate: MemoryGate; readonly joins: boolean }[];
  /** Tells which runs have the same gates. */
  gateSet: string;
  /** At its gates. */
  waits: boolean;
}

export interface MemoryGate {
  readonly name: string;
  limit: number;
  readonly holders: Set<MemoryRun>;
  /** In order of creation. */
  readonly waiters: Set<MemoryRun>;
}

export interface MemorySchedule {
  readonly key: number;
  /** Replaced, never changed. */
  record: ScheduleRecord;
  /** Of the last entry of its log. */
  lastSequence: number;
  /** The latest entries, in order. */
  log: (NewScheduleEvent & { readonly sequence: number })[];
}

export interface MemoryHook {
  /** 1 for the first hook of the store. */
  readonly key: number;
  /** Replaced, never changed. */
  record: HookRecord;
}

export interface MemoryWorker {
  /** Replaced, never changed. */
  record: WorkerRecord;
  readonly holds: Set<MemoryRun>;
  keptAlive: boolean;
}

type Replaceable = 'runs' | 'runsByKey' | 'byIdempotency' | 'hooks' | 'changes';

export function createWholeMemoryState(): WholeMemoryState {
  const [runs, runsByKey, hooks] = [new Map(), [], []];
  const changes: ChangeListener = {
    run() {},
    events(run, events) {
      for (const { type, timestamp, data } of events) run.events.push({ type, timestamp, data });
    },
    gate() {},
    schedule() {},
  };
  const parts = { runs, runsByKey, byIdempotency: new Map(), hooks, changes };
  return { ...createMemoryState(parts), runs, runsByKey, hooks };
}

export function createMemoryState(parts: Pick<MemoryState, Replaceable>): MemoryState {
  return {
    ...parts,
    ready: new Set(),
    timers: createTimerIndex(),
    workers: new Map(),
    gates: new Map(),
    schedules: new Map(),
    schedulesByKey: [],
    rates: new Map(),
    lastInboxId: 0,
    wakes: false,
  };
}

export function idempotencyEntry(workflowName: string, key: string): string {
  return JSON.stringify([workflowName, key]);
}

/** By way of JSON, as from any other store: no shared reference, and every key an own one. */
export function copyOf<T>(value: T): T {
  return typeof value === 'object' && value !== null ? JSON.parse(JSON.stringify(value)) : value;
}
