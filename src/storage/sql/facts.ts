import type { RunStatus } from '../../core/run.ts';
import type { ScheduleStatus } from '../../core/schedule.ts';
import type { InboxMessage } from '../store.ts';

/** What the database says of a run, as far as decisions need it. */
export interface RunFact {
  readonly id: number;
  readonly runId: string;
  readonly status: RunStatus;
  readonly gated: boolean;
  readonly owner: number | null;
  readonly epoch: number;
  readonly continuedTo: string | null;
}

export interface HookFact {
  readonly status: string;
  readonly expiresAt: number | null;
}

export interface MessageFact {
  readonly id: number;
  readonly type: InboxMessage['type'];
}

export interface Stand {
  readonly runId: string;
  /** Null for a run that the batch at hand creates. */
  readonly run: number | null;
  /** Who came first has the lower one. */
  readonly order: number;
  readonly joins: boolean;
  readonly gateSet: string;
}

export interface GateFact {
  /** 0 if nobody stands at it. */
  readonly places: number;
  readonly holders: number;
  readonly waiting: number;
  /** Oldest first, but not more than were asked for. */
  readonly held: readonly Stand[];
  readonly waiters: readonly Stand[];
}

export interface ScheduleFact {
  readonly version: number;
  readonly status: ScheduleStatus;
  readonly lastSequence: number;
}

/**
 * What has been read, and locked, for a batch. Null: known not to be there. It is asked for by names
 * that the writes have: nobody needs a row number to find something.
 */
export interface Facts {
  /** Null as long as it has not been read: then what this process saw last is good enough to try. */
  fence: number | null;
  readonly runs: Map<string, RunFact | null>;
  /** By `keyIndex`. */
  readonly keys: Map<string, { readonly runId: string; readonly status: RunStatus } | null>;
  /** By `nameIn`. */
  readonly hooks: Map<string, HookFact | null>;
  readonly inboxes: Map<string, readonly MessageFact[]>;
  readonly positions: Map<string, number>;
  /** By `indexed` names. */
  readonly gates: Map<string, GateFact>;
  readonly schedules: Map<string, ScheduleFact | null>;
  readonly workers: Map<string, number | null>;
}

/** What a pass over the batch has found missing. */
export interface Wants {
  readonly runs: Set<string>;
  readonly keys: Set<string>;
  readonly hooks: Set<string>;
  readonly inboxes: Set<string>;
  readonly positions: Set<string>;
  /** And how many of those who stand there are to be named. */
  readonly gates: Map<string, number>;
  readonly schedules: Set<string>;
  readonly workers: Set<string>;
  /** Something is missing that cannot be done without. */
  any: boolean;
}

export function noFacts(): Facts {
  return {
    fence: null,
    runs: new Map(),
    keys: new Map(),
    hooks: new Map(),
    inboxes: new Map(),
    positions: new Map(),
    gates: new Map(),
    schedules: new Map(),
    workers: new Map(),
  };
}

export function noWants(): Wants {
  return {
    runs: new Set(),
    keys: new Set(),
    hooks: new Set(),
    inboxes: new Set(),
    positions: new Set(),
    gates: new Map(),
    schedules: new Set(),
    workers: new Set(),
    any: false,
  };
}

/** Of something that has its name within a run. */
export function nameIn(runId: string, name: string): string {
  return `${runId}\0${name}`;
}

/** Ends the attempt to decide about a write before all is known that it needs. */
export const NOT_LOADED = new Error('not loaded yet');
