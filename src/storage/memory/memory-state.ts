import type { NewEvent } from '../../core/event.ts';
import type { HookRecord } from '../../core/hook.ts';
import type { RunSummary } from '../../core/run.ts';
import type { InboxEntry, Timer, WorkerRecord } from '../store.ts';
import { createTimerIndex, type TimerIndex } from './timer-index.ts';

/** Everything a memory store holds. What it holds is its own: `copyOf` on the way in and out. */
export interface MemoryState {
  /** By id, in order of creation. */
  readonly runs: Map<string, MemoryRun>;
  /** The run with key n at n - 1. */
  readonly runsByKey: MemoryRun[];
  /** By workflow and idempotency key, see `idempotencyEntry`. */
  readonly byIdempotency: Map<string, MemoryRun>;
  /** Runs without an owner that want a worker's attention, whatever their timers say. */
  readonly ready: Set<MemoryRun>;
  readonly timers: TimerIndex;
  /** The hook with key n at n - 1. */
  readonly hooks: MemoryHook[];
  readonly workers: Map<string, MemoryWorker>;
  lastInboxId: number;
}

export interface MemoryRun {
  /** 1 for the first run of the store. */
  readonly key: number;
  /** Replaced, never changed. */
  summary: RunSummary;
  /** The event with sequence n at n - 1. */
  readonly events: NewEvent[];
  readonly timers: Map<string, Timer>;
  readonly hooks: Map<string, MemoryHook>;
  inbox: InboxEntry[];
  epoch: number;
  owner: MemoryWorker | null;
  /** The worker that started it or last claimed it. */
  home: string | null;
}

export interface MemoryHook {
  /** 1 for the first hook of the store. */
  readonly key: number;
  /** Replaced, never changed. */
  record: HookRecord;
}

export interface MemoryWorker {
  readonly record: WorkerRecord;
  readonly holds: Set<MemoryRun>;
  keptAlive: boolean;
}

export function createMemoryState(): MemoryState {
  return {
    runs: new Map(),
    runsByKey: [],
    byIdempotency: new Map(),
    ready: new Set(),
    timers: createTimerIndex(),
    hooks: [],
    workers: new Map(),
    lastInboxId: 0,
  };
}

export function idempotencyEntry(workflowName: string, key: string): string {
  return JSON.stringify([workflowName, key]);
}

/** By way of JSON, as from any other store: no shared reference, and every key an own one. */
export function copyOf<T>(value: T): T {
  return typeof value === 'object' && value !== null ? JSON.parse(JSON.stringify(value)) : value;
}
