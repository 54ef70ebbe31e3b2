import type { HookStatus } from '../../core/hook.ts';
import type { RunSummary } from '../../core/run.ts';
import type { ScheduleRecord } from '../../core/schedule.ts';
import type { BookedPlace } from '../rate.ts';
import type { Timer } from '../store.ts';
import type { LogDoc } from './log.ts';
import type { Stowed } from './stow.ts';

/** What the root of a run says. Lists of pairs, not objects: ids may be called `__proto__`. */
export interface RunDoc {
  /** In the order of creation; shared with hooks and schedules. */
  readonly n: number;
  /** Replaced, never changed. */
  run: Omit<RunSummary, 'metadata' | 'error'>;
  readonly metadata: Stowed;
  error: Stowed;
  /** Of the last event. */
  sequence: number;
  history: LogDoc;
  epoch: number;
  owner: string | null;
  /** The worker that started it or last claimed it. */
  home: string | null;
  ready: boolean;
  timers: Timer[];
  hooks: HookDoc[];
  inbox: InboxDoc;
  /** The gates that it holds, or waits at. */
  stands: { readonly name: string; readonly joins: boolean }[];
  gateSet: string;
  waits: boolean;
}

/** What changes about a hook; the rest of it is an item that is written once. */
export interface HookDoc {
  readonly id: string;
  readonly n: number;
  status: HookStatus;
  readonly expiresAt: number | null;
  at: number | null;
  payload: Stowed | null;
}

export interface InboxDoc {
  /** Ids of the last message there was, of the last that was consumed, that a parked run heeds, that ends it. */
  last: number;
  through: number;
  rousing: number;
  ending: number;
  log: LogDoc;
}

/** Who stands there is in items beside it; this counts them, so that all who come or go meet here. */
export interface GateDoc {
  limit: number;
  holders: number;
  waiting: number;
}

export interface KeyDoc {
  runId: string;
}

export interface ScheduleDoc {
  n: number;
  record: ScheduleRecord;
  /** Of the last entry of its log. */
  sequence: number;
  log: LogDoc;
}

export interface RateDoc {
  places: readonly BookedPlace[];
}
