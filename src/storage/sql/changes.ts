import type { HookRecord } from '../../core/hook.ts';
import type { RunStatus } from '../../core/run.ts';
import type { NewScheduleEvent, ScheduleRecord } from '../../core/schedule.ts';
import type { CreateRun, RunChange } from '../commit.ts';
import type { InboxMessage, Timer } from '../store.ts';

/** A run in the database, or one (without a number yet) that the batch creates. */
export interface RunRef {
  readonly id: number | null;
  readonly runId: string;
}

export interface NewRun extends RunRef {
  readonly id: null;
  readonly write: CreateRun;
  readonly home: number | null;
  readonly claimed: boolean;
  ready: boolean;
  gated: boolean;
}

/** Of a run that is there. Each write adds to what those before it changed. */
export interface RunPatch {
  readonly ref: RunRef;
  change: Partial<RunChange>;
  released: boolean;
  ready: boolean | null;
  admitted: boolean;
}

export interface HookChange {
  readonly ref: RunRef;
  readonly hookId: string;
  readonly status: 'received' | 'expired';
  readonly receivedAt: number | null;
  readonly payload: string | null;
}

export interface NewStand {
  readonly ref: RunRef;
  readonly gate: string;
  readonly name: string;
  readonly joins: boolean;
  readonly gateSet: string;
  held: boolean;
}

export interface ScheduleChange {
  readonly schedule: ScheduleRecord;
  /** Of a new one: the version and the sequence that it goes on from; of a deleted one, if any. */
  readonly creates: { readonly version: number; readonly replaces: boolean } | null;
  readonly log: readonly NewScheduleEvent[];
  readonly after: number;
  readonly total: number;
  readonly skipped: number;
}

/** What a batch writes, last state only. Keys are run ids, or `nameIn` a run. */
export interface Changes {
  readonly newRuns: NewRun[];
  /** Runs that give their idempotency key to a new one. By name: the key may be another's by now. */
  readonly givers: string[];
  readonly patches: Map<string, RunPatch>;
  readonly history: { ref: RunRef; sequence: number; count: number; events: string }[];
  /** Null clears it. */
  readonly timers: Map<string, { ref: RunRef; id: string; timer: Timer | null }>;
  readonly newHooks: Map<string, { ref: RunRef; hook: HookRecord }>;
  readonly hooks: Map<string, HookChange>;
  readonly messages: { ref: RunRef; receivedAt: number; message: InboxMessage }[];
  readonly consumed: Map<string, { ref: RunRef; through: number }>;
  /** Finished: they wait for nothing any more. */
  readonly ended: Map<string, RunRef>;
  readonly stands: NewStand[];
  readonly admitted: Map<string, RunRef>;
  readonly left: Map<string, RunRef>;
  readonly inherited: { from: RunRef; to: RunRef }[];
  readonly places: Map<string, number>;
  readonly schedules: ScheduleChange[];
  readonly ends: Map<string, Map<RunStatus, number>>;
}

export function noChanges(): Changes {
  return {
    newRuns: [],
    givers: [],
    patches: new Map(),
    history: [],
    timers: new Map(),
    newHooks: new Map(),
    hooks: new Map(),
    messages: [],
    consumed: new Map(),
    ended: new Map(),
    stands: [],
    admitted: new Map(),
    left: new Map(),
    inherited: [],
    places: new Map(),
    schedules: [],
    ends: new Map(),
  };
}
